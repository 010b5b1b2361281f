//! The read model `days`: who arrives, who leaves and who is in the house on a day.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{Boundary, CodecError, StoredMessage};
use shared::bookings::{BookingEvent, DayKey, DayView};
use shared::subjects::{DAYS, Stream};

use super::Bookings;

/// A value for each stay on each of its days.
#[derive(Debug)]
pub struct Days;

impl Projection for Days {
    type Event = BookingEvent;
    type Key = DayKey;
    type Value = DayView;

    const BUCKET: &'static str = DAYS.name();
    const STREAMS: &'static [&'static str] = &[Stream::RoomBooking.name()];

    fn read(_stream: &'static str, message: &StoredMessage) -> Result<BookingEvent, CodecError> {
        Ok(Bookings::decode(message)?.event)
    }

    fn keys(event: &BookingEvent) -> Vec<DayKey> {
        DayKey::of(event)
    }

    fn position(value: &DayView, _stream: &'static str) -> u64 {
        value.sequence
    }

    fn apply(
        _key: &DayKey,
        _value: Option<DayView>,
        event: &BookingEvent,
        at: Position,
    ) -> Option<DayView> {
        DayView::after(event, at.sequence)
    }
}
