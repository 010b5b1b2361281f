//! The command `book-room-type`: a client wants a room of a type for some nights, whichever it is.

use serde::{Deserialize, Serialize};

use super::{BookRoom, Client, Nights, Span};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{RoomRef, RoomType};

/// A client wants a room of a type for some nights, whichever it is. The hotel pencils the stay into one of them at once, and
/// may move it to make space until it is pinned or the guest has checked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BookRoomType {
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub client: Client,
    /// The day of arrival.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
}

impl Command for BookRoomType {
    const NAME: &'static str = "book-room-type";
    const TYPE: &'static str = "vacancy.booking.book-room-type.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk, Account::Channel];
}

impl BookRoomType {
    /// The nights that are wanted.
    pub fn span(&self) -> Span {
        Span::new(self.date, self.nights)
    }

    /// What it comes to in one of the rooms.
    pub fn in_room(&self, room: RoomRef) -> BookRoom {
        BookRoom {
            room,
            client: self.client.clone(),
            date: self.date,
            nights: self.nights,
            pinned: false,
        }
    }
}
