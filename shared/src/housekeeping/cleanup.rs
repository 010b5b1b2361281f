//! The command `cleanup`: the room has been made ready on a day.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupLog, RoomCleaned};
use crate::Date;
use crate::cloud_event::Command;
use crate::rooms::RoomRef;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cleanup {
    pub room: RoomRef,
    pub date: Date,
}

impl Command for Cleanup {
    const NAME: &'static str = "cleanup";
    const TYPE: &'static str = "vacancy.housekeeping.cleanup.v1";
}

impl Cleanup {
    /// Never refused: cleaning a room twice, or noting it late, does no harm and is told as it was.
    pub fn decide(&self, _log: &CleanupLog) -> Vec<CleanupEvent> {
        vec![CleanupEvent::RoomCleaned(RoomCleaned {
            room: self.room,
            date: self.date,
        })]
    }
}
