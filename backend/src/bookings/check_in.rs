//! The command `checkin`.

use jetstream_es::Cause;
use shared::bookings::CheckIn;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for CheckIn {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        // Not at hand but the newest: a cleanup that has been answered must be seen by the check-in that waited for it.
        let cleanups = hotel.cleanups.newest(&self.room.id, Clone::clone).await?;
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger, &cleanups);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
