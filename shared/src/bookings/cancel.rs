//! The command `cancel`: a guest will not come, and says so.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known, stay_that_is};
use super::{BookingEvent, BookingId, BookingRefusal, RoomLedger, StayStatus};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A guest will not come, and says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    pub room: RoomRef,
    pub booking: BookingId,
}

impl Command for Cancel {
    const NAME: &'static str = "cancel";
    const TYPE: &'static str = "vacancy.booking.cancel.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk, Account::Channel];
}

impl Cancel {
    /// # Errors
    /// When there is no such booking, or it is not one that is still to come.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let to_come = [StayStatus::Tentative, StayStatus::Booked];
        let stay = stay_that_is(room, ledger, self.booking, &to_come, "cancelled")?;
        let facts = facts(self.room, room, stay, StayStatus::Cancelled);
        Ok(vec![BookingEvent::BookingCancelled(facts)])
    }
}
