//! The command `book-room`.

use jetstream_es::Cause;
use shared::bookings::BookRoom;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for BookRoom {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
