//! The command `hold-room-type`.

use jetstream_es::Cause;
use shared::bookings::HoldRoomType;

use super::any_room::Wanted;
use super::hold::is_of_guest;
use crate::clock;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for HoldRoomType {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let now = clock::timestamp(cause.time);
        if is_of_guest(cause) {
            // True of the command alone, in whichever room.
            self.minutes.for_guest()?;
        }
        let wanted = Wanted {
            room_type: &self.room_type,
            client: &self.client,
            span: self.span(),
        };
        let decided = hotel.decide_in_any_room(wanted, cause, |id, room, ledger| {
            self.in_room(id).decide(room, ledger, now)
        });
        decided.await
    }
}
