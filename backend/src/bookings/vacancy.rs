//! The read model `vacancy`: how many rooms of a type there are, and how many are taken on each night. Public.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{CodecError, StoredMessage};
use shared::bookings::{VacancyKey, VacancyView};
use shared::rooms::RoomEvent;
use shared::subjects::VACANCY;

use super::change::{self, Change, STREAMS};

/// A value for each room type, and one for each of its nights that was ever taken.
#[derive(Debug)]
pub struct Vacancy;

impl Projection for Vacancy {
    type Event = Change;
    type Key = VacancyKey;
    type Value = VacancyView;

    const BUCKET: &'static str = VACANCY.name();
    const STREAMS: &'static [&'static str] = STREAMS;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Change::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<VacancyKey> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => {
                vec![VacancyKey::Type(added.room_type.clone())]
            }
            Change::Booking(event) => VacancyKey::of(event),
        }
    }

    fn position(value: &VacancyView, stream: &'static str) -> u64 {
        match value {
            VacancyView::Type(of_type) => change::position(of_type, stream),
            // It is fed by `room-booking` alone.
            VacancyView::Night { sequence, .. } => *sequence,
        }
    }

    fn apply(
        key: &VacancyKey,
        value: Option<VacancyView>,
        change: &Change,
        at: Position,
    ) -> Option<VacancyView> {
        Some(match change {
            Change::Room(event) => VacancyView::after_room(value, event, at.sequence),
            Change::Booking(event) => VacancyView::after_booking(key, value, event, at.sequence),
        })
    }
}
