//! Texts that validate themselves: tokens of a subject, names of people.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Reads a JSON string through [`FromStr`]; `expecting` completes the sentence "expected …".
pub(crate) fn deserialize<'de, D, T>(
    deserializer: D,
    expecting: &'static str,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct Text<T>(&'static str, PhantomData<T>);
    impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(expecting, PhantomData))
}

/// One token of a NATS subject: 1 to 64 letters, digits, `-` and `_`. Safe in subjects, KV keys and URLs alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Token(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be 1 to {max} letters, digits, - or _", max = Token::MAX_LENGTH)]
pub struct TokenError(String);

impl Token {
    /// In characters, which are one byte each.
    pub const MAX_LENGTH: usize = 64;

    /// A text of this crate's own that is one.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(text.parse::<Self>().is_ok(), "{text}");
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.bytes().all(allowed) {
            return Err(TokenError(
                text.chars().take(Self::MAX_LENGTH + 8).collect(),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "letters, digits, - or _")
    }
}

/// A name as a person would write it: 1 to 200 characters on one line, without space around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name must not be empty")]
    Empty,
    #[error("a name has at most {max} characters, this one has {0}", max = Name::MAX_LENGTH)]
    TooLong(usize),
    #[error("a name must be on one line and without control characters")]
    ControlCharacter,
}

impl Name {
    /// In Unicode scalar values.
    pub const MAX_LENGTH: usize = 200;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Space around the name is dropped, after it has counted.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let length = text.chars().count();
        let text = text.trim();
        if text.is_empty() {
            Err(NameError::Empty)
        } else if length > Self::MAX_LENGTH {
            Err(NameError::TooLong(length))
        } else if text.chars().any(char::is_control) {
            Err(NameError::ControlCharacter)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "a name")
    }
}

/// A reason or a remark: 1 to 500 characters on one line, without space around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Note(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a note has 1 to {max} characters on one line", max = Note::MAX_LENGTH)]
pub struct NoteError;

impl Note {
    /// In Unicode scalar values.
    pub const MAX_LENGTH: usize = 500;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Note {
    type Err = NoteError;

    /// Space around the note is dropped, after it has counted.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let length = text.chars().count();
        let text = text.trim();
        let is_good =
            !text.is_empty() && length <= Self::MAX_LENGTH && !text.chars().any(char::is_control);
        is_good.then(|| Self(text.to_owned())).ok_or(NoteError)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "a note")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_break_out_of_its_place_in_a_subject() {
        for text in ["", "a.b", "*", ">", "a b", "a\r\nPUB", "ü", &"x".repeat(65)] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
        assert_eq!(
            "1_2022-12-12".parse::<Token>().unwrap().as_str(),
            "1_2022-12-12"
        );
    }

    #[test]
    fn names_are_taken_as_people_write_them() {
        assert_eq!(
            "  Zoë O’Hara-李 👩‍🚀 ".parse::<Name>().unwrap().as_str(),
            "Zoë O’Hara-李 👩‍🚀"
        );
        assert_eq!("   ".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a\nb".parse::<Name>(), Err(NameError::ControlCharacter));
        assert_eq!(
            "é".repeat(201).parse::<Name>(),
            Err(NameError::TooLong(201))
        );
        assert!("é".repeat(200).parse::<Name>().is_ok());
    }
}
