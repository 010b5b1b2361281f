//! Reads JSON into the hotel's types, which say by serde how they are read.
//!
//! serde_json would do that too, and it brings what no type of the hotel needs: tables for floating-point numbers, which no
//! compressor makes smaller, and for each structure a second way to read it, from an array. Of the page that is a tenth
//! (docs/adr/0035). So numbers are whole ones here, structures are objects, and the rest is RFC 8259.
//!
//! ```text
//! text     where the reader is: blanks, words, strings, numbers, and what is skipped
//! value    serde's side: which of those a type wants next
//! ```

mod text;
mod value;

use std::fmt::{self, Display};

use serde::de::{self, DeserializeOwned, Expected, Unexpected};

use self::text::Text;

/// Reads a value from a text that holds nothing else.
///
/// # Errors
/// When it is no JSON, or not of the type.
pub fn from_str<T: DeserializeOwned>(json: &str) -> Result<T, JsonError> {
    let mut text = Text::new(json);
    let value = T::deserialize(&mut text)?;
    text.end()?;
    Ok(value)
}

/// The same from bytes.
///
/// # Errors
/// When they are no UTF-8; or as [`from_str`].
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    match std::str::from_utf8(json) {
        Ok(json) => from_str(json),
        Err(error) => Err(JsonError::at(error.valid_up_to(), "UTF-8")),
    }
}

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    what: String,
    /// The byte that the reader had come to, where it knew.
    at: Option<usize>,
}

impl JsonError {
    /// Something else is there than what is wanted.
    fn at(at: usize, wanted: &str) -> Self {
        Self {
            what: format!("not {wanted}"),
            at: Some(at),
        }
    }

    /// Says where, unless that is said already.
    fn or_at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }
}

impl Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.at {
            Some(at) => write!(f, " at byte {at}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for JsonError {}

/// What types say of a value that they do not take. What serde would say brings the writing of floating-point numbers with it.
impl de::Error for JsonError {
    fn custom<T: Display>(what: T) -> Self {
        Self {
            what: what.to_string(),
            at: None,
        }
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::custom(format_args!("not {wanted}"))
    }

    fn invalid_value(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::custom(format_args!("not {wanted}"))
    }
}

#[cfg(test)]
mod tests;
