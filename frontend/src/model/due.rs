//! What of a stay is due today: what the front desk has to do about it, or that it need not do anything.

use shared::bookings::{StayStatus, StayView};
use shared::{Date, Timestamp};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// It is held: it is confirmed, or ends by itself.
    Confirmation,
    /// It begins today.
    Arrival,
    /// It should have begun before today.
    LateArrival,
    /// The guest is in the house, and stays.
    InHouse,
    /// It ends today.
    Departure,
    /// It should have ended before today.
    LateDeparture,
    /// It begins on another day.
    NotToday,
    /// It is over.
    Over,
}

impl Due {
    pub const ALL: [Self; 8] = [
        Self::Confirmation,
        Self::Arrival,
        Self::LateArrival,
        Self::InHouse,
        Self::Departure,
        Self::LateDeparture,
        Self::NotToday,
        Self::Over,
    ];

    pub fn of(stay: &StayView, today: Date) -> Self {
        match stay.status {
            StayStatus::Tentative => Self::Confirmation,
            StayStatus::Booked if today < stay.arrival => Self::NotToday,
            StayStatus::Booked if stay.arrival == today => Self::Arrival,
            StayStatus::Booked => Self::LateArrival,
            StayStatus::InHouse if today < stay.departure() => Self::InHouse,
            StayStatus::InHouse if stay.departure() == today => Self::Departure,
            StayStatus::InHouse => Self::LateDeparture,
            StayStatus::CheckedOut
            | StayStatus::Cancelled
            | StayStatus::NoShow
            | StayStatus::Expired
            | StayStatus::Moved => Self::Over,
        }
    }

    /// The value of `data-due`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Arrival => "arrival",
            Self::LateArrival => "late-arrival",
            Self::InHouse => "in-house",
            Self::Departure => "departure",
            Self::LateDeparture => "late-departure",
            Self::NotToday => "not-today",
            Self::Over => "over",
        }
    }

    /// As it completes a label.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Confirmation => "to be confirmed",
            Self::Arrival => "arrives today",
            Self::LateArrival => "has not arrived",
            Self::InHouse => "in house",
            Self::Departure => "leaves today",
            Self::LateDeparture => "should have left",
            Self::NotToday => "not today",
            Self::Over => "over",
        }
    }
}

/// How long a hold lasts from `now` on, as a clock shows it: `14:59`, `2:05:00`. `0:00` when it is over, which the hotel says a
/// moment later.
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    let left = until.unix_milliseconds() - now.unix_milliseconds();
    let seconds = left.max(0).unsigned_abs().div_ceil(1_000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{second:02}"),
        hours => format!("{hours}:{:02}:{second:02}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use shared::bookings::Client;
    use shared::rooms::RoomId;

    use super::*;

    const TODAY: &str = "2026-11-22";

    #[track_caller]
    fn due(status: StayStatus, arrival: &str, nights: i64, expected: Due) {
        let stay = StayView {
            room: RoomId::try_from(1).unwrap(),
            client: Client {
                id: 7.try_into().unwrap(),
                name: None,
            },
            booked: None,
            arrival: arrival.parse().unwrap(),
            nights: nights.try_into().unwrap(),
            status,
            pinned: false,
            until: None,
            sequence: 1,
        };
        assert_eq!(Due::of(&stay, TODAY.parse().unwrap()), expected);
    }

    #[test]
    fn a_booking_is_due_on_its_day_of_arrival_and_late_from_the_next_one_on() {
        due(StayStatus::Booked, "2026-11-23", 1, Due::NotToday);
        due(StayStatus::Booked, "2026-11-22", 1, Due::Arrival);
        due(StayStatus::Booked, "2026-11-21", 3, Due::LateArrival);
        due(StayStatus::Tentative, "2026-11-22", 1, Due::Confirmation);
    }

    #[test]
    fn a_guest_leaves_on_the_day_after_the_last_night() {
        due(StayStatus::InHouse, "2026-11-21", 2, Due::InHouse);
        due(StayStatus::InHouse, "2026-11-21", 1, Due::Departure);
        due(StayStatus::InHouse, "2026-11-19", 1, Due::LateDeparture);
        due(StayStatus::CheckedOut, "2026-11-21", 1, Due::Over);
    }

    #[test]
    fn each_has_a_word_of_its_own() {
        let mut words: Vec<_> = Due::ALL.map(Due::words).into();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Due::ALL.len());
    }

    #[test]
    fn a_hold_counts_down_in_whole_seconds_to_nothing() {
        let left = |milliseconds| {
            let at = |moment| Timestamp::from_unix_milliseconds(moment);
            countdown(at(milliseconds), at(0))
        };
        assert_eq!(left(15 * 60_000), "15:00");
        assert_eq!(left(899_001), "15:00");
        assert_eq!(left(899_000), "14:59");
        assert_eq!(left(7_500_000), "2:05:00");
        assert_eq!(left(1), "0:01");
        assert_eq!(left(0), "0:00");
        assert_eq!(left(-5_000), "0:00");
    }
}
