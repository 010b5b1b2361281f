//! A day of the proleptic Gregorian calendar, four bytes wide.
//!
//! The calendar crates bring time zones and locales and with them 10 to 50 KB of WebAssembly; a hotel's nights need
//! neither. The conversions are those of Howard Hinnant's *chrono-Compatible Low-Level Date Algorithms*.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text;

/// A calendar day, counted from 1970-01-01. Text and JSON form: `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: i32,
}

/// What is wrong with a text that should have been a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    #[error("{0:?} is not a date: write it as YYYY-MM-DD")]
    Form(String),
    #[error("{0} is not a day of the calendar")]
    NotInCalendar(String),
    #[error("{0} is out of range: dates go from {min} to {max}", min = Date::MIN, max = Date::MAX)]
    OutOfRange(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    pub fn is_weekend(self) -> bool {
        matches!(self, Self::Saturday | Self::Sunday)
    }
}

impl Date {
    /// The first day that is accepted as input.
    pub const MIN: Self = Self::from_civil(1900, 1, 1);
    /// The last day that is accepted as input. Far enough below the year 10,000 that adding any stay to it
    /// still has a four-digit year.
    pub const MAX: Self = Self::from_civil(2199, 12, 31);

    /// The day with this year, month (1–12) and day of the month (1–31).
    ///
    /// # Errors
    /// When there is no such day, or it lies outside [`Date::MIN`]..=[`Date::MAX`].
    pub fn new(year: i32, month: u32, day: u32) -> Result<Self, DateError> {
        let text = || format!("{year:04}-{month:02}-{day:02}");
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return Err(DateError::NotInCalendar(text()));
        }
        let date = Self::from_civil(year, month, day);
        if date < Self::MIN || date > Self::MAX {
            return Err(DateError::OutOfRange(text()));
        }
        Ok(date)
    }

    /// The day that is `days` after 1970-01-01.
    pub const fn from_days_since_1970(days: i32) -> Self {
        Self { days }
    }

    pub const fn days_since_1970(self) -> i32 {
        self.days
    }

    /// The day `days` later, or earlier when negative.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self {
            days: self.days.saturating_add(days),
        }
    }

    /// How many days lie between `earlier` and this one; negative when `earlier` is in fact later.
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.days - earlier.days
    }

    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.days + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// Year, month (1–12) and day of the month (1–31).
    pub const fn civil(self) -> (i32, u32, u32) {
        let z = self.days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + (month <= 2) as i32;
        (year, month as u32, day as u32)
    }

    const fn from_civil(year: i32, month: u32, day: u32) -> Self {
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let shifted_month = (month as i32 + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self {
            days: era * 146_097 + day_of_era - 719_468,
        }
    }
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let form = || DateError::Form(text.chars().take(40).collect());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(form());
        }
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0_u32, |sum, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + u32::from(byte - b'0'))
            })
        };
        match (number(0..4), number(5..7), number(8..10)) {
            (Some(year), Some(month), Some(day)) => Self::new(year as i32, month, day),
            _ => Err(form()),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a date as YYYY-MM-DD")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_in_range_survives_the_way_to_text_and_back() {
        let mut date = Date::MIN;
        let mut expected = (1900, 1, 1);
        while date <= Date::MAX {
            assert_eq!(date.civil(), expected);
            assert_eq!(date.to_string().parse(), Ok(date));
            date = date.plus_days(1);
            let (year, month, day) = expected;
            expected = if day < days_in_month(year, month) {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
        }
    }

    #[test]
    fn weekdays_follow_the_calendar() {
        let date: Date = "2026-11-21".parse().unwrap();
        assert_eq!(date.weekday(), Weekday::Saturday);
        assert_eq!(date.plus_days(2).weekday(), Weekday::Monday);
        assert_eq!(Date::MIN.weekday(), Weekday::Monday);
    }

    #[track_caller]
    fn refused(text: &str, error: DateError) {
        assert_eq!(text.parse::<Date>(), Err(error));
    }

    #[test]
    fn a_text_that_is_no_date_is_refused_with_the_reason() {
        for text in [
            "",
            "today",
            "2022-2-3",
            "2022-12-123",
            "2022/12/12",
            "20é2-12-1",
            "+022-12-12",
        ] {
            refused(text, DateError::Form(text.into()));
        }
        for text in [
            "2022-02-29",
            "2023-13-01",
            "2023-00-10",
            "2023-04-31",
            "2023-01-00",
        ] {
            refused(text, DateError::NotInCalendar(text.into()));
        }
        for text in ["1899-12-31", "2200-01-01", "0000-01-01", "9999-12-31"] {
            refused(text, DateError::OutOfRange(text.into()));
        }
        assert!("2024-02-29".parse::<Date>().is_ok());
    }

    #[test]
    fn json_is_the_text() {
        let date = Date::new(2022, 12, 12).unwrap();
        assert_eq!(serde_json::to_string(&date).unwrap(), "\"2022-12-12\"");
        assert_eq!(
            serde_json::from_str::<Date>("\"2022-12-12\"").unwrap(),
            date
        );
        assert!(serde_json::from_str::<Date>("20221212").is_err());
    }
}
