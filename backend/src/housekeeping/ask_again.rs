//! The reaction to a cleanup that failed: it is asked for again.

use jetstream_es::reaction::{Effect, Reaction};
use jetstream_es::{Failure, Recorded};
use shared::housekeeping::{CleanupEvent, RequestCleanup};

use super::Cleanups;
use crate::reactions::{self, ACTOR, SOURCE};

/// Asks for the cleaning of a room that could not be cleaned.
#[derive(Debug)]
pub struct AskAgain;

impl Reaction for AskAgain {
    type Events = Cleanups;

    const NAME: &'static str = "ask-again";
    const SOURCE: &'static str = SOURCE;
    const ACTOR: Option<&'static str> = Some(ACTOR);

    fn react(&self, event: &Recorded<CleanupEvent>) -> Result<Vec<Effect>, Failure> {
        let CleanupEvent::CleaningFailed(failed) = &event.event else {
            return Ok(Vec::new());
        };
        let request = RequestCleanup {
            room: failed.room,
            date: failed.date,
        };
        let command = reactions::command(&request, failed.room.id.to_string())?;
        Ok(vec![Effect::Send(command)])
    }
}
