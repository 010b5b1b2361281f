//! Passwords: what is one, and how it is kept (argon2id, RFC 9106, with the parameters that OWASP recommends).

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// How many characters a password has at least. There are no rules about which ones (NIST SP 800-63B).
pub const MIN_LENGTH: usize = 10;
/// How many it has at most, so that nobody has megabytes hashed.
pub const MAX_LENGTH: usize = 200;
/// How many are hashed at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How many may wait for that, beyond which nobody would get an answer in time.
const WAITING: usize = 64;

/// 19 MiB, two passes, one lane: some tens of milliseconds for each try.
static ARGON2: LazyLock<Argon2<'static>> =
    LazyLock::new(|| Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT));

/// A password in plain text. It is wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text is not taken as a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("A password has at least {MIN_LENGTH} characters.")]
    TooShort,
    #[error("A password has at most {MAX_LENGTH} characters.")]
    TooLong,
    #[error("A password does not contain the name that it is for.")]
    ContainsName,
}

impl Password {
    /// Whether it may be chosen by the one with this name.
    ///
    /// # Errors
    /// See [`WeakPassword`].
    pub fn may_be_chosen_by(&self, name: &str) -> Result<(), WeakPassword> {
        let length = self.0.chars().count();
        if length < MIN_LENGTH {
            Err(WeakPassword::TooShort)
        } else if length > MAX_LENGTH {
            Err(WeakPassword::TooLong)
        } else if self.0.to_lowercase().contains(name) {
            Err(WeakPassword::ContainsName)
        } else {
            Ok(())
        }
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl FromStr for Password {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hash of a password, in the PHC string format: algorithm, parameters, salt, hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(…)")
    }
}

/// Hashes and compares, a few at a time.
#[derive(Debug, Clone)]
pub struct Hasher {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What a password is compared with when there is none, so that it takes as long.
    nobodys: Hash,
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("too many passwords are being compared")]
    Busy,
    #[error("a password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("hashing a password was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Hasher {
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new() -> Result<Self, HashError> {
        Ok(Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            nobodys: hash("nobody's").map_err(HashError::Hash)?,
        })
    }

    /// The hash of a password, with a new salt.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn hash(&self, password: &Password) -> Result<Hash, HashError> {
        let text = password.0.clone();
        let hashed = self.run(move || hash(&text)).await?;
        hashed.map_err(HashError::Hash)
    }

    /// Whether this is the password. Where there is no hash it never is, and takes as long.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn matches(
        &self,
        password: &Password,
        kept: Option<&Hash>,
    ) -> Result<bool, HashError> {
        let (text, known) = (password.0.clone(), kept.is_some());
        let against = kept.unwrap_or(&self.nobodys).clone();
        let matches = self.run(move || matches(&text, &against)).await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        let at_once = self.at_once.acquire().await;
        let _turn = at_once.map_err(|_| HashError::Busy)?;
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

fn hash(text: &str) -> Result<Hash, argon2::password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = ARGON2.hash_password(text.as_bytes(), &salt)?;
    Ok(Hash(hash.to_string()))
}

fn matches(text: &str, kept: &Hash) -> bool {
    PasswordHash::new(&kept.0)
        .is_ok_and(|kept| ARGON2.verify_password(text.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::from(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_matches_and_it_is_not_kept() {
        let hasher = Hasher::new().unwrap();
        let right = password("correct horse battery");
        let kept = hasher.hash(&right).await.unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hasher.hash(&right).await.unwrap(), kept);
        assert!(hasher.matches(&right, Some(&kept)).await.unwrap());
        for wrong in [
            "",
            "correct horse batter",
            "Correct horse battery",
            "nobody's",
        ] {
            let wrong = password(wrong);
            assert!(!hasher.matches(&wrong, Some(&kept)).await.unwrap());
            // Not even with the one that stands in for it.
            assert!(!hasher.matches(&wrong, None).await.unwrap());
        }
    }

    #[test]
    fn a_new_password_is_long_and_not_the_name() {
        let judged = |text: &str| password(text).may_be_chosen_by("anna");
        assert_eq!(judged("short"), Err(WeakPassword::TooShort));
        assert_eq!(judged(&"x".repeat(201)), Err(WeakPassword::TooLong));
        assert_eq!(judged("I am Anna 1990"), Err(WeakPassword::ContainsName));
        assert_eq!(judged("blühende Wiese"), Ok(()));
    }

    #[test]
    fn neither_password_nor_hash_is_shown() {
        let hash = Hash("secret".to_owned());
        assert_eq!(
            format!("{:?} {hash:?}", password("secret")),
            "Password(…) Hash(…)"
        );
    }
}
