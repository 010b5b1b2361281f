//! The command `inspect`.

use jetstream_es::Cause;
use shared::bookings::RoomLedger;
use shared::housekeeping::Inspect;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for Inspect {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let bookings = &hotel.bookings;
        let occupied = bookings.newest(&self.room.id, RoomLedger::occupied).await?;
        let decide = |room: Option<&_>, log: &_| self.decide(room, log, occupied);
        hotel.decide_on_cleanups(self.room, cause, decide).await
    }
}
