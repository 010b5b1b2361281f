//! Guests' stays: the commands about them, the reactions that end holds and note no-shows, and the views `stays`,
//! `vacancy`, `days`, `guests` and `occupancy`.

mod any_room;
mod book_room;
mod book_room_type;
mod cancel;
mod change;
mod change_stay;
mod check_in;
mod check_out;
mod confirm;
mod days;
mod erase_guest;
mod expire_hold;
mod expire_holds;
mod guests;
mod hold;
mod hold_room_type;
mod moving;
mod no_show;
mod note_no_shows;
mod occupancy;
mod pin;
mod stays;
mod swap_stays;
mod undo;
mod unpin;
mod upcast;
mod vacancy;

use jetstream_es::{Boundary, Personal, Recorded, Upcaster};
use shared::bookings::{About, BookingEvent, ClientId, RoomLedger};
use shared::rooms::RoomId;
use shared::subjects::{BookingSubject, Stream};

use crate::hotel::SOURCE;

pub use days::Days;
pub use expire_holds::ExpireHolds;
pub use guests::Guests;
pub use note_no_shows::NoteNoShows;
pub use occupancy::Occupancy;
pub use stays::StaysView;
pub use vacancy::Vacancy;

/// What is decided about the nights of each room, in the stream `room-booking`. No night of a room is sold twice,
/// because whoever appends has seen all stays and blocks of the room.
#[derive(Debug)]
pub struct Bookings;

impl Boundary for Bookings {
    type Id = RoomId;
    type Event = BookingEvent;
    type State = RoomLedger;

    const STREAM: &'static str = Stream::RoomBooking.name();
    const SOURCE: &'static str = SOURCE;
    const UPCASTERS: &'static [Upcaster] = upcast::UPCASTERS;

    fn filter(room: &RoomId) -> String {
        BookingSubject::boundary(*room)
    }

    fn subject(event: &BookingEvent) -> String {
        let (room, about) = (event.room().id, event.about());
        BookingSubject { room, about }.to_string()
    }

    fn about(event: &BookingEvent) -> String {
        match event.about() {
            About::Stay(booking) => booking.to_string(),
            About::Block(..) | About::Retirement(_) => event.room().id.to_string(),
        }
    }

    /// The names of guests are sealed. The number of a client says nothing about a person without the name.
    fn personal(event: &BookingEvent) -> Option<Personal> {
        let client = match event {
            BookingEvent::RoomBooked(event) => &event.client,
            BookingEvent::RoomHeld(event) => &event.client,
            BookingEvent::StayMovedIn(event) => &event.client,
            _ => return None,
        };
        client.name.as_ref().map(|_| Personal {
            of: key_of(client.id),
            fields: &["/client/name"],
        })
    }

    fn evolve(ledger: RoomLedger, event: &Recorded<BookingEvent>) -> RoomLedger {
        ledger.evolve(&event.event, event.command())
    }
}

/// What the key of a guest is found by.
fn key_of(client: ClientId) -> String {
    client.to_string()
}
