//! The command `cleanup`: the room has been made ready on a day.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupLog, RoomCleaned};
use crate::Date;
use crate::cloud_event::Command;
use crate::outcome::Refusal;
use crate::rooms::{Room, RoomId, RoomRef};

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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no room {0} in this hotel.")]
pub struct NoSuchRoom(pub RoomId);

impl From<NoSuchRoom> for Refusal {
    fn from(reason: NoSuchRoom) -> Self {
        Self::new("unknown-room", "room.id", reason.to_string())
    }
}

impl Cleanup {
    /// Cleaning a room twice, or noting it late, does no harm and is told as it was.
    ///
    /// # Errors
    /// When the room is not there.
    pub fn decide(
        &self,
        room: Option<&Room>,
        _log: &CleanupLog,
    ) -> Result<Vec<CleanupEvent>, NoSuchRoom> {
        if room.is_none() {
            return Err(NoSuchRoom(self.room.id));
        }
        Ok(vec![CleanupEvent::RoomCleaned(RoomCleaned {
            room: self.room,
            date: self.date,
        })])
    }
}
