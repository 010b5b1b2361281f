//! What a hotel is called where one server has several.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::{self, Token};

/// A hotel's name: 1 to 32 of `a` to `z`, `0` to `9` and `-`, of which the first is a letter. It is a segment of paths and a part
/// of the names of the hotel's accounts, so it is never given to another hotel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct HotelName(Token);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hotel's name has 1 to {max} of a-z, 0-9 and -, and begins with a letter", max = HotelName::MAX_LENGTH)]
pub struct HotelNameError;

impl HotelName {
    /// In characters, which are one byte each.
    pub const MAX_LENGTH: usize = 32;

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for HotelName {
    type Err = HotelNameError;

    fn from_str(text: &str) -> Result<Self, HotelNameError> {
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        let fits = text.len() <= Self::MAX_LENGTH;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_good = begins && fits && text.bytes().all(allowed);
        let token = text.parse().map_err(|_| HotelNameError)?;
        is_good.then_some(Self(token)).ok_or(HotelNameError)
    }
}

impl fmt::Display for HotelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for HotelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a hotel's name")
    }
}
