//! Dates and counts as people read them.

use shared::Date;
use shared::bookings::{Nights, StayStatus};
use shared::date::Weekday;
use shared::housekeeping::Housekeeping;
use shared::rooms::RoomType;

use super::errand::Progress;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `November`, also for a month that is none.
fn month_name(month: u32) -> &'static str {
    let index = month.saturating_sub(1) as usize;
    MONTHS.get(index).copied().unwrap_or_default()
}

/// `Nov`.
fn short_month_name(month: u32) -> &'static str {
    let name = month_name(month);
    name.get(..3).unwrap_or(name)
}

/// `November 2026`.
pub fn month(date: Date) -> String {
    let (year, month, _) = date.civil();
    format!("{} {year}", month_name(month))
}

/// The months of consecutive dates, each with how many of the dates are in it.
pub fn months(dates: impl Iterator<Item = Date>) -> Vec<(String, u32)> {
    let mut months: Vec<(String, u32)> = Vec::new();
    let mut before = None;
    for date in dates {
        let (year, number, _) = date.civil();
        match months.last_mut() {
            Some((_, days)) if before == Some((year, number)) => *days += 1,
            _ => months.push((month(date), 1)),
        }
        before = Some((year, number));
    }
    months
}

/// `Sat 21 Nov`.
pub fn day(date: Date) -> String {
    let (_, month, day) = date.civil();
    let month = short_month_name(month);
    format!("{} {day} {month}", weekday(date.weekday()))
}

/// `21`, and `1 Dec` where a month begins.
pub fn day_of_month(date: Date) -> String {
    let (_, month, day) = date.civil();
    match day {
        1 => format!("{day} {}", short_month_name(month)),
        day => day.to_string(),
    }
}

/// `Sat 21 Nov 2026`.
pub fn day_and_year(date: Date) -> String {
    format!("{} {}", day(date), date.civil().0)
}

/// `Sat`.
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

pub fn status(status: StayStatus) -> &'static str {
    match status {
        StayStatus::Tentative => "held",
        StayStatus::Booked => "booked",
        StayStatus::InHouse => "in house",
        StayStatus::CheckedOut => "checked out",
        StayStatus::Cancelled => "cancelled",
        StayStatus::NoShow => "did not come",
        StayStatus::Expired => "hold expired",
        StayStatus::Moved => "in another room",
    }
}

/// How far a wish is, as it completes a label.
pub fn progress(progress: Progress) -> &'static str {
    match progress {
        Progress::Queued => "waits to be sent",
        Progress::Sending | Progress::Accepted => "not confirmed yet",
        Progress::Late => "accepted, will show up shortly",
        Progress::Unsure => "not known yet whether it arrived",
        Progress::Parked => "waits for the operator",
    }
}

/// A room's mark, as a label.
pub fn housekeeping(mark: Housekeeping) -> &'static str {
    match mark {
        Housekeeping::Clean => "Clean",
        Housekeeping::Inspected => "Inspected",
        Housekeeping::Dirty => "Dirty",
        Housekeeping::Asked => "To clean",
        Housekeeping::Failed => "Not done",
    }
}

/// `in house` as `In house`.
pub fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// `1 night`, `3 nights`.
pub fn nights(nights: Nights) -> String {
    count(u32::from(nights.get()), "night", "nights")
}

/// `2 hours ago`; how long one notices that it is.
pub fn ago(milliseconds: i64) -> String {
    let minutes = milliseconds.max(0) / 60_000;
    let of = |number: i64, one, many| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        format!("{} ago", count(number, one, many))
    };
    match minutes {
        0 => "a moment ago".to_owned(),
        1..60 => of(minutes, "minute", "minutes"),
        60..1_440 => of(minutes / 60, "hour", "hours"),
        _ => of(minutes / 1_440, "day", "days"),
    }
}

/// `1 room`, `3 rooms`.
pub fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The type `junior-suite` as `Junior suite`.
pub fn room_type(room_type: &RoomType) -> String {
    capital(&room_type.as_str().replace(['-', '_'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_people_write_them() {
        let date: Date = "2026-11-01".parse().unwrap();
        assert_eq!(day(date), "Sun 1 Nov");
        assert_eq!(day_of_month(date), "1 Nov");
        assert_eq!(day_of_month(date.plus_days(1)), "2");
        assert_eq!(day_and_year(date), "Sun 1 Nov 2026");
        assert_eq!(month(date), "November 2026");
        let dates = (-2..3).map(|days| date.plus_days(days));
        let (october, november) = ("October 2026".to_owned(), "November 2026".to_owned());
        assert_eq!(months(dates), [(october, 2), (november, 3)]);
    }

    #[test]
    fn an_age_is_told_in_what_one_counts_in() {
        let minutes = |minutes: i64| ago(minutes * 60_000);
        assert_eq!(ago(59_999), "a moment ago");
        assert_eq!(ago(-1), "a moment ago");
        assert_eq!(minutes(1), "1 minute ago");
        assert_eq!(minutes(119), "1 hour ago");
        assert_eq!(minutes(24 * 60 - 1), "23 hours ago");
        assert_eq!(minutes(48 * 60), "2 days ago");
    }

    #[test]
    fn counts_and_types_too() {
        assert_eq!(nights(Nights::ONE), "1 night");
        assert_eq!(nights(Nights::try_from(3).unwrap()), "3 nights");
        assert_eq!(room_type(&"junior-suite".parse().unwrap()), "Junior suite");
    }
}
