//! The command `fail-cleanup`: the room could not be cleaned, or did not pass the inspection.

use serde::{Deserialize, Serialize};

use super::{CleaningFailed, CleanupEvent, CleanupRefusal};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};
use crate::text::Note;

/// The room could not be cleaned, or did not pass the inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FailCleanup {
    pub room: RoomRef,
    pub date: Date,
    /// What is wrong, for whoever comes next.
    pub note: Note,
}

impl Command for FailCleanup {
    const NAME: &'static str = "fail-cleanup";
    const TYPE: &'static str = "vacancy.housekeeping.fail-cleanup.v1";
    const SENDERS: &'static [Account] =
        &[Account::Manager, Account::FrontDesk, Account::Housekeeping];
}

impl FailCleanup {
    /// # Errors
    /// When the room is not there.
    pub fn decide(&self, room: Option<&Room>) -> Result<Vec<CleanupEvent>, CleanupRefusal> {
        CleanupRefusal::known(room, self.room)?;
        Ok(vec![CleanupEvent::CleaningFailed(CleaningFailed {
            room: self.room,
            date: self.date,
            note: self.note.clone(),
        })])
    }
}
