//! What changes the read models that have a value for each room: they are fed by all three streams.

use jetstream_es::projection::Position;
use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, CodecError, Connection, StoredMessage};
use shared::bookings::BookingEvent;
use shared::housekeeping::CleanupEvent;
use shared::rooms::{RoomEvent, RoomId, RoomPosition};
use shared::subjects::Stream;

use super::Rooms;
use crate::bookings::Bookings;
use crate::housekeeping::Cleanups;

/// An event of one of the [`STREAMS`].
#[derive(Debug)]
pub enum Change {
    Room(RoomEvent),
    Booking(BookingEvent),
    Cleanup(CleanupEvent),
}

/// The streams of these read models.
pub(crate) const STREAMS: &[&str] = &[
    Stream::Room.name(),
    Stream::RoomBooking.name(),
    Stream::RoomCleanup.name(),
];

impl Change {
    /// The event of a message.
    ///
    /// # Errors
    /// When the message is no event of the stream.
    pub(crate) fn read(stream: &'static str, message: &StoredMessage) -> Result<Self, CodecError> {
        Ok(match stream {
            Rooms::STREAM => Self::Room(Rooms::decode(message)?.event),
            Bookings::STREAM => Self::Booking(Bookings::decode(message)?.event),
            _ => Self::Cleanup(Cleanups::decode(message)?.event),
        })
    }

    /// What comes before all other changes of a room.
    ///
    /// # Errors
    /// When the events cannot be read.
    pub(crate) async fn before(
        connection: &Connection,
        room: RoomId,
    ) -> Result<Vec<(Position, Self)>, LoadError> {
        let added = super::added(connection, room).await?.into_iter();
        Ok(added.map(|(at, event)| (at, Self::Room(event))).collect())
    }
}

/// How far a value has come in a stream.
pub(crate) fn position(position: &RoomPosition, stream: &'static str) -> u64 {
    match stream {
        Rooms::STREAM => position.room,
        Bookings::STREAM => position.booking,
        _ => position.cleanup,
    }
}
