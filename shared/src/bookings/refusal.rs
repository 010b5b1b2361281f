//! Why a booking command is refused.

use super::{BookingId, ClientId};
use crate::Date;
use crate::outcome::Refusal;
use crate::rooms::RoomId;
use crate::text::Name;

/// A room is called by what is painted on its door, as the one who reads it knows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    #[error("There is no room {0} in this hotel.")]
    UnknownRoom(RoomId),
    #[error("Room {room} is taken from {from} to {until} by booking {by}.")]
    RoomTaken {
        room: Name,
        by: BookingId,
        from: Date,
        until: Date,
    },
    #[error("Client {client} has no stay in room {room} on {date}.")]
    NoSuchStay {
        room: Name,
        client: ClientId,
        date: Date,
    },
    #[error("Booking {0} is checked in already.")]
    AlreadyCheckedIn(BookingId),
    #[error(
        "Room {room} is not ready: it has to be cleaned since the guest before left on {since}."
    )]
    RoomNotReady { room: Name, since: Date },
}

impl From<BookingRefusal> for Refusal {
    fn from(reason: BookingRefusal) -> Self {
        let (code, field) = match reason {
            BookingRefusal::UnknownRoom(_) => ("unknown-room", "room.id"),
            BookingRefusal::RoomTaken { .. } => ("room-taken", "date"),
            BookingRefusal::NoSuchStay { .. } => ("no-such-stay", "client.id"),
            BookingRefusal::AlreadyCheckedIn(_) => ("already-checked-in", "client.id"),
            BookingRefusal::RoomNotReady { .. } => ("room-not-ready", "room.id"),
        };
        Self::new(code, field, reason.to_string())
    }
}
