//! The forms of subjects and keys, with their parts in braces, for those who have no Rust types to make them with.

use super::{OutcomeKey, Stream};
use crate::bookings::{DayKey, GuestKey, OccupancyKey, StayKey, VacancyKey};
use crate::rooms::RoomId;
use crate::staff::StaffName;

/// A key of a bucket, whose text is made of tokens.
pub trait Form {
    /// All forms that its text has, such as `{room}.{booking}`.
    const FORMS: &'static [&'static str];
}

impl Form for RoomId {
    const FORMS: &'static [&'static str] = &["{room}"];
}

impl Form for StayKey {
    const FORMS: &'static [&'static str] = &["{room}.{booking}"];
}

impl Form for VacancyKey {
    const FORMS: &'static [&'static str] = &["{type}", "{type}.{date}"];
}

impl Form for DayKey {
    const FORMS: &'static [&'static str] = &["{date}.{room}.{booking}"];
}

impl Form for GuestKey {
    const FORMS: &'static [&'static str] = &["{client}.{room}.{booking}"];
}

impl Form for OccupancyKey {
    const FORMS: &'static [&'static str] = &["house", "{date}"];
}

impl Form for StaffName {
    const FORMS: &'static [&'static str] = &["{staff}"];
}

impl Form for OutcomeKey {
    const FORMS: &'static [&'static str] = &["{account}.{user}.{command}"];
}

impl Stream {
    /// The form of the subjects of its messages.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Commands => "cmd.{account}.{user}.{command}",
            Self::Room => "room.{room}",
            Self::RoomBooking => "booking.{room}.{date}.{about}",
            Self::RoomCleanup => "cleanup.{room}.{date}.{cleanup}",
            Self::Staff => "staff.{staff}",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use super::*;

    /// The form with its parts replaced is a key, and is written the same.
    fn is_a_key<K: Form + FromStr<Err: Debug> + Display>() {
        for form in K::FORMS {
            let text = form
                .replace("{room}", "1")
                .replace("{client}", "7")
                .replace("{booking}", "7_2022-12-12")
                .replace("{type}", "double")
                .replace("{staff}", "anna")
                .replace("{date}", "2022-12-13");
            assert_eq!(text.parse::<K>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_forms_are_those_that_are_read_and_written() {
        is_a_key::<RoomId>();
        is_a_key::<StayKey>();
        is_a_key::<VacancyKey>();
        is_a_key::<DayKey>();
        is_a_key::<GuestKey>();
        is_a_key::<OccupancyKey>();
        is_a_key::<StaffName>();
    }

    #[test]
    fn a_stream_captures_its_form() {
        for stream in Stream::ALL {
            let prefix = stream.subjects().trim_end_matches('>');
            assert!(stream.form().starts_with(prefix), "{}", stream.form());
        }
    }
}
