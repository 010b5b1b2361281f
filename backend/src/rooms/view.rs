//! The read model `rooms`: a row of the board. It is fed by all three streams, since it says who was in the room last
//! and when it was cleaned.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::repository::LoadError;
use jetstream_es::{CodecError, Connection, StoredMessage};
use shared::rooms::{RoomEvent, RoomId, RoomView, Trace};
use shared::subjects::ROOMS;

use super::change::{self, Change};

/// A value for each room.
#[derive(Debug)]
pub struct RoomsView {
    connection: Connection,
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
    const STREAMS: &'static [&'static str] = change::STREAMS;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Change::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<RoomId> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => vec![added.room.id],
            Change::Booking(event) => {
                let room = event.room().id;
                Trace::of(event).map(|_| room).into_iter().collect()
            }
            Change::Cleanup(event) => vec![event.room()],
        }
    }

    fn position(room: &RoomView, stream: &'static str) -> u64 {
        change::position(&room.position, stream)
    }

    fn apply(
        _room: &RoomId,
        view: Option<RoomView>,
        change: &Change,
        at: Position,
    ) -> Option<RoomView> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => Some(RoomView::new(added, at.sequence)),
            Change::Booking(event) => Some(view?.after_booking(event, at.sequence)),
            Change::Cleanup(event) => Some(view?.after_cleanup(event, at.sequence)),
        }
    }

    async fn before(&self, room: &RoomId) -> Result<Vec<(Position, Change)>, LoadError> {
        Change::before(&self.connection, *room).await
    }
}
