//! The command `cleanup`: the room has been made ready on a day.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupRefusal, OfRoom};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// The room has been made ready on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cleanup {
    pub room: RoomRef,
    pub date: Date,
}

impl Command for Cleanup {
    const NAME: &'static str = "cleanup";
    const TYPE: &'static str = "vacancy.housekeeping.cleanup.v1";
    const SENDERS: &'static [Account] =
        &[Account::Manager, Account::FrontDesk, Account::Housekeeping];
}

impl Cleanup {
    /// Cleaning a room twice, or noting it late, does no harm and is told as it was.
    ///
    /// # Errors
    /// When the room is not there.
    pub fn decide(&self, room: Option<&Room>) -> Result<Vec<CleanupEvent>, CleanupRefusal> {
        CleanupRefusal::known(room, self.room)?;
        Ok(vec![CleanupEvent::RoomCleaned(OfRoom {
            room: self.room,
            date: self.date,
        })])
    }
}
