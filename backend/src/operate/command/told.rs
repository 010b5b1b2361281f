//! What became of a command, for people and for programs.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use shared::bookings::{Confirm, Undo};
use shared::cloud_event::{Command, MessageId};
use shared::outcome::{Decision, Next, Outcome, ViewValue};

use super::flags::Flags;
use crate::commands::catalogue::Entry;
use crate::http::commands::CommandState;

/// For programs it is what `GET /commands/<id>` says.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Told {
    state: CommandState,
    #[serde(skip)]
    entry: &'static Entry,
    /// For how long the outcome was waited for.
    #[serde(skip)]
    waited: Option<Duration>,
}

impl Told {
    pub(super) fn new(
        entry: &'static Entry,
        command: MessageId,
        outcome: Option<Outcome>,
        waited: Option<Duration>,
    ) -> Self {
        let accepted = || CommandState::accepted(command, None);
        Self {
            state: outcome.map_or_else(accepted, CommandState::Decided),
            entry,
            waited,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.state, self.waited) {
            (CommandState::Decided(outcome), _) => self.decided(outcome, f),
            // The id alone, for a script to keep.
            (CommandState::Undecided(undecided), None) => undecided.command().fmt(f),
            (CommandState::Undecided(undecided), Some(waited)) => {
                let (id, seconds) = (undecided.command(), waited.as_secs());
                write!(
                    f,
                    "{id} is accepted, and was not decided within {seconds} s\n  \
                     to ask again: the same with --id {id}, which does it once"
                )
            }
        }
    }
}

impl Told {
    fn decided(&self, outcome: &Outcome, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &outcome.command;
        let shown = match &outcome.decision {
            Decision::Done { event, view } => {
                write!(
                    f,
                    "{id} is done: event {} of {}",
                    event.sequence, event.stream
                )?;
                view.as_deref()
            }
            Decision::Refused { refusal } => {
                write!(f, "{id} is refused: {}", refusal.code)?;
                None
            }
            Decision::Parked { letter } => {
                write!(f, "{id} is parked: vacancy dlq show {letter}")?;
                None
            }
        };
        for next in &outcome.next {
            match next {
                Next::Message { text } => write!(f, "\n  {text}")?,
                Next::Undo { room, command } => write!(
                    f,
                    "\n  to undo it: vacancy command {} --room {} --command {command}",
                    Undo::NAME,
                    room.id
                )?,
                Next::Confirm { room, booking } => write!(
                    f,
                    "\n  to confirm it: vacancy command {} --room {} --booking {booking}",
                    Confirm::NAME,
                    room.id
                )?,
                Next::Correct { field } => match Flags::of(self.entry).at(field) {
                    Some(flag) => write!(f, "\n  to correct: {flag}")?,
                    None => write!(f, "\n  to correct: {field}")?,
                },
                // What is shown below.
                Next::Open { view, .. } if shown.is_some_and(|shown| shown.bucket() == view) => {}
                Next::Open { view, key } => write!(f, "\n  to be seen: {view} {key}")?,
                Next::Unknown => {}
            }
        }
        match shown {
            Some(view) => {
                let (key, value) = in_bucket(view).map_err(|_| fmt::Error)?;
                write!(f, "\n  {} {key}: {value}", view.bucket())
            }
            None => Ok(()),
        }
    }
}

/// The key and the value as they are in the bucket.
fn in_bucket(view: &ViewValue) -> serde_json::Result<(String, String)> {
    Ok(match view {
        ViewValue::Stays { key, value } => (key.to_string(), serde_json::to_string(value)?),
        ViewValue::Rooms { key, value } => (key.to_string(), serde_json::to_string(value)?),
        ViewValue::Housekeeping { key, value } => (key.to_string(), serde_json::to_string(value)?),
    })
}
