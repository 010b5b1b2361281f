//! Random texts that are known to whoever has them and to nobody else, and what is kept of them here: a hash.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How many random bytes a secret has. 2^256 cannot be tried, so a fast hash is enough.
const BYTES: usize = 32;

/// 256 random bits as 43 letters of base64url. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[error("the machine has no random numbers: {0}")]
pub struct RandomError(getrandom::Error);

/// A text that is no secret of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no secret")]
pub struct NoSecret;

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(RandomError)?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What is kept of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes())))
    }

    /// The text itself, for the one whom it is for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = NoSecret;

    fn from_str(text: &str) -> Result<Self, NoSecret> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_one = text.len() == (BYTES * 8).div_ceil(6) && text.bytes().all(allowed);
        is_one
            .then(|| Self(Zeroizing::new(text.to_owned())))
            .ok_or(NoSecret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a [`Secret`]. Two of them are compared as they are: whoever measures how long that takes learns something of
/// a hash, from which nothing follows about the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(String);

impl SecretDigest {
    /// As a token of a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_its_digest_tells_nothing_of_it() {
        let secret = Secret::random().unwrap();
        let again: Secret = secret.expose().parse().unwrap();
        assert_eq!((&again, again.digest()), (&secret, secret.digest()));
        assert_ne!(Secret::random().unwrap(), secret);
        assert_ne!(secret.digest().as_str(), secret.expose());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn other_texts_are_no_secrets() {
        for text in ["", "a", &"a".repeat(44), &".".repeat(43), &"ü".repeat(43)] {
            assert_eq!(text.parse::<Secret>(), Err(NoSecret), "{text}");
        }
    }
}
