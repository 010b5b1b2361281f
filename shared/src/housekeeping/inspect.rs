//! The command `inspect`: somebody has looked whether the room is clean, and it is.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupLog, CleanupRefusal, Housekeeping, OfRoom};
use crate::Date;
use crate::bookings::Span;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// Somebody has looked whether the room is clean, and it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    pub room: RoomRef,
    pub date: Date,
}

impl Command for Inspect {
    const NAME: &'static str = "inspect";
    const TYPE: &'static str = "vacancy.housekeeping.inspect.v1";
    const SENDERS: &'static [Account] =
        &[Account::Manager, Account::FrontDesk, Account::Housekeeping];
}

impl Inspect {
    /// `occupied` are the nights of the guest who was in the room last. An inspection that fails is `fail-cleanup`.
    ///
    /// # Errors
    /// When the room is not there, or is not clean on that day.
    pub fn decide(
        &self,
        room: Option<&Room>,
        log: &CleanupLog,
        occupied: Option<Span>,
    ) -> Result<Vec<CleanupEvent>, CleanupRefusal> {
        let room = CleanupRefusal::known(room, self.room)?;
        if Housekeeping::on(self.date, log, occupied).needs_cleaning() {
            return Err(CleanupRefusal::NotClean {
                room: room.name.clone(),
                date: self.date,
            });
        }
        Ok(vec![CleanupEvent::RoomInspected(OfRoom {
            room: self.room,
            date: self.date,
        })])
    }
}
