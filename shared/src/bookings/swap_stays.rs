//! The command `swap-stays`: a stay goes to another room, and those that are there come to its own.

use serde::{Deserialize, Serialize};

use super::moving::{Moved, Moving, Side};
use super::{BookingId, BookingRefusal};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::RoomRef;

/// A stay goes to another room, and others come from there to its own: all of them or none.
///
/// All keep their nights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SwapStays {
    /// The room that the stay is in.
    pub room: RoomRef,
    pub booking: BookingId,
    /// The room that the stay is to have.
    pub to: RoomRef,
    /// The stays that are to come from there.
    pub others: Vec<BookingId>,
}

impl Command for SwapStays {
    const NAME: &'static str = "swap-stays";
    const TYPE: &'static str = "vacancy.booking.swap-stays.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl SwapStays {
    /// The two rooms, unless they are one.
    ///
    /// # Errors
    /// When the stay is in the room already that it is to have.
    pub fn rooms(&self) -> Result<[RoomRef; 2], BookingRefusal> {
        if self.to == self.room {
            return Err(BookingRefusal::NoChange(self.booking));
        }
        Ok([self.room, self.to])
    }

    /// # Errors
    /// When one of the rooms or stays is not there, a guest is in the house, a stay is pinned, or one of the nights cannot be
    /// had in the other room even so.
    pub fn decide(&self, here: Side<'_>, there: Side<'_>) -> Result<Moved, BookingRefusal> {
        let [room, to] = self.rooms()?;
        let mut here = Moving::of(room, here)?;
        let mut there = Moving::of(to, there)?;
        let going = here.leave(self.booking, to)?;
        let mut coming = Vec::with_capacity(self.others.len());
        for other in &self.others {
            coming.push(there.leave(*other, room)?);
        }
        for stay in coming {
            let span = stay.span();
            here.come(stay, span, to)?;
        }
        let span = going.span();
        there.come(going, span, room)?;
        Ok(Moved {
            here: here.events(),
            there: there.events(),
        })
    }
}
