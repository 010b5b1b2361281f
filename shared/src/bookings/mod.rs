//! Guests' stays in rooms.
//!
//! The consistency boundary is the room: whoever decides about a stay sees all stays of its room, and no night of a
//! room is sold twice.

mod book_room;
mod check_in;
mod event;
mod ids;
mod nights;
mod refusal;
mod state;
mod view;

pub use book_room::BookRoom;
pub use check_in::CheckIn;
pub use event::{BookingEvent, GuestCheckedIn, RoomBooked};
pub use ids::{BookingId, BookingIdError, Client, ClientId, ClientIdError, ClientRef};
pub use nights::{Nights, NightsError};
pub use refusal::BookingRefusal;
pub use state::{RoomLedger, Stay, StayStatus};
pub use view::{StayKey, StayView, VacancyKey, VacancyView, ViewKeyError};
