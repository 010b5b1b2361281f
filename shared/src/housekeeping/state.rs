//! When a room was cleaned, as its events tell it.

use super::{CleanupEvent, RoomCleaned};
use crate::Date;

/// The cleanups of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanupLog {
    /// The last day the room was cleaned on. Cleanups may be noted late and out of order.
    pub last: Option<Date>,
}

impl CleanupLog {
    #[must_use]
    pub fn evolve(self, event: &CleanupEvent) -> Self {
        match event {
            CleanupEvent::RoomCleaned(RoomCleaned { date, .. }) => Self {
                last: self.last.max(Some(*date)),
            },
        }
    }
}
