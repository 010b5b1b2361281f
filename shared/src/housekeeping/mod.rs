//! Rooms being made ready.

mod cleanup;
mod event;
mod state;
mod status;

pub use cleanup::{Cleanup, NoSuchRoom};
pub use event::{CleanupEvent, RoomCleaned};
pub use state::CleanupLog;
pub use status::{Housekeeping, Occupancy};
