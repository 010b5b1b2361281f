//! The command `expire-hold`.

use jetstream_es::Cause;
use shared::bookings::ExpireHold;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for ExpireHold {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
