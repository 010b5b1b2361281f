//! How a client says who it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use crate::base64;
use crate::json::Value;

/// How a client says who it is.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Credentials {
    /// Nothing: the server's `no_auth_user`, no log-in at all, or a cookie. A page cannot read a cookie that is `HttpOnly`
    /// and need not: the browser sends it with the WebSocket's handshake, and the server takes it for a token, a JWT or
    /// more if its `websocket` block says so (`token_cookie`, `jwt_cookie`, `user_cookie` with `pass_cookie`). Whoever
    /// refreshes the cookie tells by a [`Grant`] when it ends, and the client makes its next connection before that.
    #[default]
    None,
    /// A name and a password, in clear: use an address with `wss://`.
    UserAndPassword {
        /// The user's name, as the server's configuration has it.
        user: String,
        /// The password itself, also where the server keeps only its hash.
        password: String,
    },
    /// A token, in clear: the server's own, or one that its auth callout understands.
    Token(String),
    /// A key: the server knows the public one and has the client sign something.
    NKey(Rc<dyn Signer>),
    /// A user's JWT. The key that it names signs, unless it is a bearer's, who needs none.
    Jwt {
        /// The JWT as it was issued: three parts in Base64 with dots in between.
        jwt: String,
        /// The user's key; `None`: it is a bearer's JWT.
        signer: Option<Rc<dyn Signer>>,
    },
}

/// A private key, wherever it is: in memory, in the browser's keeping, or with somebody who is asked.
pub trait Signer {
    /// The public key as NATS writes it: 56 letters and digits, of which the first is `U` for a user.
    fn public_key(&self) -> &str;

    /// Signs with Ed25519.
    fn sign(&self, nonce: &[u8]) -> Signing;
}

/// A signature that is being made, or why there is none.
pub type Signing = Pin<Box<dyn Future<Output = Result<[u8; 64], String>>>>;

/// Credentials, and for how long.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// What to log in with.
    pub credentials: Credentials,
    /// When the server will end a connection that uses them, since the Unix epoch; `None`: it will not.
    pub expires: Option<Duration>,
    /// How long before that fresh credentials are asked for, give or take a quarter, so that pages that were opened together
    /// do not come back together. Half of what is left at most; `None`: half a minute, or a quarter of a shorter life. With
    /// more there is time to ask again when nobody answers.
    pub ahead: Option<Duration>,
}

impl Credentials {
    /// The user is the one that has this key.
    pub fn nkey(signer: impl Signer + 'static) -> Self {
        Self::NKey(Rc::new(signer))
    }

    /// The user is the one that a JWT tells of, and has the key that it names.
    pub fn jwt(jwt: impl Into<String>, signer: impl Signer + 'static) -> Self {
        Self::Jwt {
            jwt: jwt.into(),
            signer: Some(Rc::new(signer)),
        }
    }

    pub(crate) fn signer(&self) -> Option<&Rc<dyn Signer>> {
        match self {
            Self::NKey(signer) => Some(signer),
            Self::Jwt { signer, .. } => signer.as_ref(),
            _ => None,
        }
    }
}

impl Grant {
    /// Whether it is good for longer than another one.
    pub(crate) fn outlives(&self, other: &Self) -> bool {
        match (self.expires, other.expires) {
            (Some(this), Some(other)) => this > other,
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }

    /// Sets when the server will end a connection that uses the credentials, since the Unix epoch.
    #[must_use]
    pub fn expires(mut self, at: Duration) -> Self {
        self.expires = Some(at);
        self
    }

    /// Sets how long before their end fresh credentials are asked for.
    #[must_use]
    pub fn ahead(mut self, time: Duration) -> Self {
        self.ahead = Some(time);
        self
    }
}

/// A JWT says itself when it expires.
impl From<Credentials> for Grant {
    fn from(credentials: Credentials) -> Self {
        let expires = match &credentials {
            Credentials::Jwt { jwt, .. } => expiry(jwt),
            _ => None,
        };
        Self {
            credentials,
            expires,
            ahead: None,
        }
    }
}

/// The claim `exp` of a JWT (RFC 7519, 4.1.4).
fn expiry(jwt: &str) -> Option<Duration> {
    let claims = base64::decode(jwt.split('.').nth(1)?)?;
    let mut entries = Value::parse(&claims).ok()?.entries()?;
    let (_, seconds) = entries.find(|(key, _)| key == "exp")?;
    seconds
        .number()
        .filter(|&at| at > 0)
        .map(Duration::from_secs)
}

/// Says which kind it is and never the secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::UserAndPassword { user, .. } => f
                .debug_struct("UserAndPassword")
                .field("user", user)
                .finish_non_exhaustive(),
            Self::Token(_) => f.debug_tuple("Token").finish_non_exhaustive(),
            Self::NKey(signer) => f.debug_tuple("NKey").field(&signer.public_key()).finish(),
            Self::Jwt { .. } => f.debug_struct("Jwt").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let user = Credentials::UserAndPassword {
            user: "u".to_owned(),
            password: "secret".to_owned(),
        };
        assert!(
            !format!("{user:?} {:?}", Credentials::Token("secret".to_owned())).contains("secret")
        );
    }

    #[test]
    fn a_jwt_says_when_it_expires() {
        // {"exp":1795254904}, and one that says nothing of it.
        let with = |claims: &str| {
            let jwt = format!("e30.{claims}.sig");
            Grant::from(Credentials::Jwt { jwt, signer: None }).expires
        };
        assert_eq!(
            with("eyJleHAiOjE3OTUyNTQ5MDR9"),
            Some(Duration::from_secs(1_795_254_904))
        );
        assert_eq!(with("e30"), None);
        assert_eq!(with("nonsense"), None);
    }
}
