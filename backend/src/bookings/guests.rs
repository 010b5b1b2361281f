//! The read model `guests`: all stays of a guest.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{Boundary, CodecError, StoredMessage};
use shared::bookings::{BookingEvent, GuestKey, GuestView};
use shared::subjects::{GUESTS, Stream};

use super::Bookings;

/// A value for each stay, found by its guest.
#[derive(Debug)]
pub struct Guests;

impl Projection for Guests {
    type Event = BookingEvent;
    type Key = GuestKey;
    type Value = GuestView;

    const BUCKET: &'static str = GUESTS.name();
    const STREAMS: &'static [&'static str] = &[Stream::RoomBooking.name()];

    fn read(_stream: &'static str, message: &StoredMessage) -> Result<BookingEvent, CodecError> {
        Ok(Bookings::decode(message)?.event)
    }

    fn keys(event: &BookingEvent) -> Vec<GuestKey> {
        GuestKey::of(event).into_iter().collect()
    }

    fn position(value: &GuestView, _stream: &'static str) -> u64 {
        value.sequence
    }

    fn apply(
        _key: &GuestKey,
        _value: Option<GuestView>,
        event: &BookingEvent,
        at: Position,
    ) -> Option<GuestView> {
        GuestView::after(event, at.sequence)
    }
}
