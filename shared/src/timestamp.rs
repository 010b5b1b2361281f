//! A moment in UTC, for the `time` attribute of CloudEvents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Date, text};

/// Milliseconds since 1970-01-01T00:00:00Z. Text and JSON form: RFC 3339, `2026-11-21T09:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    milliseconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a moment in UTC: write it as YYYY-MM-DDThh:mm:ssZ (RFC 3339)")]
pub struct TimestampError(String);

const MILLISECONDS_A_DAY: i64 = 86_400_000;

impl Timestamp {
    pub const fn from_unix_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }

    pub const fn unix_milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// The moment the day begins in UTC.
    pub const fn midnight(date: Date) -> Self {
        Self {
            milliseconds: date.days_since_1970() as i64 * MILLISECONDS_A_DAY,
        }
    }

    /// The moment so many minutes later.
    #[must_use]
    pub const fn plus_minutes(self, minutes: u16) -> Self {
        self.plus_seconds(minutes as u32 * 60)
    }

    /// The moment so many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        Self {
            milliseconds: self.milliseconds.saturating_add(seconds as i64 * 1_000),
        }
    }

    /// The day it is in UTC at this moment.
    pub fn date(self) -> Date {
        let days = self.milliseconds.div_euclid(MILLISECONDS_A_DAY);
        Date::from_days_since_1970(i32::try_from(days).unwrap_or(if days < 0 {
            i32::MIN
        } else {
            i32::MAX
        }))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.milliseconds.rem_euclid(MILLISECONDS_A_DAY);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, millisecond) = (of_day / 1_000 % 60, of_day % 1_000);
        write!(
            f,
            "{}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z",
            self.date()
        )
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339 in UTC (`Z`), with any number of decimals; what lies beyond a millisecond is cut off.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let error = || TimestampError(text.chars().take(40).collect());
        let (date, time) = text.split_once(['T', 't']).ok_or_else(error)?;
        let time = time.strip_suffix(['Z', 'z']).ok_or_else(error)?;
        let date: Date = date.parse().map_err(|_| error())?;
        let (clock, decimals) = time.split_once('.').unwrap_or((time, "0"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let mut milliseconds = 0_i64;
        let mut parts = clock.split(':');
        for limit in [24, 60, 60] {
            let part = parts
                .next()
                .filter(|part| part.len() == 2 && digits(part))
                .ok_or_else(error)?;
            let number: i64 = part.parse().map_err(|_| error())?;
            if number >= limit {
                return Err(error());
            }
            milliseconds = milliseconds * 60 + number;
        }
        if parts.next().is_some() || decimals.is_empty() || !digits(decimals) {
            return Err(error());
        }
        let thousandths = decimals.bytes().chain("00".bytes()).take(3);
        let fraction = thousandths.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
        let days = i64::from(date.days_since_1970());
        Ok(Self {
            milliseconds: days * MILLISECONDS_A_DAY + milliseconds * 1_000 + fraction,
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a moment in UTC as YYYY-MM-DDThh:mm:ssZ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, milliseconds: i64) {
        assert_eq!(
            text.parse(),
            Ok(Timestamp::from_unix_milliseconds(milliseconds))
        );
    }

    #[test]
    fn reads_rfc_3339_and_writes_it() {
        reads("1970-01-01T00:00:00Z", 0);
        reads("2022-12-12T10:20:30.5Z", 1_670_840_430_500);
        reads("2022-12-12T10:20:30.123456789Z", 1_670_840_430_123);
        reads("1969-12-31T23:59:59.999Z", -1);
        let moment = Timestamp::from_unix_milliseconds(1_670_840_430_500);
        assert_eq!(moment.to_string(), "2022-12-12T10:20:30.500Z");
        assert_eq!(moment.date().to_string(), "2022-12-12");
        assert_eq!(
            Timestamp::from_unix_milliseconds(-1).to_string(),
            "1969-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2022-12-12",
            "2022-12-12T24:00:00Z",
            "2022-12-12T10:20:30",
            "2022-12-12T10:20Z",
            "2022-12-12T10:20:30.Z",
            "2022-12-12T10:20:30+01:00",
            "2022-12-12T+1:20:30Z",
            "2022-12-12T10:20:30:40Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
