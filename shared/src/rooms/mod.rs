//! The rooms of the hotel.
//!
//! That there is a room is in the stream `room`. Whatever blocks its nights, retirement included, is decided under the
//! same boundary as its stays, so that no race sells a night that is blocked: those events are
//! [`BookingEvent`](crate::bookings::BookingEvent)s.

mod add_room;
mod back_in_order;
mod back_in_service;
mod block;
mod event;
mod out_of_order;
mod out_of_service;
mod retire_room;
mod state;
mod view;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

pub use add_room::{AddRoom, RoomExists};
pub use back_in_order::BackInOrder;
pub use back_in_service::BackInService;
pub use block::{Block, BlockKind};
pub use event::{RoomAdded, RoomEvent};
pub use out_of_order::OutOfOrder;
pub use out_of_service::OutOfService;
pub use retire_room::RetireRoom;
pub use state::Room;
pub use view::{RoomPosition, RoomView, Trace};

use crate::text::{Token, TokenError};
use crate::whole;

/// A room's number in the books, from 1. What is painted on its door is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "u32")]
pub struct RoomId(NonZeroU32);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a room's id is a whole number from {min} to {max}", min = RoomId::MIN, max = RoomId::MAX)]
pub struct RoomIdError;

impl RoomId {
    /// The smallest one.
    pub const MIN: Self = Self(NonZeroU32::MIN);
    pub const MAX: u32 = u32::MAX;

    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl<'de> Deserialize<'de> for RoomId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole::deserialize(deserializer)
    }
}

impl TryFrom<i64> for RoomId {
    type Error = RoomIdError;

    fn try_from(id: i64) -> Result<Self, RoomIdError> {
        u32::try_from(id)
            .ok()
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or(RoomIdError)
    }
}

impl From<RoomId> for u32 {
    fn from(id: RoomId) -> Self {
        id.get()
    }
}

impl FromStr for RoomId {
    type Err = RoomIdError;

    fn from_str(text: &str) -> Result<Self, RoomIdError> {
        text.parse::<i64>().map_err(|_| RoomIdError)?.try_into()
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A room as a part of a command or an event: `{"id":1}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoomRef {
    pub id: RoomId,
}

impl From<RoomId> for RoomRef {
    fn from(id: RoomId) -> Self {
        Self { id }
    }
}

/// A category that rooms are sold by, as a token: `standard`, `junior-suite`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RoomType(Token);

impl RoomType {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for RoomType {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for RoomType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
