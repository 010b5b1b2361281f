//! The command `hold-room-type`: a client wants a room of a type, whichever it is, and decides within some minutes.

use serde::{Deserialize, Serialize};

use super::{Client, Hold, HoldMinutes, Nights, Span};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{RoomRef, RoomType};

/// A client wants a room of a type for some nights, whichever it is, and decides within some minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HoldRoomType {
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub client: Client,
    /// The day of arrival.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
    /// How long the room is held.
    #[serde(default)]
    pub minutes: HoldMinutes,
}

impl Command for HoldRoomType {
    const NAME: &'static str = "hold-room-type";
    const TYPE: &'static str = "vacancy.booking.hold-room-type.v1";
    const SENDERS: &'static [Account] = &[
        Account::Manager,
        Account::FrontDesk,
        Account::Channel,
        Account::Guest,
    ];
}

impl HoldRoomType {
    /// The nights that are wanted.
    pub fn span(&self) -> Span {
        Span::new(self.date, self.nights)
    }

    /// What it comes to in one of the rooms.
    pub fn in_room(&self, room: RoomRef) -> Hold {
        Hold {
            room,
            client: self.client.clone(),
            date: self.date,
            nights: self.nights,
            minutes: self.minutes,
        }
    }
}
