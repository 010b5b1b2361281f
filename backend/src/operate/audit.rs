//! `vacancy audit`: who wanted what, when, and what became of it.
//!
//! The stream `audit` has a copy of every command and of every outcome, which the server makes itself. A command and its
//! outcome come from two streams, so either may be the first in `audit`.

use std::collections::HashMap;
use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::message::Message;
use clap::Args;
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::cloud_event::MessageId;
use shared::identity::Actor;
use shared::outcome::{Decision, Outcome};
use shared::subjects::{AUDIT, CommandSubject, OUTCOMES};

use super::output::Reader;
use super::{OperateError, Operated, Output, connect, next};
use crate::cli::NatsOptions;
use crate::clock;

/// How many outcomes are kept whose command has not been seen yet. Most of them never have one here: their command is
/// older than what is read.
const EARLY: usize = 10_000;

#[derive(Debug, Args)]
pub struct AuditOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    /// How far back to begin, such as 90m, 12h or 3d. By default everything there is: 14 days.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub since: Option<Duration>,
    /// Only commands of this account/user.
    #[arg(long, value_name = "ACTOR")]
    pub actor: Option<Actor>,
    /// Only commands of this name, such as book-room.
    #[arg(long, value_name = "NAME")]
    pub command: Option<String>,
    /// Only the command with this id.
    #[arg(long)]
    pub id: Option<MessageId>,
    /// Go on with what happens from now on, until Ctrl-C.
    #[arg(long)]
    pub follow: bool,
}

/// A command, and what became of it.
#[derive(Debug, Serialize)]
struct Entry {
    time: Timestamp,
    actor: Actor,
    command: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    message_type: Option<String>,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<String>,
    /// Missing while the command is not decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Decision>,
}

/// What is told of a command in its message, as far as it can be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    id: Option<String>,
    #[serde(rename = "type")]
    message_type: Option<String>,
    correlationid: Option<String>,
}

