//! The command `checkin`.

use jetstream_es::Cause;
use shared::bookings::CheckIn;
use shared::outcome::EventPointer;

use super::Bookings;
use crate::hotel::{Handle, Hotel, NotDone, pointer};
use crate::rooms;

impl Handle for CheckIn {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<EventPointer, NotDone> {
        let room = rooms::find(&hotel.rooms, self.room.id).await?;
        // Not at hand but the newest: a cleanup that has been answered must be seen by the check-in that waited for it.
        let cleanups = hotel.cleanups.newest(&self.room.id, Clone::clone).await?;
        let decide = |ledger: &_| self.decide(room.as_ref(), ledger, &cleanups);
        let decided = hotel.bookings.execute(&self.room.id, cause, decide).await;
        decided
            .map(pointer::<Bookings>)
            .map_err(NotDone::from_execution)
    }
}
