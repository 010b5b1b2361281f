//! Rooms being made ready: command cleanup.

mod cleanup;

use jetstream_es::{Boundary, Recorded};
use shared::housekeeping::{CleanupEvent, CleanupLog};
use shared::rooms::RoomId;
use shared::subjects::{CleanupSubject, Stream};

use crate::hotel::SOURCE;

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
        let CleanupEvent::RoomCleaned(cleaned) = event;
        let (room, date) = (cleaned.room.id, cleaned.date);
        CleanupSubject { room, date }.to_string()
    }

    fn about(event: &CleanupEvent) -> String {
        let CleanupEvent::RoomCleaned(cleaned) = event;
        format!("{}_{}", cleaned.room.id, cleaned.date)
    }

    fn evolve(log: CleanupLog, event: &Recorded<CleanupEvent>) -> CleanupLog {
        log.evolve(&event.event)
    }
}
