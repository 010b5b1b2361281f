//! The command `book-room`: a client wants a room for some nights.

use serde::{Deserialize, Serialize};

use super::{BookingEvent, BookingRefusal, Client, Nights, RoomBooked, RoomLedger};
use crate::Date;
use crate::cloud_event::Command;
use crate::rooms::{Room, RoomRef};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookRoom {
    pub room: RoomRef,
    pub client: Client,
    /// The day of arrival.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
}

impl Command for BookRoom {
    const NAME: &'static str = "book-room";
    const TYPE: &'static str = "vacancy.booking.book-room.v1";
}

impl BookRoom {
    /// # Errors
    /// When the room is not there, or one of the nights is taken.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let Some(room) = room else {
            return Err(BookingRefusal::UnknownRoom(self.room.id));
        };
        if let Some(stay) = ledger.conflict(self.date, self.nights) {
            return Err(BookingRefusal::RoomTaken {
                room: room.name.clone(),
                by: stay.booking(),
                from: stay.arrival,
                until: stay.departure(),
            });
        }
        Ok(vec![BookingEvent::RoomBooked(RoomBooked {
            room: self.room,
            room_type: room.room_type.clone(),
            client: self.client.clone(),
            arrival: self.date,
            nights: self.nights,
        })])
    }
}
