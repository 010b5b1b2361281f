//! The command `cleanup`.

use jetstream_es::Cause;
use shared::housekeeping::Cleanup;
use shared::outcome::EventPointer;

use super::Cleanups;
use crate::hotel::{Handle, Hotel, NotDone, pointer};
use crate::rooms;

impl Handle for Cleanup {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<EventPointer, NotDone> {
        let room = rooms::find(&hotel.rooms, self.room.id).await?;
        let decide = |log: &_| self.decide(room.as_ref(), log);
        let decided = hotel.cleanups.execute(&self.room.id, cause, decide).await;
        decided
            .map(pointer::<Cleanups>)
            .map_err(NotDone::from_execution)
    }
}
