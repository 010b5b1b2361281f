//! What the browser and the backend agree on: the hotel's data types, and its rules as pure functions.
//!
//! ```text
//! rooms/         a room of the hotel, and what blocks it; view `rooms`
//! bookings/      stays of guests in a room; views `stays`, `vacancy`, `days`, `guests`, `occupancy`
//! housekeeping/  rooms being made ready; view `housekeeping`
//! staff/         who works in the hotel; view `staff`
//! cloud_event    the envelope of every command and every event
//! subjects       every NATS subject, stream and bucket there is, as types
//! outcome        the answer to a command
//! presence       who looks at which stay
//! identity       accounts, users, actors: who asked
//! hotel_name     what a hotel is called where one server has several
//! date, timestamp, text    small values that validate themselves
//! schema         what JSON Schema says of them (feature `schema`)
//! ```
//!
//! A flow's folder holds a file per command (its data, and `decide`), `event.rs` (the names of events are the storage
//! format), the fold of the state (`evolve`), `refusal.rs`, and a file per read model with its own fold.
//!
//! There is no I/O here, no clock and no async: time comes in as data, and every function can be called as well in a
//! test as in a browser.

pub mod bookings;
pub mod cloud_event;
pub mod date;
pub mod hotel_name;
pub mod housekeeping;
pub mod identity;
mod missing;
pub mod outcome;
pub mod presence;
pub mod rooms;
#[cfg(feature = "schema")]
mod schema;
pub mod staff;
pub mod subjects;
pub mod text;
pub mod timestamp;
mod whole;

pub use date::Date;
pub use hotel_name::HotelName;
pub use timestamp::Timestamp;
