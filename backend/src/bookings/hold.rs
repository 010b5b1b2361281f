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
        let decide = |room: Option<&_>, ledger: &_| {
            if is_of_guest(cause) {
                self.decide_for_guest(room, ledger, now)
            } else {
                self.decide(room, ledger, now)
            }
        };
        hotel.decide_on_nights(self.room, cause, decide).await
    }
}

/// Whether somebody has sent the command whom nobody knows.
pub(super) fn is_of_guest(cause: &Cause) -> bool {
    let actor = cause.actor.as_deref().and_then(|actor| actor.parse().ok());
    actor.is_some_and(|actor: Actor| actor.account == Account::Guest)
}
