//! Decisions about two rooms.

use jetstream_es::Cause;
use shared::bookings::{BookingRefusal, Moved, RoomLedger, Side};
use shared::outcome::Refusal;
use shared::rooms::RoomRef;

use crate::done::{Done, NightsProspect};
use crate::hotel::{Hotel, NotDone};
use crate::rooms;

/// A stay leaves one room and is in the other in one batch: there is no moment in which it is in both, or in none.
pub(super) async fn decide(
    [here, there]: [RoomRef; 2],
    hotel: &Hotel,
    cause: &Cause,
    decide: impl Fn(Side<'_>, Side<'_>) -> Result<Moved, BookingRefusal>,
) -> Result<Done, NotDone> {
    let room = rooms::find(&hotel.rooms, here.id).await?;
    let other = rooms::find(&hotel.rooms, there.id).await?;
    let mut prospect = None;
    let decide = |[ledger, other_ledger]: [&RoomLedger; 2]| {
        let here = Side {
            room: room.as_ref(),
            ledger,
        };
        let there = Side {
            room: other.as_ref(),
            ledger: other_ledger,
        };
        let moved = decide(here, there).map_err(Refusal::from)?;
        let last = there.room.zip(moved.there.last());
        prospect = last.map(|(room, event)| NightsProspect::of(room, other_ledger, event));
        Ok([moved.here, moved.there])
    };
    let rooms = [&here.id, &there.id];
    let decided = hotel.bookings.execute_across(rooms, cause, decide).await;
    let decided = decided.map_err(NotDone::from_execution)?;
    Ok(Done::of_nights(decided, prospect, hotel, cause).await)
}
