//! The command `add-room`.

use jetstream_es::Cause;
use shared::outcome::Refusal;
use shared::rooms::AddRoom;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for AddRoom {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: &Option<_>| self.decide(room.as_ref()).map_err(Refusal::from);
        let decided = hotel.rooms.execute(&self.room.id, cause, decide).await;
        let decided = decided.map_err(NotDone::from_execution)?;
        Ok(Done::of_room(decided, &self.event()))
    }
}
