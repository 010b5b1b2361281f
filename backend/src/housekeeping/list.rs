//! The read model `housekeeping`: what there is to do. It is fed by all three streams.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::repository::LoadError;
use jetstream_es::{CodecError, Connection, StoredMessage};
use shared::housekeeping::HousekeepingView;
use shared::rooms::{RoomEvent, RoomId, Trace};
use shared::subjects::HOUSEKEEPING;

use crate::rooms::change::{self, Change};

/// A value for each room.
#[derive(Debug)]
pub struct HousekeepingList {
    connection: Connection,
}

impl HousekeepingList {
    pub fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
        }
    }
}

impl Projection for HousekeepingList {
    type Event = Change;
    type Key = RoomId;
    type Value = HousekeepingView;

    const BUCKET: &'static str = HOUSEKEEPING.name();
    const STREAMS: &'static [&'static str] = change::STREAMS;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Change::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<RoomId> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => vec![added.room.id],
            Change::Booking(event) => {
                let room = event.room().id;
                let trace = Trace::of(event).filter(|trace| *trace != Trace::Blocked);
                trace.map(|_| room).into_iter().collect()
            }
            Change::Cleanup(event) => vec![event.room()],
        }
    }

    fn position(room: &HousekeepingView, stream: &'static str) -> u64 {
        change::position(&room.position, stream)
    }

    fn apply(
        _room: &RoomId,
        view: Option<HousekeepingView>,
        change: &Change,
        at: Position,
    ) -> Option<HousekeepingView> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => {
                Some(HousekeepingView::new(added, at.sequence))
            }
            Change::Booking(event) => Some(view?.after_booking(event, at.sequence)),
            Change::Cleanup(event) => Some(view?.after_cleanup(event, at.sequence)),
        }
    }

    async fn before(&self, room: &RoomId) -> Result<Vec<(Position, Change)>, LoadError> {
        Change::before(&self.connection, *room).await
    }
}
