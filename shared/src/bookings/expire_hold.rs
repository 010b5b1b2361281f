//! The command `expire-hold`: the time of a hold is over. It is sent by the schedule that was set when the room was held.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known, stay_that_is};
use super::{BookingEvent, BookingId, BookingRefusal, RoomLedger, StayStatus};
use crate::Timestamp;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// The time of a hold is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExpireHold {
    pub room: RoomRef,
    pub booking: BookingId,
    /// When the hold expires, which tells it from an earlier hold of the same booking.
    pub until: Timestamp,
}

impl Command for ExpireHold {
    const NAME: &'static str = "expire-hold";
    const TYPE: &'static str = "vacancy.booking.expire-hold.v1";
    const SENDERS: &'static [Account] = &[];
}

impl ExpireHold {
    /// The schedule is the clock: a machine whose own is slow would refuse, and nobody would ask again.
    ///
    /// # Errors
    /// When the hold has been confirmed or cancelled, or it is another one.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let tentative = [StayStatus::Tentative];
        let stay = stay_that_is(room, ledger, self.booking, &tentative, "expired")?;
        if stay.until != Some(self.until) {
            return Err(BookingRefusal::OtherHold(self.booking));
        }
        let facts = facts(self.room, room, stay, StayStatus::Expired);
        Ok(vec![BookingEvent::HoldExpired(facts)])
    }
}
