//! The command `hold`.

use jetstream_es::Cause;
use shared::bookings::Hold;
use shared::identity::{Account, Actor};

use crate::clock;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for Hold {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let now = clock::timestamp(cause.time);
        let actor = cause.actor.as_deref().and_then(|actor| actor.parse().ok());
        let is_guest = actor.is_some_and(|actor: Actor| actor.account == Account::Guest);
        let decide = |room: Option<&_>, ledger: &_| {
            if is_guest {
                self.decide_for_guest(room, ledger, now)
            } else {
                self.decide(room, ledger, now)
            }
        };
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}
