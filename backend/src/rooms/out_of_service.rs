//! The command `out-of-service`.

use jetstream_es::Cause;
use shared::rooms::OutOfService;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for OutOfService {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
