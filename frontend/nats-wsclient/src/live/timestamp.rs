//! The time of a message, as the server writes it.

use std::fmt;

/// When the server stored a message: nanoseconds since the Unix epoch, by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    pub const fn unix_nanos(self) -> u64 {
        self.0
    }

    pub const fn unix_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Reads RFC 3339 in UTC, as in `2022-12-12T15:00:00.123456789Z`; the fraction is optional. `None` if it is
    /// anything else, or before 1970 or after 2553.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let mut date = date.split('-').map(number);
        let (year, month, day) = (date.next()??, date.next()??, date.next()??);
        let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
        let mut time = time.split(':').map(number);
        let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !in_range || date.next().is_some() || time.next().is_some() {
            return None;
        }
        let seconds =
            days_since_epoch(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
        seconds
            .checked_mul(1_000_000_000)?
            .checked_add(nanos(fraction)?)
            .map(Self)
    }
}

/// Says it as seconds since the Unix epoch.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

fn number(digits: &str) -> Option<u64> {
    let all_digits =
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().ok())?
}

fn nanos(fraction: &str) -> Option<u64> {
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padding = (fraction.len()..9).map(|_| b'0');
    Some(
        fraction
            .bytes()
            .chain(padding)
            .fold(0, |nanos, digit| nanos * 10 + u64::from(digit - b'0')),
    )
}

/// Days from 1970-01-01, counting years from March so that a leap day is the last of its year.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    const DAYS_TO_1970: u64 = 719_468;
    let year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(DAYS_TO_1970)
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
}
