//! Whether a room is ready for a guest.

use serde::{Deserialize, Serialize};

use crate::Date;
use crate::bookings::Nights;

/// The nights a room was, or is being, slept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupancy {
    pub arrival: Date,
    pub nights: Nights,
}

impl Occupancy {
    pub fn departure(self) -> Date {
        self.nights.departure(self.arrival)
    }
}

/// A room's housekeeping status on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Housekeeping {
    Clean,
    /// It was slept in and has not been cleaned since.
    Dirty,
}

impl Housekeeping {
    /// A room needs cleaning on each morning after a night that a guest slept in it, for the last time on the day of
    /// departure; a cleanup on that day or later makes it clean. A room nobody has slept in is clean.
    pub fn on(today: Date, cleaned: Option<Date>, occupied: Option<Occupancy>) -> Self {
        let Some(occupied) = occupied else {
            return Self::Clean;
        };
        let slept_in_until = today.min(occupied.departure());
        let slept_in = slept_in_until > occupied.arrival;
        if slept_in && cleaned.is_none_or(|cleaned| cleaned < slept_in_until) {
            Self::Dirty
        } else {
            Self::Clean
        }
    }

    /// The value of `data-housekeeping` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Dirty => "dirty",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn on(today: &str, cleaned: Option<&str>, expected: Housekeeping) {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let occupied = Occupancy {
            arrival: date("2022-12-12"),
            nights: Nights::try_from(2).unwrap(),
        };
        assert_eq!(
            Housekeeping::on(date(today), cleaned.map(date), Some(occupied)),
            expected
        );
    }

    #[test]
    fn a_room_is_dirty_on_each_morning_after_a_night_in_it() {
        on("2022-12-12", None, Housekeeping::Clean);
        on("2022-12-13", None, Housekeeping::Dirty);
        on("2022-12-13", Some("2022-12-12"), Housekeeping::Dirty);
        on("2022-12-13", Some("2022-12-13"), Housekeeping::Clean);
        on("2022-12-14", Some("2022-12-13"), Housekeeping::Dirty);
    }

    #[test]
    fn after_the_departure_one_cleanup_lasts() {
        on("2022-12-20", Some("2022-12-13"), Housekeeping::Dirty);
        on("2022-12-20", Some("2022-12-14"), Housekeeping::Clean);
        on("2023-01-20", Some("2022-12-15"), Housekeeping::Clean);
    }

    #[test]
    fn a_room_nobody_has_slept_in_is_clean() {
        assert_eq!(Housekeeping::on(Date::MIN, None, None), Housekeeping::Clean);
    }
}
