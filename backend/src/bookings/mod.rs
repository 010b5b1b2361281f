//! Guests' stays: commands book-room and checkin, views `stays` and `vacancy`.

mod book_room;
mod check_in;
mod stays;
mod vacancy;

use jetstream_es::{Boundary, Recorded};
use shared::bookings::{BookingEvent, RoomLedger};
use shared::rooms::RoomId;
use shared::subjects::{BookingSubject, Stream};

use crate::hotel::SOURCE;

pub use stays::StaysView;
pub use vacancy::Vacancy;

/// The stays in each room, in the stream `room-booking`. No night of a room is sold twice, because whoever appends has
/// seen all stays of the room.
#[derive(Debug)]
pub struct Bookings;

impl Boundary for Bookings {
    type Id = RoomId;
    type Event = BookingEvent;
    type State = RoomLedger;

    const STREAM: &'static str = Stream::RoomBooking.name();
    const SOURCE: &'static str = SOURCE;

    fn filter(room: &RoomId) -> String {
        BookingSubject::boundary(*room)
    }

    fn subject(event: &BookingEvent) -> String {
        let (room, booking) = (event.room().id, event.booking());
        BookingSubject { room, booking }.to_string()
    }

    fn about(event: &BookingEvent) -> String {
        event.booking().to_string()
    }

    fn evolve(ledger: RoomLedger, event: &Recorded<BookingEvent>) -> RoomLedger {
        ledger.evolve(&event.event)
    }
}
