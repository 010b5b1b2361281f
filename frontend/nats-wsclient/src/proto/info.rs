//! What server and client say about themselves: `INFO` and `CONNECT`.

use super::Credentials;
use crate::json::{json_object, write_text};

/// What the server says about itself when a connection is made, and again when it changes.
///
/// Fields that this crate does not know are ignored; those that a server leaves out are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The server's public key, 56 letters and digits of which the first is `N`. It is another one after each start.
    pub server_id: String,
    /// The `server_name` of its configuration; without one, the `server_id`.
    pub server_name: String,
    /// The version of the server, such as `2.15.1`.
    pub version: String,
    /// The server's number for this connection.
    pub client_id: u64,
    /// The client's address as the server sees it.
    pub client_ip: String,
    /// The largest message in bytes, headers included, that this connection may publish.
    pub max_payload: usize,
    /// Whether the server wants a log-in.
    pub auth_required: bool,
    /// What a client signs that logs in with a key.
    pub nonce: Option<String>,
    /// Whether messages may have headers.
    pub headers: bool,
    /// Whether the server has JetStream.
    pub jetstream: bool,
    /// Whether the server is about to shut down and wants its clients to go elsewhere.
    pub lame_duck_mode: bool,
    /// The WebSocket addresses of the servers in the cluster, as `host:port`. To a client over a WebSocket nats-server names
    /// these here, and not in `ws_connect_urls`.
    pub connect_urls: Vec<String>,
}

json_object!(ServerInfo {
    server_id: "server_id",
    server_name: "server_name",
    version: "version",
    client_id: "client_id",
    client_ip: "client_ip",
    max_payload: "max_payload",
    auth_required: "auth_required",
    nonce: "nonce",
    headers: "headers",
    jetstream: "jetstream",
    lame_duck_mode: "ldm",
    connect_urls: "connect_urls",
});

/// What every client of this crate says of itself. `protocol` 1: it understands an `INFO` at any time.
const CONNECT: &str = concat!(
    r#"{"verbose":false,"pedantic":false,"tls_required":false,"protocol":1,"echo":true,"headers":true,"no_responders":true"#,
    r#","lang":""#,
    env!("CARGO_PKG_NAME"),
    r#"","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"""#,
);

/// The JSON of `CONNECT`. `signature` is of the nonce in `INFO`, as Base64 for URLs.
pub(crate) fn connect_json(
    name: Option<&str>,
    credentials: &Credentials,
    signature: Option<&str>,
) -> String {
    let mut json = CONNECT.to_owned();
    let mut field = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            json.push(',');
            write_text(&mut json, key);
            json.push(':');
            write_text(&mut json, value);
        }
    };
    field("name", name);
    match credentials {
        Credentials::None => {}
        Credentials::UserAndPassword { user, password } => {
            field("user", Some(user));
            field("pass", Some(password));
        }
        Credentials::Token(token) => field("auth_token", Some(token)),
        Credentials::NKey(signer) => field("nkey", Some(signer.public_key())),
        Credentials::Jwt { jwt, .. } => field("jwt", Some(jwt)),
    }
    field("sig", signature);
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(name: Option<&str>, credentials: &Credentials) -> serde_json::Value {
        serde_json::from_str(&connect_json(name, credentials, None)).expect("JSON")
    }

    #[test]
    fn connect_carries_the_credentials_and_nothing_else() {
        let user = Credentials::UserAndPassword {
            user: "u".to_owned(),
            password: "p\"'".to_owned(),
        };
        let said = json(Some("n"), &user);
        assert_eq!(
            (&said["user"], &said["pass"], &said["name"]),
            (&"u".into(), &"p\"'".into(), &"n".into())
        );
        assert_eq!(said.get("auth_token"), None);
        assert_eq!(
            json(None, &Credentials::Token("t".to_owned()))["auth_token"],
            "t"
        );
        let said = json(None, &Credentials::None);
        assert!(
            said["headers"] == true && said["no_responders"] == true && said["verbose"] == false
        );
        assert_eq!(
            (said.get("user"), said.get("pass"), said.get("name")),
            (None, None, None)
        );
    }

    #[test]
    fn info_of_a_newer_server_is_read() {
        let info: ServerInfo = crate::json::read(
            br#"{"version":"9.9.9","max_payload":1048576,"headers":true,"ldm":true,"future":[1]}"#,
        )
        .expect("valid");
        assert_eq!(
            (info.max_payload, info.headers, info.lame_duck_mode),
            (1_048_576, true, true)
        );
        assert_eq!(info.server_name, "");
    }
}
