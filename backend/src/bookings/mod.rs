//! Guests' stays: commands book-room and checkin, views `stays` and `vacancy`.

mod book_room;
mod check_in;
mod stays;
mod vacancy;

use jetstream_es::{Boundary, CodecError, NewEvent, Recorded, StoredMessage};
use shared::bookings::{BookingEvent, RoomLedger};
use shared::rooms::RoomId;
use shared::subjects::{BookingSubject, Stream};

use crate::events::{self, Cause};

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
    type Cause = Cause;

    const STREAM: &'static str = Stream::RoomBooking.name();

    fn filter(room: &RoomId) -> String {
        BookingSubject::boundary(*room)
    }

    fn evolve(ledger: RoomLedger, event: &BookingEvent) -> RoomLedger {
        ledger.evolve(event)
    }

    fn command(cause: &Cause) -> &str {
        cause.command.as_str()
    }

    fn encode(event: &BookingEvent, cause: &Cause) -> Result<NewEvent, CodecError> {
        let booking = event.booking();
        let room = event.room().id;
        let subject = BookingSubject { room, booking }.to_string();
        events::encode(event, subject, &booking.to_string(), cause)
    }

    fn decode(message: &StoredMessage) -> Result<Recorded<BookingEvent>, CodecError> {
        events::decode(message)
    }
}