/// Prints a line for each command.
///
/// # Errors
/// When the server is away or refuses.
pub async fn audit(options: AuditOptions) -> Operated {
    let connection = connect(&options.nats, "audit").await?;
    let stream = connection.jetstream().get_stream_no_info(AUDIT).await;
    let stream = stream.map_err(OperateError::nats)?;
    let deliver_policy = match options.since {
        None => DeliverPolicy::All,
        Some(since) => DeliverPolicy::ByStartTime {
            // What is older than the clock's beginning is everything.
            start_time: SystemTime::now()
                .checked_sub(since)
                .unwrap_or(SystemTime::UNIX_EPOCH)
                .into(),
        },
    };
    let outcomes = format!("$KV.{}.", OUTCOMES.name());
    let config = pull::OrderedConfig {
        deliver_policy,
        filter_subjects: vec!["cmd.>".to_owned(), format!("{outcomes}>")],
        ..pull::OrderedConfig::default()
    };
    let consumer = stream.create_consumer(config).await;
    let mut consumer = consumer.map_err(OperateError::nats)?;
    let mut pending = consumer
        .info()
        .await
        .map_err(OperateError::nats)?
        .num_pending;
    let mut messages = consumer.messages().await.map_err(OperateError::nats)?;

    let mut book = Book::default();
    while pending > 0 || options.follow {
        let Some(message) = next(&mut messages).await? else {
            break;
        };
        pending = message.info().map_err(OperateError::nats)?.pending;
        let complete = match message.subject.strip_prefix(&outcomes) {
            Some(key) => book.outcome(key, &message.payload),
            None => book.command(&message),
        };
        if let Some(entry) = complete.filter(|entry| options.wants(entry))
            && options.output.print(&entry)? == Reader::Gone
        {
            return Ok(ExitCode::SUCCESS);
        }
    }
    for entry in book.undecided() {
        if options.wants(&entry) && options.output.print(&entry)? == Reader::Gone {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl AuditOptions {
    fn wants(&self, entry: &Entry) -> bool {
        let Self {
            actor, command, id, ..
        } = self;
        actor.as_ref().is_none_or(|actor| entry.actor == *actor)
            && command.as_ref().is_none_or(|name| entry.command == *name)
            && id
                .as_ref()
                .is_none_or(|id| entry.id.as_deref() == Some(id.as_str()))
    }
}

/// Brings commands and outcomes together. The key of both is `<account>.<user>.<command id>`.
#[derive(Default)]
struct Book {
    waiting: HashMap<String, Entry>,
    early: HashMap<String, Decision>,
}

impl Book {
    fn outcome(&mut self, key: &str, payload: &[u8]) -> Option<Entry> {
        // The marker of an outcome that has expired is no outcome.
        let Outcome { decision, .. } = serde_json::from_slice(payload).ok()?;
        match self.waiting.remove(key) {
            Some(entry) => Some(Entry {
                outcome: Some(decision),
                ..entry
            }),
            None => {
                if self.early.len() >= EARLY {
                    self.early.clear();
                }
                self.early.insert(key.to_owned(), decision);
                None
            }
        }
    }

    fn command(&mut self, message: &Message) -> Option<Entry> {
        let subject = message.subject.as_str();
        let CommandSubject { actor, command } = subject
            .parse()
            .inspect_err(|error| tracing::warn!("a command from nobody: {error}"))
            .ok()?;
        let header = message.headers.as_ref();
        let header = header.and_then(|headers| headers.get(NATS_MESSAGE_ID));
        let Envelope {
            id,
            message_type,
            correlationid,
        } = serde_json::from_slice(&message.payload).unwrap_or_default();
        let id = header.map(ToString::to_string).or(id);
        let published = message.info().map_or_else(
            |_| clock::now(),
            |info| clock::timestamp(info.published.into()),
        );
        let mut entry = Entry {
            time: published,
            actor,
            command: command.to_string(),
            message_type,
            subject: subject.to_owned(),
            id,
            correlation: correlationid,
            outcome: None,
        };
        let Some(id) = &entry.id else {
            // Nobody can be answered, so there is no outcome to wait for.
            return Some(entry);
        };
        let key = format!("{}.{}.{id}", entry.actor.account, entry.actor.user);
        if let Some(decision) = self.early.remove(&key) {
            entry.outcome = Some(decision);
            return Some(entry);
        }
        // A command that was sent again is in the stream again; there is one outcome for all of them.
        self.waiting.entry(key).or_insert(entry);
        None
    }

    /// Those that have no outcome, the oldest first.
    fn undecided(self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.waiting.into_values().collect();
        entries.sort_by_key(|entry| entry.time);
        entries
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            time,
            actor,
            command,
            id,
            ..
        } = self;
        let id = id.as_deref().unwrap_or("(no id)");
        write!(f, "{time}  {actor:<24} {command:<16} {id}  ")?;
        match &self.outcome {
            Some(Decision::Done { event, .. }) => {
                write!(f, "done: event {} of {}", event.sequence, event.stream)
            }
            Some(Decision::Refused { refusal }) => {
                write!(f, "refused ({}): {}", refusal.code, refusal.message)
            }
            Some(Decision::Parked { letter }) => write!(f, "parked: dead letter {letter}"),
            None => f.write_str("not decided"),
        }
    }
}

/// A time span as a whole number with its unit: `90m`, `12h`, `3d`.
fn duration(text: &str) -> Result<Duration, String> {
    let form = || format!("{text:?} is no time span: write 30s, 90m, 12h or 3d");
    let unit = text.chars().next_back().ok_or_else(form)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(form()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| form())?;
    let seconds = number.checked_mul(seconds).ok_or_else(form)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_read_with_their_unit() {
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("3d"), Ok(Duration::from_secs(259_200)));
        for wrong in [
            "",
            "m",
            "3",
            "3w",
            "-3d",
            "3 d",
            "3ä",
            "99999999999999999999d",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
