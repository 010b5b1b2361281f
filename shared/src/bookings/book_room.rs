//! The command `book-room`: a client wants a room for some nights.

use serde::{Deserialize, Serialize};

use super::rules::{free_for, known};
use super::{BookingEvent, BookingRefusal, Client, Nights, RoomBooked, RoomLedger, Span};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A client wants a room for some nights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BookRoom {
    pub room: RoomRef,
    pub client: Client,
    /// The day of arrival.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
    /// Whether the guest is to have this very room. When left out the stay floats: it may be moved to make space.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

impl Command for BookRoom {
    const NAME: &'static str = "book-room";
    const TYPE: &'static str = "vacancy.booking.book-room.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk, Account::Channel];
}

impl BookRoom {
    /// # Errors
    /// When the room is not there, or one of the nights cannot be had.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let span = Span::new(self.date, self.nights);
        free_for(room, ledger, &self.client, span)?;
        Ok(vec![BookingEvent::RoomBooked(RoomBooked {
            room: self.room,
            room_type: room.room_type.clone(),
            client: self.client.clone(),
            arrival: self.date,
            nights: self.nights,
            pinned: self.pinned,
        })])
    }
}
