//! The read model `occupancy`: how many rooms the hotel has, and what has become of them on each night.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{CodecError, StoredMessage};
use shared::bookings::{OccupancyKey, OccupancyView};
use shared::rooms::RoomEvent;
use shared::subjects::OCCUPANCY;

use super::change::{self, Change, STREAMS};

/// A value for the house, and one for each night on which something was ever taken.
#[derive(Debug)]
pub struct Occupancy;

impl Projection for Occupancy {
    type Event = Change;
    type Key = OccupancyKey;
    type Value = OccupancyView;

    const BUCKET: &'static str = OCCUPANCY.name();
    const STREAMS: &'static [&'static str] = STREAMS;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Change::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<OccupancyKey> {
        match change {
            Change::Room(RoomEvent::RoomAdded(_)) => vec![OccupancyKey::House],
            Change::Booking(event) => OccupancyKey::of(event),
        }
    }

    fn position(value: &OccupancyView, stream: &'static str) -> u64 {
        match value {
            OccupancyView::House(house) => change::position(house, stream),
            // It is fed by `room-booking` alone.
            OccupancyView::Night { sequence, .. } => *sequence,
        }
    }

    fn apply(
        key: &OccupancyKey,
        value: Option<OccupancyView>,
        change: &Change,
        at: Position,
    ) -> Option<OccupancyView> {
        Some(match change {
            Change::Room(event) => OccupancyView::after_room(value, event, at.sequence),
            Change::Booking(event) => OccupancyView::after_booking(*key, value, event, at.sequence),
        })
    }
}
