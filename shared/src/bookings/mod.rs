//! Guests' stays in rooms.
//!
//! The consistency boundary is the room: whoever decides about a night sees all stays, holds and blocks of its room, and
//! no night of a room is sold twice.
//!
//! A booking's id is its client and the day of arrival *as it was first booked*; it keeps it when its dates change. A
//! stay that was cancelled, has expired or went to another room leaves its id free for a new one.
//!
//! ```text
//! book_room, book_room_type, hold, hold_room_type, confirm, expire_hold, cancel, change_stay, swap_stays, pin, unpin, check_in, check_out, no_show, undo, erase_guest   commands
//! event      what happened; effect: what that does to the nights of the house
//! stay       a stay and its life; ledger: all that is decided about the nights of a room
//! next       what the one who asked can do when it is done
//! moving     how a stay goes to another room
//! choice     which room of a type a stay is pencilled into
//! rules      what several commands ask of a room; refusal: why one is refused
//! stays, vacancy, days, guests, occupancy   read models
//! ```

mod book_room;
mod book_room_type;
mod cancel;
mod change_stay;
mod check_in;
mod check_out;
mod choice;
mod confirm;
mod days;
mod effect;
mod erase_guest;
mod event;
mod expire_hold;
mod guests;
mod hold;
mod hold_room_type;
mod ids;
mod inventory;
mod ledger;
mod moving;
mod next;
mod nights;
mod no_show;
mod occupancy;
mod pin;
mod refusal;
mod rules;
mod stay;
mod stays;
mod swap_stays;
mod undo;
mod unpin;
mod vacancy;
mod view_key;

pub use book_room::BookRoom;
pub use book_room_type::BookRoomType;
pub use cancel::Cancel;
pub use change_stay::ChangeStay;
pub use check_in::CheckIn;
pub use check_out::CheckOut;
pub use choice::{Fit, no_room_for};
pub use confirm::Confirm;
pub use days::{DayKey, DayView, Part};
pub use effect::{NightChange, StayEffect};
pub use erase_guest::EraseGuest;
pub use event::{
    About, BookingEvent, ChangeUndone, GuestCheckedIn, RoomBlocked, RoomBooked, RoomHeld,
    RoomReleased, RoomRetired, StayChanged, StayFacts, StayMovedIn, StayMovedOut, StayShortened,
    StayState, Undone, UndoneBlock, UndoneStay,
};
pub use expire_hold::ExpireHold;
pub use guests::{GuestKey, GuestView};
pub use hold::{Hold, HoldMinutes, HoldMinutesError};
pub use hold_room_type::HoldRoomType;
pub use ids::{BookingId, BookingIdError, Client, ClientId, ClientIdError, ClientRef};
pub use inventory::{Inventory, Retired};
pub use ledger::{Change, LastChange, Obstacle, RoomLedger};
pub use moving::{Moved, Side};
pub use nights::{Nights, NightsError, Span};
pub use no_show::NoShow;
pub use occupancy::{OccupancyKey, OccupancyView};
pub use pin::Pin;
pub use refusal::BookingRefusal;
pub(crate) use rules::known;
pub use stay::{Stay, StayStatus};
pub use stays::{StayKey, StayView};
pub use swap_stays::SwapStays;
pub use undo::Undo;
pub use unpin::Unpin;
pub use vacancy::{VacancyKey, VacancyView};
pub use view_key::ViewKeyError;
