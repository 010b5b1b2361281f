//! The public keys of machines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text;

/// The public NKey of a user: `U` and 55 more characters of base32. It is no secret.
///
/// Only its form is looked at here. Its checksum is for the one who takes it from somebody to look at: the backend.
///
/// Source: [ADR-14 of NATS](https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-14.md).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UserNkey(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the public NKey of a user is U and {more} of A-Z and 2-7", more = UserNkey::LENGTH - 1)]
pub struct UserNkeyError;

impl UserNkey {
    /// In characters, which are one byte each.
    pub const LENGTH: usize = 56;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserNkey {
    type Err = UserNkeyError;

    fn from_str(text: &str) -> Result<Self, UserNkeyError> {
        let base32 = |byte: u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
        let is_good =
            text.starts_with('U') && text.len() == Self::LENGTH && text.bytes().all(base32);
        is_good.then(|| Self(text.to_owned())).ok_or(UserNkeyError)
    }
}

impl fmt::Display for UserNkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserNkey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "the public NKey of a user")
    }
}
