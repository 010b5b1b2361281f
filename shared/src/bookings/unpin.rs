//! The command `unpin`: the guest need not have this very room.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known, stay_that_is};
use super::{BookingEvent, BookingId, BookingRefusal, RoomLedger, StayStatus};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// The guest need not have this very room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unpin {
    pub room: RoomRef,
    pub booking: BookingId,
}

impl Command for Unpin {
    const NAME: &'static str = "unpin";
    const TYPE: &'static str = "vacancy.booking.unpin.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl Unpin {
    /// # Errors
    /// When there is no such booking, it is not one that is still to come, or it is not pinned.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let to_come = [StayStatus::Tentative, StayStatus::Booked];
        let stay = stay_that_is(room, ledger, self.booking, &to_come, "unpinned")?;
        if !stay.pinned {
            return Err(BookingRefusal::NotPinned(self.booking));
        }
        let facts = facts(self.room, room, stay, stay.status);
        Ok(vec![BookingEvent::StayUnpinned(facts)])
    }
}
