//! Where a stream of events is: the last sequence of each bucket it follows, as `outcomes=12,stays=345`. Each event has it as
//! its `id`, and a client that comes again says it in the header `Last-Event-ID`. Of a bucket that is there several times the
//! smallest sequence counts: better to tell something twice than not at all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use shared::subjects::OUTCOMES;

use crate::http::views;

/// The last sequence of each bucket, by the bucket's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cursor(BTreeMap<String, u64>);

/// Why a text is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    #[error("{0:?} is not of the form view=sequence")]
    Form(String),
    #[error("it is longer than {max} bytes", max = Cursor::MAX_LENGTH)]
    TooLong,
}

impl Cursor {
    /// In bytes.
    const MAX_LENGTH: usize = 1_024;
    /// Of a sequence. A number of so many digits always fits.
    const MAX_DIGITS: usize = u64::MAX.ilog10() as usize;

    pub(super) fn get(&self, bucket: &str) -> Option<u64> {
        self.0.get(bucket).copied()
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut positions = BTreeMap::new();
        if text.len() > Self::MAX_LENGTH {
            return Err(CursorError::TooLong);
        }
        // A client that has seen no event has no id.
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let form = || CursorError::Form(part.to_owned());
            let (bucket, sequence) = part.split_once('=').ok_or_else(form)?;
            let is_number = sequence.bytes().all(|byte| byte.is_ascii_digit());
            if bucket.is_empty() || !is_number || sequence.len() > Self::MAX_DIGITS {
                return Err(form());
            }
            let sequence: u64 = sequence.parse().map_err(|_| form())?;
            let position = positions.entry(bucket.to_owned()).or_insert(sequence);
            *position = sequence.min(*position);
        }
        Ok(Self(positions))
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let buckets = [&[OUTCOMES.name()], &*views::names()].concat().join("|");
        let part = format!("({buckets})=[0-9]{{1,{}}}", Self::MAX_DIGITS);
        json_schema!({
            "type": "string",
            "maxLength": Self::MAX_LENGTH,
            "pattern": format!("^({part}(,{part})*)?$"),
            "examples": ["outcomes=7,stays=41"],
        })
    }
}

impl<'a> FromIterator<(&'a str, u64)> for Cursor {
    fn from_iter<I: IntoIterator<Item = (&'a str, u64)>>(positions: I) -> Self {
        let positions = positions.into_iter();
        Self(
            positions
                .map(|(bucket, sequence)| (bucket.to_owned(), sequence))
                .collect(),
        )
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (bucket, sequence)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{bucket}={sequence}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let cursor = Cursor::from_iter([("stays", 345), ("outcomes", 12)]);
        assert_eq!(cursor.to_string(), "outcomes=12,stays=345");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("".parse(), Ok(Cursor::default()));
        let twice = "stays=2,stays=1,stays=3".parse::<Cursor>();
        assert_eq!(twice, Ok(Cursor::from_iter([("stays", 1)])));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "7",
            "stays",
            "stays=",
            "stays=-1",
            "stays=+1",
            "stays=1,",
            ",stays=1",
            "=1",
            "stays=10000000000000000000",
            "stays=1 ",
            "stays=1;rooms=2",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
        assert!("a".repeat(2_000).parse::<Cursor>().is_err());
    }
}
