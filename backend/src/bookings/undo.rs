//! The command `undo`.

use jetstream_es::Cause;
use shared::bookings::Undo;

use crate::clock;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for Undo {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let now = clock::timestamp(cause.time);
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger, now);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
