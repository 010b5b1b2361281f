//! The command `pin`: the guest is to have this very room.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known, stay_that_is};
use super::{BookingEvent, BookingId, BookingRefusal, RoomLedger, StayStatus};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// The guest is to have this very room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub room: RoomRef,
    pub booking: BookingId,
}

impl Command for Pin {
    const NAME: &'static str = "pin";
    const TYPE: &'static str = "vacancy.booking.pin.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl Pin {
    /// # Errors
    /// When there is no such booking, it is not one that is still to come, or it is pinned already.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let to_come = [StayStatus::Tentative, StayStatus::Booked];
        let stay = stay_that_is(room, ledger, self.booking, &to_come, "pinned")?;
        if stay.pinned {
            return Err(BookingRefusal::NoChange(self.booking));
        }
        let facts = facts(self.room, room, stay, stay.status);
        Ok(vec![BookingEvent::StayPinned(facts)])
    }
}
