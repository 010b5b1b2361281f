//! The command `out-of-order`: a room cannot be used for some nights. They leave the inventory and cannot be sold.

use serde::{Deserialize, Serialize};

use super::block::{Block, BlockKind};
use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{BookingEvent, BookingRefusal, Nights, RoomLedger};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::text::Note;

/// A room cannot be used for some nights. They leave the inventory and cannot be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutOfOrder {
    pub room: RoomRef,
    /// The day that the first night begins on.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
    pub reason: Note,
}

impl Command for OutOfOrder {
    const NAME: &'static str = "out-of-order";
    const TYPE: &'static str = "vacancy.rooms.out-of-order.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl OutOfOrder {
    /// # Errors
    /// When the room is not there, or one of the nights is taken.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let block = Block {
            kind: BlockKind::OutOfOrder,
            from: self.date,
            nights: self.nights,
            reason: self.reason.clone(),
        };
        super::block::decide(self.room, room, ledger, block)
    }
}
