//! `vacancy publish`: sends a command, and waits for its outcome if that is asked for.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::cloud_event::{CloudEvent, MessageId, SpecVersion};
use shared::outcome::{Decision, EventPointer, Refusal};
use shared::text::Token;

use super::{NOT_YET, OperateError, Operated, Output, REFUSED, connect};
use crate::cli::NatsOptions;
use crate::clock;
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
    /// The id of the command. The same id is the same command: it is done once. By default a new one.
    #[arg(long)]
    pub id: Option<MessageId>,
    /// Wait that many seconds for the outcome.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub wait: Option<u16>,
    /// Who sends it: a user of the account hotel.
    #[arg(long, default_value = "cli", value_name = "USER")]
    pub user: Token,
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

/// Sends the command.
///
/// # Errors
/// When it is no command, or the stream did not take it.
pub async fn publish(options: PublishOptions) -> Operated {
    let command: Token = options
        .command
        .parse()
        .map_err(|error| OperateError::input("the command", error))?;
    let message_type = catalogue::type_of(&options.command)
        .ok_or_else(|| OperateError::input("the command", "there is none of this name"))?;
    let data: Box<RawValue> = serde_json::from_str(&options.data)
        .map_err(|error| OperateError::input("the data is not JSON", error))?;
    let id = options.id.map_or_else(send::new_id, Ok);
    let id = id.map_err(|error| OperateError::input("the id", error))?;
    let actor = send::in_the_hotel(options.user.as_str())
        .map_err(|error| OperateError::input("the user", error))?;
    let event = CloudEvent {
        specversion: SpecVersion,
        id: id.clone(),
        source: "/cli".into(),
        message_type: message_type.into(),
        subject: None,
        time: Some(clock::now()),
        datacontenttype: Some("application/json".into()),
        correlationid: Some(id),
        causationid: None,
        actor: None,
        data,
    };

    let connection = connect(&options.nats, "publish").await?;
    let sent = send::send(&connection, actor, command, &event).await?;
    let mut published = Published {
        command: event.id,
        subject: sent.subject.clone(),
        sequence: sent.sequence,
        event: None,
        refusal: None,
        letter: None,
    };
    let mut code = ExitCode::SUCCESS;
    if let Some(wait) = options.wait {
        let wait = Duration::from_secs(u64::from(wait));
        match sent.outcome(wait).await.map(|outcome| outcome.decision) {
            Some(Decision::Done { event, .. }) => published.event = Some(event),
            Some(Decision::Refused { refusal }) => {
                published.refusal = Some(refusal);
                code = ExitCode::from(REFUSED);
            }
            Some(Decision::Parked { letter }) => {
                published.letter = Some(letter);
                code = ExitCode::from(NOT_YET);
            }
            None => code = ExitCode::from(NOT_YET),
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
