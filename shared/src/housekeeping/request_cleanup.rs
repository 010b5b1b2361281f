//! The command `request-cleanup`: somebody is to clean the room. It is sent when a guest has left, when a
//! cleanup has failed, or by somebody.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupRefusal, OfRoom};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// Somebody is to clean the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestCleanup {
    pub room: RoomRef,
    /// The day it is to be done by.
    pub date: Date,
}

impl Command for RequestCleanup {
    const NAME: &'static str = "request-cleanup";
    const TYPE: &'static str = "vacancy.housekeeping.request-cleanup.v1";
    const SENDERS: &'static [Account] =
        &[Account::Manager, Account::FrontDesk, Account::Housekeeping];
}

impl RequestCleanup {
    /// Asking twice does no harm.
    ///
    /// # Errors
    /// When the room is not there.
    pub fn decide(&self, room: Option<&Room>) -> Result<Vec<CleanupEvent>, CleanupRefusal> {
        CleanupRefusal::known(room, self.room)?;
        Ok(vec![CleanupEvent::CleaningAsked(OfRoom {
            room: self.room,
            date: self.date,
        })])
    }
}
