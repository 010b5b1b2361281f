//! Rooms being made ready: command cleanup.

mod cleanup;

use jetstream_es::{Boundary, CodecError, NewEvent, Recorded, StoredMessage};
use shared::housekeeping::{CleanupEvent, CleanupLog};
use shared::rooms::RoomId;
use shared::subjects::{CleanupSubject, Stream};

use crate::events::{self, Cause};

/// The cleanups of each room, in the stream `room-cleanup`.
#[derive(Debug)]
pub struct Cleanups;

impl Boundary for Cleanups {
    type Id = RoomId;
    type Event = CleanupEvent;
    type State = CleanupLog;
    type Cause = Cause;

    const STREAM: &'static str = Stream::RoomCleanup.name();

    fn filter(room: &RoomId) -> String {
        CleanupSubject::boundary(*room)
    }

    fn evolve(log: CleanupLog, event: &CleanupEvent) -> CleanupLog {
        log.evolve(event)
    }

    fn command(cause: &Cause) -> &str {
        cause.command.as_str()
    }

    fn encode(event: &CleanupEvent, cause: &Cause) -> Result<NewEvent, CodecError> {
        let CleanupEvent::RoomCleaned(cleaned) = event;
        let (room, date) = (cleaned.room.id, cleaned.date);
        let subject = CleanupSubject { room, date }.to_string();
        events::encode(event, subject, &format!("{room}_{date}"), cause)
    }

    fn decode(message: &StoredMessage) -> Result<Recorded<CleanupEvent>, CodecError> {
        events::decode(message)
    }
}
