//! The attribute `time`: RFC 3339, written in UTC with milliseconds.

use std::fmt;
use std::time::SystemTime;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::DecodeError;

/// Writes itself as `2026-11-21T09:30:00.000Z`.
pub(crate) struct Written(pub(crate) SystemTime);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = OffsetDateTime::from(self.0);
        let (year, month, day) = time.to_calendar_date();
        let (hour, minute, second, millisecond) = time.to_hms_milli();
        write!(
            f,
            "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z",
            u8::from(month)
        )
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub(crate) fn read(text: &str) -> Result<SystemTime, DecodeError> {
    let time = OffsetDateTime::parse(text, &Rfc3339);
    time.map(SystemTime::from)
        .map_err(|_| DecodeError::Attribute {
            name: "time",
            found: text.to_owned(),
            expected: "a moment as RFC 3339 writes it, such as 2026-11-21T09:30:00Z",
        })
}

/// For `#[serde(with = …)]`.
pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    Written(*time).serialize(to)
}

/// For `#[serde(with = …)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    read(&text).map_err(D::Error::custom)
}
