//! The names that the staff log in with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::{self, Token};

/// The name that somebody logs in with: 1 to 32 of `a` to `z`, `0` to `9`, `-` and `_`, of which the first is a letter. It is the
/// user in subjects, so it is never given to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StaffName(Token);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log-in name has 1 to {max} of a-z, 0-9, - and _, and begins with a letter", max = StaffName::MAX_LENGTH)]
pub struct StaffNameError;

impl StaffName {
    /// In characters, which are one byte each.
    pub const MAX_LENGTH: usize = 32;

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The user in subjects.
    pub const fn user(&self) -> &Token {
        &self.0
    }
}

impl FromStr for StaffName {
    type Err = StaffNameError;

    fn from_str(text: &str) -> Result<Self, StaffNameError> {
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        let fits = text.len() <= Self::MAX_LENGTH;
        let is_good = begins && fits && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        // What else there may be in it is the token's affair.
        let token = text.parse().map_err(|_| StaffNameError)?;
        is_good.then_some(Self(token)).ok_or(StaffNameError)
    }
}

impl fmt::Display for StaffName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for StaffName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a log-in name")
    }
}
