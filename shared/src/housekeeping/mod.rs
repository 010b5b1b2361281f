//! Rooms being made ready.
//!
//! Whether a room is dirty is a matter of the dates of stays and cleanups; besides, somebody may be asked to clean it, and
//! a cleaning may fail. Those are told by the room's own events, in one order.

mod cleanup;
mod event;
mod fail_cleanup;
mod inspect;
mod next;
mod refusal;
mod request_cleanup;
mod state;
mod status;
mod view;

pub use cleanup::Cleanup;
pub use event::{CleaningFailed, CleanupEvent, OfRoom};
pub use fail_cleanup::FailCleanup;
pub use inspect::Inspect;
pub use refusal::CleanupRefusal;
pub use request_cleanup::RequestCleanup;
pub use state::{CleanupLog, FailedCleanup, Open};
pub use status::Housekeeping;
pub use view::HousekeepingView;
