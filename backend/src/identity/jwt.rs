//! The tokens in which server and callout speak to each other: JWTs signed by NKeys (ADR-14, ADR-26).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use nkeys::KeyPair;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha512_256};

use super::permissions::Permissions;

/// What the server asks when somebody connects.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// The key that the answer has to name.
    pub user_nkey: String,
    pub server_id: Server,
    pub client_info: Client,
    pub connect_opts: Options,
}

/// Which server asks.
#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    pub id: String,
}

/// What the server knows of the connection.
#[derive(Debug, Clone, Deserialize)]
pub struct Client {
    /// Its number on this server.
    pub id: u64,
    /// Where it comes from.
    #[serde(default)]
    pub host: String,
    /// What a machine has to have signed.
    #[serde(default)]
    pub nonce: Option<String>,
}

/// What the client says of itself.
#[derive(Clone, Deserialize)]
pub struct Options {
    /// The cookie of a browser.
    #[serde(default)]
    pub auth_token: Option<String>,
    /// The key of a machine.
    #[serde(default)]
    pub nkey: Option<String>,
    /// The nonce, signed by it.
    #[serde(default)]
    pub sig: Option<String>,
    /// A name, which comes with a password.
    #[serde(default)]
    pub user: Option<String>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut options = f.debug_struct("Options");
        options.field("nkey", &self.nkey).finish_non_exhaustive()
    }
}

/// Where a connection is to be, as whom, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The server's name of the account.
    pub account: String,
    pub user: String,
    pub permissions: Permissions,
    /// What it may connect by: `WEBSOCKET`, `STANDARD`.
    pub connections: &'static [&'static str],
    /// How many subscriptions it may have.
    pub subscriptions: i64,
    /// Seconds since 1970; `None` for as long as it lasts.
    pub until: Option<i64>,
}

/// Why a request is not understood, or an answer not written.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    #[error("a request for admission is no JWT")]
    Form,
    #[error("a request for admission is not signed by a server")]
    Signature,
    #[error("a request for admission is not understood: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a JWT cannot be signed: {0}")]
    Key(#[from] nkeys::error::Error),
}

/// Reads what the server asks.
///
/// # Errors
/// When it is not signed by the key that it names, or no such request.
pub fn read(token: &str) -> Result<Request, JwtError> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
        nats: Request,
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Form)?;
    let (_, body) = signed.split_once('.').ok_or(JwtError::Form)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtError::Form);
    let claims: Claims = serde_json::from_slice(&decode(body)?)?;
    let is_of_a_server = claims.iss.starts_with('N');
    let key = KeyPair::from_public_key(&claims.iss).map_err(|_| JwtError::Signature)?;
    let verified = key.verify(signed.as_bytes(), &decode(signature)?);
    if !is_of_a_server || verified.is_err() {
        return Err(JwtError::Signature);
    }
    Ok(claims.nats)
}

/// The answer that lets a connection in.
///
/// # Errors
/// When the key cannot sign.
pub fn admit(
    issuer: &KeyPair,
    request: &Request,
    admission: &Admission,
    now: i64,
) -> Result<String, JwtError> {
    let Permissions { publish, subscribe } = &admission.permissions;
    let mut user = json!({
        "iss": issuer.public_key(),
        "sub": request.user_nkey,
        "aud": admission.account,
        "name": admission.user,
        "iat": now,
        "nats": {
            "type": "user",
            "version": 2,
            "pub": { "allow": publish },
            "sub": { "allow": subscribe },
            "subs": admission.subscriptions,
            "data": -1,
            "payload": -1,
            "allowed_connection_types": admission.connections,
        },
    });
    if let Some(until) = admission.until {
        user["exp"] = until.into();
    }
    let user = sign(issuer, user)?;
    answer(issuer, request, now, json!({ "jwt": user }))
}

/// The answer that turns a connection away. The reason is for the server's log; the client hears no more than "no".
///
/// # Errors
/// When the key cannot sign.
pub fn turn_away(
    issuer: &KeyPair,
    request: &Request,
    reason: &str,
    now: i64,
) -> Result<String, JwtError> {
    answer(issuer, request, now, json!({ "error": reason }))
}

fn answer(
    issuer: &KeyPair,
    request: &Request,
    now: i64,
    mut nats: Value,
) -> Result<String, JwtError> {
    nats["type"] = "authorization_response".into();
    nats["version"] = 2.into();
    let claims = json!({
        "iss": issuer.public_key(),
        "sub": request.user_nkey,
        "aud": request.server_id.id,
        "iat": now,
        "nats": nats,
    });
    sign(issuer, claims)
}

fn sign(issuer: &KeyPair, mut claims: Value) -> Result<String, JwtError> {
    #[derive(Serialize)]
    struct Header {
        typ: &'static str,
        alg: &'static str,
    }
    const HEADER: Header = Header {
        typ: "JWT",
        alg: "ed25519-nkey",
    };
    let digest = Sha512_256::digest(serde_json::to_vec(&claims)?);
    claims["jti"] = BASE32_NOPAD.encode(&digest).into();
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&HEADER)?);
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?);
    let signed = format!("{header}.{body}");
    let signature = URL_SAFE_NO_PAD.encode(issuer.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(key: &KeyPair) -> String {
        let claims = json!({
            "iss": key.public_key(),
            "nats": {
                "user_nkey": "UA", "server_id": { "id": "NA" },
                "client_info": { "id": 7, "host": "10.0.0.1", "kind": "Client" },
                "connect_opts": { "auth_token": "main.a.b", "lang": "x" },
            },
        });
        sign(key, claims).unwrap()
    }

    #[test]
    fn what_a_server_has_signed_is_read() {
        let request = read(&asked_by(&KeyPair::new_server())).unwrap();
        assert_eq!(request.client_info.id, 7);
        assert_eq!(request.connect_opts.auth_token.as_deref(), Some("main.a.b"));
        assert!(!format!("{request:?}").contains("main.a.b"));
    }

    #[test]
    fn what_nobody_or_somebody_else_has_signed_is_not() {
        let mut forged = asked_by(&KeyPair::new_server());
        forged.replace_range(forged.len() - 4.., "AAAA");
        assert!(matches!(read(&forged), Err(JwtError::Signature)));
        let by_a_user = asked_by(&KeyPair::new_user());
        assert!(matches!(read(&by_a_user), Err(JwtError::Signature)));
        for text in ["", "a", "a.b", "a.b.c", "a.e30.c"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
