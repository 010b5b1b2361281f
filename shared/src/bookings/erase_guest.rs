//! The command `erase-guest`: a guest wants to be forgotten.

use serde::{Deserialize, Serialize};

use super::rules::{facts, known};
use super::{BookingEvent, BookingRefusal, ClientRef, RoomLedger, Stay, StayStatus};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A guest wants to be forgotten.
///
/// The name goes from all of the guest's stays, for good. That somebody was there stays known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EraseGuest {
    pub client: ClientRef,
}

impl Command for EraseGuest {
    const NAME: &'static str = "erase-guest";
    const TYPE: &'static str = "vacancy.booking.erase-guest.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl EraseGuest {
    /// Whether the guest has, or had, a stay in the room.
    pub fn is_about(&self, ledger: &RoomLedger) -> bool {
        self.stays(ledger).next().is_some()
    }

    /// What is erased in one of the rooms.
    ///
    /// # Errors
    /// When the guest is in the house, or is still to come: then the hotel needs the name.
    pub fn decide(
        &self,
        id: RoomRef,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, id)?;
        let is_expected = |status: StayStatus| status.is_to_come() || status == StayStatus::InHouse;
        if let Some(stay) = self.stays(ledger).find(|stay| is_expected(stay.status)) {
            return Err(BookingRefusal::GuestExpected {
                room: room.name.clone(),
                booking: stay.booking(),
                status: stay.status,
            });
        }
        let named = self.stays(ledger).filter(|stay| stay.client.name.is_some());
        let erased =
            named.map(|stay| BookingEvent::GuestErased(facts(id, room, stay, stay.status)));
        Ok(erased.collect())
    }

    fn stays<'a>(&self, ledger: &'a RoomLedger) -> impl Iterator<Item = &'a Stay> {
        let client = self.client.id;
        ledger.stays().filter(move |stay| stay.client.id == client)
    }
}
