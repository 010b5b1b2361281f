//! Whether a room is ready for a guest.

use super::{CleanupLog, Open};
use crate::Date;
use crate::bookings::Span;

/// A room's housekeeping status on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Housekeeping {
    Clean,
    /// Clean, and somebody has looked.
    Inspected,
    /// It was slept in and has not been cleaned since.
    Dirty,
    /// Somebody was asked to clean it.
    Asked,
    /// It could not be cleaned.
    Failed,
}

impl Housekeeping {
    /// A room needs cleaning on each morning after a night that a guest slept in it, for the last time on the day of
    /// departure; a cleanup on that day or later makes it clean. A room nobody has slept in is clean. A cleaning that
    /// was asked for, or failed, is needed whatever the dates say.
    pub fn on(today: Date, log: &CleanupLog, occupied: Option<Span>) -> Self {
        match log.open(today) {
            Some(Open::Asked(_)) => return Self::Asked,
            Some(Open::Failed(_)) => return Self::Failed,
            None => {}
        }
        let slept_in = occupied.and_then(|occupied| {
            let until = today.min(occupied.departure());
            (until > occupied.arrival).then_some(until)
        });
        if slept_in.is_some_and(|until| log.cleaned.is_none_or(|cleaned| cleaned < until)) {
            Self::Dirty
        } else if log.inspected.is_some() {
            Self::Inspected
        } else {
            Self::Clean
        }
    }

    /// Whether somebody has to clean the room before a guest may have it.
    pub const fn needs_cleaning(self) -> bool {
        match self {
            Self::Clean | Self::Inspected => false,
            Self::Dirty | Self::Asked | Self::Failed => true,
        }
    }

    /// The value of `data-housekeeping` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Inspected => "inspected",
            Self::Dirty => "dirty",
            Self::Asked => "asked",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::Nights;

    #[track_caller]
    fn on(today: &str, cleaned: Option<&str>, expected: Housekeeping) {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let occupied = Span::new(date("2022-12-12"), Nights::try_from(2).unwrap());
        let log = CleanupLog {
            cleaned: cleaned.map(date),
            ..CleanupLog::default()
        };
        assert_eq!(
            Housekeeping::on(date(today), &log, Some(occupied)),
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
        assert_eq!(
            Housekeeping::on(Date::MIN, &CleanupLog::default(), None),
            Housekeeping::Clean
        );
    }
}
