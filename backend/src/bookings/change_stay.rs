//! The command `change-stay`.

use jetstream_es::Cause;
use shared::bookings::{ChangeStay, Side};

use super::moving;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for ChangeStay {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        match self.other_room() {
            Some(to) => {
                let decide = |here: Side<'_>, there: Side<'_>| self.decide_move(to, here, there);
                moving::decide([self.room, to], hotel, cause, decide).await
            }
            None => {
                let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
                hotel.decide_on_nights(self.room, cause, decide).await
            }
        }
    }
}
