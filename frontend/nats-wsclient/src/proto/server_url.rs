//! The address of a server.

use std::fmt;
use std::str::FromStr;

/// The address of a server's WebSocket port, such as `wss://nats.example.com:9222/behind/a/proxy`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    /// With everything before the path.
    base: String,
    /// From the first slash on; may be empty.
    path: String,
}

/// Why a text is not the address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{url}\" is not the address of a server: {problem}")]
pub struct ServerUrlError {
    /// The text that was given.
    pub url: String,
    /// The first thing that is wrong with it.
    pub problem: ServerUrlProblem,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerUrlProblem {
    /// It does not begin with `ws://` or `wss://`: `nats://` is for TCP, which a browser does not have.
    #[error("it starts with ws:// or wss://, as wss://nats.example.com:9222 does")]
    Scheme,
    /// There is nothing between the scheme and the port, the path or the end.
    #[error("it has no host")]
    Host,
    /// It contains whitespace, a control character, or `#`.
    #[error("it has a blank, or a fragment, which no WebSocket has")]
    Character,
    /// There is an `@` before the path.
    #[error(
        "it has a user, which a browser does not take there: use ConnectOptions::user_and_password"
    )]
    User,
}

impl ServerUrl {
    fn scheme(&self) -> &'static str {
        split_scheme(&self.base).map_or("", |(scheme, _)| scheme)
    }

    /// Host and port, also where the port is the scheme's own, to find that two addresses are the same.
    pub(super) fn authority(&self) -> String {
        let (scheme, authority) = split_scheme(&self.base).unwrap_or_default();
        let authority = authority.to_ascii_lowercase();
        // The colons of an IPv6 address stand in brackets.
        let mut end = authority.bytes().rev().take_while(|&byte| byte != b']');
        let has_port = end.any(|byte| byte == b':');
        match (has_port, scheme) {
            (true, _) => authority,
            (false, "ws") => authority + ":80",
            (false, _) => authority + ":443",
        }
    }

    /// The address of another server of the same cluster, which calls itself `host:port`: reached in the same way.
    pub(super) fn sibling(&self, authority: &str) -> Option<Self> {
        let url = format!("{}://{authority}{}", self.scheme(), self.path);
        url.parse().ok()
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(url: &str) -> Result<Self, ServerUrlError> {
        let fail = |problem| {
            Err(ServerUrlError {
                url: url.to_owned(),
                problem,
            })
        };
        let Some((_, rest)) = split_scheme(url) else {
            return fail(ServerUrlProblem::Scheme);
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.is_empty() || authority.starts_with(':') {
            return fail(ServerUrlProblem::Host);
        }
        if authority.contains('@') {
            return fail(ServerUrlProblem::User);
        }
        if rest.contains(|c: char| c == '#' || c.is_whitespace() || c.is_control()) {
            return fail(ServerUrlProblem::Character);
        }
        let path = rest.strip_prefix(authority).unwrap_or_default();
        let base = url.strip_suffix(path).unwrap_or(url);
        Ok(Self {
            base: base.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// The scheme of an address, and what comes after it.
fn split_scheme(url: &str) -> Option<(&'static str, &str)> {
    ["ws", "wss"].into_iter().find_map(|scheme| {
        let rest = url.strip_prefix(scheme)?.strip_prefix("://")?;
        Some((scheme, rest))
    })
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        f.write_str(&self.path)
    }
}

/// One address or several, for [`ConnectOptions::connect`](crate::ConnectOptions).
pub trait ToServerUrls {
    /// # Errors
    /// With the first address that is none.
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError>;
}

impl ToServerUrls for str {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        Ok(vec![self.parse()?])
    }
}

impl ToServerUrls for String {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        self.as_str().to_server_urls()
    }
}

impl ToServerUrls for ServerUrl {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        Ok(vec![self.clone()])
    }
}

impl<T: ToServerUrls> ToServerUrls for [T] {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        let urls: Result<Vec<_>, _> = self.iter().map(ToServerUrls::to_server_urls).collect();
        Ok(urls?.concat())
    }
}

impl<T: ToServerUrls, const N: usize> ToServerUrls for [T; N] {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        self.as_slice().to_server_urls()
    }
}

impl<T: ToServerUrls> ToServerUrls for Vec<T> {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        self.as_slice().to_server_urls()
    }
}

impl<T: ToServerUrls + ?Sized> ToServerUrls for &T {
    fn to_server_urls(&self) -> Result<Vec<ServerUrl>, ServerUrlError> {
        (**self).to_server_urls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().expect(text)
    }

    #[test]
    fn addresses() {
        for text in ["ws://a", "wss://a:1/b/c?d=e", "ws://[::1]:9222", "ws://a?x"] {
            assert_eq!(url(text).to_string(), text);
        }
        assert_eq!(url("ws://A").authority(), "a:80");
        assert_eq!(url("wss://[::1]/x").authority(), "[::1]:443");
        assert_eq!(
            url("wss://a:9/x/y").sibling("b:7"),
            Some(url("wss://b:7/x/y"))
        );
        for (text, problem) in [
            ("", ServerUrlProblem::Scheme),
            ("a:1", ServerUrlProblem::Scheme),
            ("http://a", ServerUrlProblem::Scheme),
            ("ws://", ServerUrlProblem::Host),
            ("wss://:80", ServerUrlProblem::Host),
            ("ws:///a", ServerUrlProblem::Host),
            ("ws://u:p@a", ServerUrlProblem::User),
            ("ws://a b", ServerUrlProblem::Character),
            ("ws://a/#b", ServerUrlProblem::Character),
        ] {
            let error = text.parse::<ServerUrl>().expect_err(text);
            assert_eq!(error.problem, problem, "{text}");
        }
        let both = ["ws://a".to_owned(), "nonsense".to_owned()];
        assert!(both.to_server_urls().is_err());
    }
}
