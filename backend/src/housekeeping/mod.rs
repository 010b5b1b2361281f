//! Rooms being made ready: the commands about that, the reactions that ask for it, and the view `housekeeping`.

mod ask_again;
mod ask_for_cleaning;
mod cleanup;
mod fail_cleanup;
mod inspect;
mod list;
mod request_cleanup;

use jetstream_es::{Boundary, Recorded};
use shared::housekeeping::{CleanupEvent, CleanupLog};
use shared::rooms::RoomId;
use shared::subjects::{CleanupSubject, Stream};

use crate::hotel::SOURCE;

pub use ask_again::AskAgain;
pub use ask_for_cleaning::AskForCleaning;
pub use list::HousekeepingList;

/// The cleanups of each room, in the stream `room-cleanup`.
#[derive(Debug)]
pub struct Cleanups;

impl Boundary for Cleanups {
    type Id = RoomId;
    type Event = CleanupEvent;
    type State = CleanupLog;

    const STREAM: &'static str = Stream::RoomCleanup.name();
    const SOURCE: &'static str = SOURCE;

    fn filter(room: &RoomId) -> String {
        CleanupSubject::boundary(*room)
    }

    fn subject(event: &CleanupEvent) -> String {
        let (room, date) = (event.room(), event.date());
        CleanupSubject { room, date }.to_string()
    }

    fn about(event: &CleanupEvent) -> String {
        format!("{}_{}", event.room(), event.date())
    }

    fn evolve(log: CleanupLog, event: &Recorded<CleanupEvent>) -> CleanupLog {
        log.evolve(&event.event)
    }
}
