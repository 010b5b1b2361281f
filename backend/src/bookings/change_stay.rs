//! The command `change-stay`.

use jetstream_es::Cause;
use shared::bookings::{ChangeStay, RoomLedger, Side};
use shared::outcome::Refusal;
use shared::rooms::RoomRef;

use crate::done::{Done, NightsProspect};
use crate::hotel::{Handle, Hotel, NotDone};
use crate::rooms;

impl Handle for ChangeStay {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        match self.other_room() {
            Some(to) => change_room(self, to, hotel, cause).await,
            None => {
                let decide = |room: Option<&_>, ledger: &_| self.decide(room, ledger);
                hotel.decide_on_nights(self.room, cause, decide).await
            }
        }
    }
}

/// A stay leaves one room and is in the other in one batch: there is no moment in which it is in both, or in none.
async fn change_room(
    command: &ChangeStay,
    to: RoomRef,
    hotel: &Hotel,
    cause: &Cause,
) -> Result<Done, NotDone> {
    let here = rooms::find(&hotel.rooms, command.room.id).await?;
    let there = rooms::find(&hotel.rooms, to.id).await?;
    let mut prospect = None;
    let decide = |[from, into]: [&RoomLedger; 2]| {
        let here = Side {
            room: here.as_ref(),
            ledger: from,
        };
        let there = Side {
            room: there.as_ref(),
            ledger: into,
        };
        let moved = command.decide_move(to, here, there);
        let moved = moved.map_err(Refusal::from)?;
        prospect = there
            .room
            .map(|room| NightsProspect::of(room, into, &moved.r#in));
        Ok([vec![moved.out], vec![moved.r#in]])
    };
    let rooms = [&command.room.id, &to.id];
    let decided = hotel.bookings.execute_across(rooms, cause, decide).await;
    let decided = decided.map_err(NotDone::from_execution)?;
    Ok(Done::of_nights(decided, prospect, hotel, cause).await)
}
