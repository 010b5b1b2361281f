//! The reaction to a hold: it is to end when its time is over.

use jetstream_es::reaction::{Effect, Reaction};
use jetstream_es::{Failure, Recorded, Start};
use shared::Timestamp;
use shared::bookings::{BookingEvent, BookingId, ExpireHold, Undone};
use shared::rooms::RoomRef;

use super::Bookings;
use crate::clock;
use crate::reactions::{self, ACTOR, SOURCE};

/// Sets the end of each hold, wherever it goes.
#[derive(Debug)]
pub struct ExpireHolds;

impl Reaction for ExpireHolds {
    type Events = Bookings;

    const NAME: &'static str = "expire-holds";
    const SOURCE: &'static str = SOURCE;
    const ACTOR: Option<&'static str> = Some(ACTOR);
    // Holds from before this was added end, too. One that has ended already is refused.
    const FROM: Start = Start::Beginning;

    fn react(&self, event: &Recorded<BookingEvent>) -> Result<Vec<Effect>, Failure> {
        let (event, room) = (&event.event, event.event.room());
        let Some(booking) = event.booking() else {
            return Ok(Vec::new());
        };
        let until = match event {
            BookingEvent::RoomHeld(held) => Some(held.until),
            BookingEvent::StayMovedIn(moved) => moved.until,
            BookingEvent::ChangeUndone(undo) => match &undo.undone {
                Undone::Stay(stay) => stay.is.until,
                Undone::Block(_) => None,
            },
            BookingEvent::HoldConfirmed(_)
            | BookingEvent::BookingCancelled(_)
            | BookingEvent::StayMovedOut(_) => {
                let deadline = reactions::deadline("hold", room, booking)?;
                return Ok(vec![Effect::Cancel { deadline }]);
            }
            _ => None,
        };
        let expiry = until
            .map(|until| expire(room, booking, until))
            .transpose()?;
        Ok(expiry.into_iter().collect())
    }
}

fn expire(room: RoomRef, booking: BookingId, until: Timestamp) -> Result<Effect, Failure> {
    let command = ExpireHold {
        room,
        booking,
        until,
    };
    Ok(Effect::SendAt {
        deadline: reactions::deadline("hold", room, booking)?,
        at: clock::system_time(until),
        command: reactions::command(&command, booking.to_string())?,
    })
}
