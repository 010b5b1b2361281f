//! The command `add-room`.

use jetstream_es::Cause;
use shared::outcome::{EventPointer, Refusal};
use shared::rooms::AddRoom;

use super::Rooms;
use crate::hotel::{Handle, Hotel, NotDone, pointer};

impl Handle for AddRoom {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<EventPointer, NotDone> {
        let decide = |room: &Option<_>| self.decide(room.as_ref()).map_err(Refusal::from);
        let decided = hotel.rooms.execute(&self.room.id, cause, decide).await;
        decided
            .map(pointer::<Rooms>)
            .map_err(NotDone::from_execution)
    }
}
