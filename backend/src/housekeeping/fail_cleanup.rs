//! The command `fail-cleanup`.

use jetstream_es::Cause;
use shared::housekeeping::FailCleanup;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for FailCleanup {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: Option<&_>, _: &_| self.decide(room);
        hotel.decide_on_cleanups(self.room, cause, decide).await
    }
}
