//! The command `checkout`.

use jetstream_es::Cause;
use shared::bookings::CheckOut;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for CheckOut {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
