//! `vacancy publish`: sends a command, and waits for its outcome if that is asked for.

use std::fmt;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::cloud_event::MessageId;
use shared::outcome::{Decision, EventPointer, Refusal};

use super::order::{self, How};
use super::{OperateError, Operated, Output, connect};
use crate::cli::NatsOptions;
use crate::commands::{catalogue, send};

#[derive(Debug, Args)]
pub struct PublishOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    /// Such as book-room.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(catalogue::names()))]
    pub command: String,
    /// Its data, as JSON.
    #[arg(value_name = "JSON")]
    pub data: String,
    #[command(flatten)]
    pub how: How,
}

/// What became of the command.
#[derive(Debug, Serialize)]
struct Published {
    command: MessageId,
    subject: String,
    /// In the stream `commands`.
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventPointer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    /// The dead letter of a command that could not be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<String>,
}

/// Sends the command, whatever its data says: the hotel refuses what it does not understand.
///
/// # Errors
/// When it is no command, or the stream did not take it.
pub async fn publish(options: PublishOptions) -> Operated {
    let entry = catalogue::find(&options.command)
        .ok_or_else(|| OperateError::input("the command", "there is none of this name"))?;
    let data: Box<RawValue> = serde_json::from_str(&options.data)
        .map_err(|error| OperateError::input("the data is not JSON", error))?;
    let how = options.how;
    let (actor, name) = (how.actor()?, order::token(entry.name)?);
    let event = order::event(entry, how.id()?, data);

    let connection = connect(&options.nats, "publish").await?;
    let sent = send::send(&connection, actor, name, &event).await?;
    let mut published = Published {
        command: event.id,
        subject: sent.subject.clone(),
        sequence: sent.sequence,
        event: None,
        refusal: None,
        letter: None,
    };
    let mut code = ExitCode::SUCCESS;
    if let Some(wait) = how.wait() {
        let outcome = sent.outcome(wait).await;
        code = order::exit_code(outcome.as_ref());
        match outcome.map(|outcome| outcome.decision) {
            Some(Decision::Done { event, .. }) => published.event = Some(event),
            Some(Decision::Refused { refusal }) => published.refusal = Some(refusal),
            Some(Decision::Parked { letter }) => published.letter = Some(letter),
            None => {}
        }
    }
    options.output.print(&published)?;
    Ok(code)
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command, sequence, ..
        } = self;
        if let Some(letter) = &self.letter {
            return write!(f, "{command} waits for an operator: dead letter {letter}");
        }
        match (&self.event, &self.refusal) {
            (Some(event), _) => write!(
                f,
                "{command} is done: event {} of {}",
                event.sequence, event.stream
            ),
            (_, Some(refusal)) => write!(f, "{command} is refused: {}", refusal.message),
            (None, None) => write!(f, "{command} is accepted: message {sequence} of commands"),
        }
    }
}
