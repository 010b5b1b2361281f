//! The time of a message, as the server writes it.

use std::fmt;
use std::time::Duration;

use crate::decimal::number;

/// A moment by the server's clock, such as when it stored a message: nanoseconds since the Unix epoch.
///
/// It is written as RFC 3339 in UTC, as in `2022-12-12T15:00:00.123456789Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment so many milliseconds after the Unix epoch, as `Date.now()` gives it.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down, as `Date` in JavaScript takes them.
    pub const fn unix_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Reads RFC 3339 in UTC, as in `2022-12-12T15:00:00.123456789Z`; the fraction is optional. `None` if it is
    /// anything else, or before 1970 or after 2553.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (moment, fraction) = text
            .as_bytes()
            .split_at_checked("YYYY-MM-DDThh:mm:ss".len())?;
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if separators
            .iter()
            .any(|&(at, separator)| moment[at] != separator)
        {
            return None;
        }
        let nanos = match fraction {
            b"Z" => 0,
            [b'.', digits @ .., b'Z'] => nanos(digits)?,
            _ => return None,
        };
        let [month, day, hour, minute, second] =
            [5, 8, 11, 14, 17].map(|at| number(&moment[at..at + 2]));
        let (year, month, day) = (number(&moment[..4])?, month?, day?);
        let (hour, minute, second) = (hour?, minute?, second?);
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !in_range {
            return None;
        }
        let seconds =
            days_since_epoch(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
        seconds
            .checked_mul(1_000_000_000)?
            .checked_add(nanos)
            .map(Self)
    }
}

/// The moment so long after the Unix epoch, as [`Client::now`](crate::Client::now) tells it; one after 2554 is that.
impl From<Duration> for Timestamp {
    fn from(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Writes RFC 3339 in UTC. Whole seconds have no fraction, all others nine digits.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if nanos > 0 {
            write!(f, ".{nanos:09}")?;
        }
        f.write_str("Z")
    }
}

/// The nanoseconds of a fraction, which leaves out the zeros at its end.
fn nanos(fraction: &[u8]) -> Option<u64> {
    let missing = 9_usize.checked_sub(fraction.len())?;
    Some(number(fraction)? * 10_u64.pow(missing as u32))
}

/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;

/// Days from 1970-01-01, counting years from March so that a leap day is the last of its year.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(DAYS_TO_1970)
}

/// The year, month and day so many days after 1970-01-01: the other way round.
fn date(days_since_epoch: u64) -> (u64, u64, u64) {
    let days = days_since_epoch + DAYS_TO_1970;
    let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
        - day_of_cycle / 146_096)
        / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_the_server() {
        for (text, nanos) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000000001Z", 1),
            ("1999-12-31T23:59:59.5Z", 946_684_799_500_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000_000),
            ("2026-11-21T09:55:04.14160837Z", 1_795_254_904_141_608_370),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(nanos)), "{text}");
        }
    }

    #[test]
    fn other_texts() {
        for text in [
            "",
            "Z",
            "2026-11-21",
            "2026-11-21T09:55:04",
            "2026-11-21T09:55:04+01:00",
            "2026-13-21T09:55:04Z",
            "2026-00-21T09:55:04Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T09:55:04.1234567890Z",
            "2026-11-21T09:55:04.Z",
            "2026-11-21 09:55:04Z",
            "2026-11-2ä09:55:04Z",
            "2026-11-21T09:55:04.-1Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "+026-11-21T09:55:04Z",
            "2026-11-21-1T09:55:04Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn written_and_read_again() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2000-02-29T12:34:56.000000001Z",
            "2000-03-01T00:00:00Z",
            "2100-02-28T23:59:59.900000000Z",
            "2100-03-01T00:00:00Z",
            "2550-12-31T00:00:00Z",
        ] {
            let read = Timestamp::parse(text).expect(text);
            assert_eq!(read.to_string(), text);
        }
        let day = 86_400_000;
        for days in (0..200_000).step_by(7) {
            let moment = Timestamp::from_unix_millis(days * day);
            assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }
    }
}
