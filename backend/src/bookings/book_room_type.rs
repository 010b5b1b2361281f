//! The command `book-room-type`.

use jetstream_es::Cause;
use shared::bookings::BookRoomType;

use super::any_room::Wanted;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for BookRoomType {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let wanted = Wanted {
            room_type: &self.room_type,
            client: &self.client,
            span: self.span(),
        };
        let decided = hotel.decide_in_any_room(wanted, cause, |id, room, ledger| {
            self.in_room(id).decide(room, ledger)
        });
        decided.await
    }
}
