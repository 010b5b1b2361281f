//! The read model `stays`: a bar of the board.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{Boundary, CodecError, StoredMessage};
use shared::bookings::{BookingEvent, StayKey, StayView};
use shared::subjects::{STAYS, Stream};

use super::Bookings;

/// A value for each stay.
#[derive(Debug)]
pub struct StaysView;

impl Projection for StaysView {
    type Event = BookingEvent;
    type Key = StayKey;
    type Value = StayView;

    const BUCKET: &'static str = STAYS.name();
    const STREAMS: &'static [&'static str] = &[Stream::RoomBooking.name()];

    fn read(_stream: &'static str, message: &StoredMessage) -> Result<BookingEvent, CodecError> {
        Ok(Bookings::decode(message)?.event)
    }

    fn keys(event: &BookingEvent) -> Vec<StayKey> {
        let room = event.room().id;
        let key = |booking| StayKey { room, booking };
        event.booking().map(key).into_iter().collect()
    }

    fn position(stay: &StayView, _stream: &'static str) -> u64 {
        stay.sequence
    }

    fn apply(
        _key: &StayKey,
        stay: Option<StayView>,
        event: &BookingEvent,
        at: Position,
    ) -> Option<StayView> {
        StayView::evolve(stay, event, at.sequence)
    }
}
