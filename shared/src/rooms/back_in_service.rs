//! The command `back-in-service`: a room that is out of service is as it should be before its time.

use serde::{Deserialize, Serialize};

use super::block::BlockKind;
use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{BookingEvent, BookingRefusal, RoomLedger};
use crate::cloud_event::Command;
use crate::identity::Account;

/// A room that is out of service is as it should be before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BackInService {
    pub room: RoomRef,
    /// The first night it was to be out of service, which tells the block.
    pub from: Date,
    /// The first day it can be used again. Up to `from`, the block has never been.
    pub date: Date,
}

impl Command for BackInService {
    const NAME: &'static str = "back-in-service";
    const TYPE: &'static str = "vacancy.rooms.back-in-service.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl BackInService {
    /// # Errors
    /// When the room is not there, is not out of service from that day, or would be in service by then anyway.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let block = (BlockKind::OutOfService, self.from);
        super::block::decide_release(self.room, room, ledger, block, self.date)
    }
}
