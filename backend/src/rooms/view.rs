//! The read model `rooms`: a row of the board. It is fed by all three streams, since it says who was in the room last
//! and when it was cleaned.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, CodecError, Connection, StoredMessage, history};
use shared::bookings::{BookingEvent, GuestCheckedIn};
use shared::housekeeping::{CleanupEvent, RoomCleaned};
use shared::rooms::{RoomAdded, RoomEvent, RoomId, RoomPosition, RoomView};
use shared::subjects::{ROOMS, Stream};

use super::Rooms;
use crate::bookings::Bookings;
use crate::housekeeping::Cleanups;

/// A value for each room.
#[derive(Debug)]
pub struct RoomsView {
    connection: Connection,
}

/// What changes a row.
#[derive(Debug)]
pub enum Change {
    Room(RoomEvent),
    Booking(BookingEvent),
    Cleanup(CleanupEvent),
}

impl RoomsView {
    pub fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
        }
    }
}

impl Projection for RoomsView {
    type Event = Change;
    type Key = RoomId;
    type Value = RoomView;

    const BUCKET: &'static str = ROOMS.name();
    const STREAMS: &'static [&'static str] = &[
        Stream::Room.name(),
        Stream::RoomBooking.name(),
        Stream::RoomCleanup.name(),
    ];

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Ok(match stream {
            Rooms::STREAM => Change::Room(Rooms::decode(message)?.event),
            Bookings::STREAM => Change::Booking(Bookings::decode(message)?.event),
            _ => Change::Cleanup(Cleanups::decode(message)?.event),
        })
    }

    fn keys(change: &Change) -> Vec<RoomId> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => vec![added.room.id],
            Change::Booking(BookingEvent::GuestCheckedIn(checked_in)) => vec![checked_in.room.id],
            // A stay that is only booked leaves no trace in the room.
            Change::Booking(BookingEvent::RoomBooked(_)) => Vec::new(),
            Change::Cleanup(CleanupEvent::RoomCleaned(cleaned)) => vec![cleaned.room.id],
        }
    }

    fn position(room: &RoomView, stream: &'static str) -> u64 {
        match stream {
            Rooms::STREAM => room.position.room,
            Bookings::STREAM => room.position.booking,
            _ => room.position.cleanup,
        }
    }

    fn apply(
        _room: &RoomId,
        view: Option<RoomView>,
        change: &Change,
        at: Position,
    ) -> Option<RoomView> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => Some(row(added, at.sequence)),
            Change::Booking(BookingEvent::GuestCheckedIn(checked_in)) => {
                let mut view = view?;
                view.position.booking = at.sequence;
                let GuestCheckedIn {
                    arrival, nights, ..
                } = checked_in;
                view.occupy(*arrival, *nights);
                Some(view)
            }
            Change::Booking(BookingEvent::RoomBooked(_)) => view,
            Change::Cleanup(CleanupEvent::RoomCleaned(RoomCleaned { date, .. })) => {
                let mut view = view?;
                view.position.cleanup = at.sequence;
                view.clean(*date);
                Some(view)
            }
        }
    }

    async fn before(&self, room: &RoomId) -> Result<Vec<(Position, Change)>, LoadError> {
        let events = history::events::<Rooms>(&self.connection, room).await?;
        let at = |sequence| Position {
            stream: Rooms::STREAM,
            sequence,
        };
        let changes = events
            .into_iter()
            .map(|(sequence, event)| (at(sequence), Change::Room(event.event)));
        Ok(changes.collect())
    }
}

fn row(added: &RoomAdded, sequence: u64) -> RoomView {
    RoomView {
        id: added.room.id,
        name: added.name.clone(),
        room_type: added.room_type.clone(),
        floor: added.floor,
        cleaned: None,
        occupied: None,
        position: RoomPosition {
            room: sequence,
            ..RoomPosition::default()
        },
    }
}
