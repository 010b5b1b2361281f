//! The command `out-of-service`: something is wrong with a room. It can be sold, but no guest is checked in to it.

use serde::{Deserialize, Serialize};

use super::block::{Block, BlockKind};
use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{BookingEvent, BookingRefusal, Nights, RoomLedger};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::text::Note;

/// Something is wrong with a room. It can be sold, but no guest is checked in to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutOfService {
    pub room: RoomRef,
    /// The day that the first night begins on.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
    pub reason: Note,
}

impl Command for OutOfService {
    const NAME: &'static str = "out-of-service";
    const TYPE: &'static str = "vacancy.rooms.out-of-service.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl OutOfService {
    /// # Errors
    /// When the room is not there, or one of the nights is out of service already.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let block = Block {
            kind: BlockKind::OutOfService,
            from: self.date,
            nights: self.nights,
            reason: self.reason.clone(),
        };
        super::block::decide(self.room, room, ledger, block)
    }
}
