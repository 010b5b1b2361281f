//! The read model `vacancy`: how many rooms of a type there are, and how many are taken on each night. Public.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{Boundary, CodecError, StoredMessage};
use shared::bookings::{BookingEvent, VacancyKey, VacancyView};
use shared::rooms::RoomEvent;
use shared::subjects::{Stream, VACANCY};

use super::Bookings;
use crate::rooms::Rooms;

/// A value for each room type, and one for each of its nights that was ever taken.
#[derive(Debug)]
pub struct Vacancy;

/// What changes vacancy.
#[derive(Debug)]
pub enum Change {
    Room(RoomEvent),
    Booking(BookingEvent),
}

impl Projection for Vacancy {
    type Event = Change;
    type Key = VacancyKey;
    type Value = VacancyView;

    const BUCKET: &'static str = VACANCY.name();
    const STREAMS: &'static [&'static str] = &[Stream::Room.name(), Stream::RoomBooking.name()];

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Ok(if stream == Stream::Room.name() {
            Change::Room(Rooms::decode(message)?.event)
        } else {
            Change::Booking(Bookings::decode(message)?.event)
        })
    }

    fn keys(change: &Change) -> Vec<VacancyKey> {
        match change {
            Change::Room(RoomEvent::RoomAdded(added)) => {
                vec![VacancyKey::Type(added.room_type.clone())]
            }
            Change::Booking(BookingEvent::RoomBooked(booked)) => (0..booked.nights.get())
                .map(|night| booked.arrival.plus_days(i32::from(night)))
                .map(|date| VacancyKey::Night(booked.room_type.clone(), date))
                .collect(),
            Change::Booking(BookingEvent::GuestCheckedIn(_)) => Vec::new(),
        }
    }

    fn position(value: &VacancyView, _stream: &'static str) -> u64 {
        // A type's value is fed by the stream `room` alone, a night's by `room-booking` alone.
        match value {
            VacancyView::Type { sequence, .. } | VacancyView::Night { sequence, .. } => *sequence,
        }
    }

    fn apply(
        key: &VacancyKey,
        value: Option<VacancyView>,
        _change: &Change,
        at: Position,
    ) -> Option<VacancyView> {
        let sequence = at.sequence;
        let before = match value {
            Some(VacancyView::Type { rooms: count, .. }) => count,
            Some(VacancyView::Night { taken: count, .. }) => count,
            None => 0,
        };
        Some(match key {
            VacancyKey::Type(_) => VacancyView::Type {
                rooms: before + 1,
                sequence,
            },
            VacancyKey::Night(..) => VacancyView::Night {
                taken: before + 1,
                sequence,
            },
        })
    }
}
