//! The command `confirm`: a hold becomes a booking.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known, stay_that_is};
use super::{BookingEvent, BookingId, BookingRefusal, RoomLedger, StayStatus};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A hold becomes a booking.
///
/// Whoever knows the booking may confirm it: a guest has chosen the client's number at random, and no read model that
/// guests see has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub room: RoomRef,
    pub booking: BookingId,
}

impl Command for Confirm {
    const NAME: &'static str = "confirm";
    const TYPE: &'static str = "vacancy.booking.confirm.v1";
    const SENDERS: &'static [Account] = &[
        Account::Manager,
        Account::FrontDesk,
        Account::Channel,
        Account::Guest,
    ];
}

impl Confirm {
    /// Of a confirmation and the end of the hold the one that the room sees first counts, whatever a clock says.
    ///
    /// # Errors
    /// When there is no such hold, or it has expired.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let tentative = [StayStatus::Tentative];
        let stay = stay_that_is(room, ledger, self.booking, &tentative, "confirmed")?;
        let facts = facts(self.room, room, stay, StayStatus::Booked);
        Ok(vec![BookingEvent::HoldConfirmed(facts)])
    }
}
