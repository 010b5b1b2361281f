//! The command `retire-room`: the hotel has a room no longer.

use serde::{Deserialize, Serialize};

use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{BookingEvent, BookingRefusal, Obstacle, RoomLedger, RoomRetired, known};
use crate::cloud_event::Command;
use crate::identity::Account;

/// The hotel has a room no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RetireRoom {
    pub room: RoomRef,
    /// The first night on which the hotel no longer has it.
    pub date: Date,
}

impl Command for RetireRoom {
    const NAME: &'static str = "retire-room";
    const TYPE: &'static str = "vacancy.rooms.retire-room.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl RetireRoom {
    /// # Errors
    /// When the room is not there, has been retired, or nights from that day on are taken: they have to go elsewhere
    /// first.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let retired = ledger.retired().map(Obstacle::Retired);
        if let Some(obstacle) = retired.or_else(|| ledger.last_taken(self.date)) {
            return Err(BookingRefusal::obstacle(room, obstacle));
        }
        Ok(vec![BookingEvent::RoomRetired(RoomRetired {
            room: self.room,
            room_type: room.room_type.clone(),
            date: self.date,
        })])
    }
}
