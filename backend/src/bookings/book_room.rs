//! The command `book-room`.

use jetstream_es::Cause;
use shared::bookings::BookRoom;
use shared::outcome::EventPointer;

use super::Bookings;
use crate::hotel::{Handle, Hotel, NotDone, pointer};
use crate::rooms;

impl Handle for BookRoom {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<EventPointer, NotDone> {
        let room = rooms::find(&hotel.rooms, self.room.id).await?;
        let decide = |ledger: &_| self.decide(room.as_ref(), ledger);
        let decided = hotel.bookings.execute(&self.room.id, cause, decide).await;
        decided
            .map(pointer::<Bookings>)
            .map_err(NotDone::from_execution)
    }
}
