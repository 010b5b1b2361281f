//! The reaction to a check-out: the room is to be cleaned.

use jetstream_es::reaction::{Effect, Reaction};
use jetstream_es::{Failure, Recorded};
use shared::bookings::BookingEvent;
use shared::housekeeping::RequestCleanup;

use crate::bookings::Bookings;
use crate::reactions::{self, ACTOR, SOURCE};

/// Asks for the cleaning of a room that a guest has left.
#[derive(Debug)]
pub struct AskForCleaning;

impl Reaction for AskForCleaning {
    type Events = Bookings;

    const NAME: &'static str = "ask-for-cleaning";
    const SOURCE: &'static str = SOURCE;
    const ACTOR: Option<&'static str> = Some(ACTOR);

    fn react(&self, event: &Recorded<BookingEvent>) -> Result<Vec<Effect>, Failure> {
        let BookingEvent::GuestCheckedOut(left) = &event.event else {
            return Ok(Vec::new());
        };
        let request = RequestCleanup {
            room: left.room,
            date: left.date,
        };
        let command = reactions::command(&request, left.room.id.to_string())?;
        Ok(vec![Effect::Send(command)])
    }
}
