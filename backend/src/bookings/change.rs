//! What changes the read models that count rooms by night.

use jetstream_es::{Boundary, CodecError, StoredMessage};
use shared::bookings::{BookingEvent, Inventory};
use shared::rooms::RoomEvent;
use shared::subjects::Stream;

use super::Bookings;
use crate::rooms::Rooms;

/// An event of one of the [`STREAMS`].
#[derive(Debug)]
pub enum Change {
    Room(RoomEvent),
    Booking(BookingEvent),
}

/// How far `stream` has been read into a value that says how many rooms there are.
pub(super) fn position(inventory: &Inventory, stream: &'static str) -> u64 {
    if stream == Rooms::STREAM {
        inventory.sequence
    } else {
        inventory.booking
    }
}

/// The streams of these read models.
pub(super) const STREAMS: &[&str] = &[Stream::Room.name(), Stream::RoomBooking.name()];

impl Change {
    /// The event of a message.
    pub(super) fn read(stream: &'static str, message: &StoredMessage) -> Result<Self, CodecError> {
        Ok(if stream == Rooms::STREAM {
            Self::Room(Rooms::decode(message)?.event)
        } else {
            Self::Booking(Bookings::decode(message)?.event)
        })
    }
}
