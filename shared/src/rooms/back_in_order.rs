//! The command `back-in-order`: a room that is out of order can be used before its time.

use serde::{Deserialize, Serialize};

use super::block::BlockKind;
use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{BookingEvent, BookingRefusal, RoomLedger};
use crate::cloud_event::Command;
use crate::identity::Account;

/// A room that is out of order can be used before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BackInOrder {
    pub room: RoomRef,
    /// The first night it was to be out of order, which tells the block.
    pub from: Date,
    /// The first day it can be used again. Up to `from`, the block has never been.
    pub date: Date,
}

impl Command for BackInOrder {
    const NAME: &'static str = "back-in-order";
    const TYPE: &'static str = "vacancy.rooms.back-in-order.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl BackInOrder {
    /// # Errors
    /// When the room is not there, is not out of order from that day, or would be in order by then anyway.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let block = (BlockKind::OutOfOrder, self.from);
        super::block::decide_release(self.room, room, ledger, block, self.date)
    }
}
