//! A letter, and what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use async_nats::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::name::LetterName;
use crate::boundary::StoredMessage;
use crate::cloud_event::rfc3339;

/// How many of the newest attempts and changes a letter keeps.
const REMEMBERED: usize = 50;
/// How many bytes of an error a letter keeps.
const ERROR_LENGTH: usize = 2_000;

/// What is known of a message that could not be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The durable consumer that could not work on it.
    pub consumer: String,
    /// What the message is about, for that consumer: later messages of the same key wait.
    pub key: String,
    /// Where the message is.
    pub pointer: Pointer,
    /// The id of the event, if it is a CloudEvent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The type of the event, if it is a CloudEvent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// When the letter was filed.
    #[serde(with = "rfc3339")]
    pub parked: SystemTime,
    /// What is to happen with it.
    pub state: LetterState,
    /// The tries that failed, the newest 50 of them.
    pub attempts: Vec<Attempt>,
    /// How it came to its state, the newest 50 steps.
    pub changes: Vec<Change>,
    /// A copy of the message, if its stream forgets.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
}

/// Where a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Its stream.
    pub stream: String,
    /// Its sequence there.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it failed.
    #[serde(with = "rfc3339")]
    pub time: SystemTime,
    /// Why, at most 2,000 bytes of it.
    pub error: String,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The new state.
    pub state: LetterState,
    /// Who made it.
    pub by: String,
    /// When.
    #[serde(with = "rfc3339")]
    pub time: SystemTime,
}

/// What is to happen with a letter, or has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterState {
    /// It failed, and somebody has to decide what is to be done.
    Parked,
    /// It came after one that failed, and is worked on when that one has ended.
    Waiting,
    /// Somebody has asked for another try.
    Retrying,
    /// It was worked on successfully in the end.
    Done,
    /// Somebody has given it up.
    Discarded,
}

impl LetterState {
    /// Whether nothing more is to happen.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Discarded)
    }
}

impl fmt::Display for LetterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Discarded => "discarded",
        })
    }
}

/// A copy of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Its headers.
    pub headers: BTreeMap<String, Vec<String>>,
    /// Its content.
    pub payload_base64: String,
}

/// Of a CloudEvent, what says which one it is.
#[derive(Default, Deserialize)]
struct Identity {
    id: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
}

impl DeadLetter {
    /// A letter about a message that `consumer` could not work on, in the state [`Parked`](LetterState::Parked) or
    /// [`Waiting`](LetterState::Waiting). It has no copy of the message yet.
    pub fn new(
        consumer: &str,
        key: &str,
        stream: &str,
        message: &StoredMessage,
        state: LetterState,
        now: SystemTime,
    ) -> Self {
        let header = |name| {
            message
                .headers
                .get(name)
                .map(|value| value.as_str().to_owned())
        };
        // What is no CloudEvent has no identity, which is nothing to complain about here.
        let written: Identity = serde_json::from_slice(&message.payload).unwrap_or_default();
        let letter = Self {
            consumer: consumer.to_owned(),
            key: key.to_owned(),
            pointer: Pointer {
                stream: stream.to_owned(),
                sequence: message.sequence,
                subject: message.subject.clone(),
            },
            event_id: header("ce-id").or(written.id),
            event_type: header("ce-type").or(written.event_type),
            parked: now,
            state,
            attempts: Vec::new(),
            changes: Vec::new(),
            original: None,
        };
        let by = letter.consumer.clone();
        letter.into_state(state, &by, now)
    }

    /// What its name tells of a letter that is not understood: as one that is parked, so that what comes after it waits until
    /// somebody has looked. When it was parked is not known.
    pub(super) fn unreadable(name: &LetterName, error: &serde_json::Error) -> Option<Self> {
        let (consumer, key, stream, sequence) = name.parts()?;
        let error = format!("the letter itself is not understood: {error}");
        Some(Self {
            consumer,
            key,
            pointer: Pointer {
                stream,
                sequence,
                subject: String::new(),
            },
            event_id: None,
            event_type: None,
            parked: SystemTime::UNIX_EPOCH,
            state: LetterState::Parked,
            attempts: vec![Attempt::new(&error, SystemTime::UNIX_EPOCH)],
            changes: Vec::new(),
            original: None,
        })
    }

    /// The letter with a copy of its message.
    pub fn with_copy(mut self, message: &StoredMessage) -> Self {
        self.original = Some(Original::of(message));
        self
    }

    /// The letter with the tries that failed.
    pub fn with_attempts(mut self, attempts: impl IntoIterator<Item = Attempt>) -> Self {
        self.attempts.extend(attempts);
        let old = self.attempts.len().saturating_sub(REMEMBERED);
        self.attempts.drain(..old);
        self
    }

    /// The name by which it is found.
    pub fn name(&self) -> LetterName {
        let Pointer {
            stream, sequence, ..
        } = &self.pointer;
        LetterName::new(&self.consumer, &self.key, stream, *sequence)
    }

    pub(crate) fn into_state(mut self, state: LetterState, by: &str, time: SystemTime) -> Self {
        self.state = state;
        let by = by.to_owned();
        self.changes.push(Change { state, by, time });
        let old = self.changes.len().saturating_sub(REMEMBERED);
        self.changes.drain(..old);
        self
    }

    /// The letter as it is written. If it is longer than `limit` the copy is left out: better no copy than no letter.
    pub(super) fn to_json(&self, limit: usize) -> Result<Vec<u8>, serde_json::Error> {
        // The headers of the message that carries it count as well.
        const HEADERS: usize = 1_024;
        let json = serde_json::to_vec(self)?;
        if json.len() + HEADERS <= limit || self.original.is_none() {
            return Ok(json);
        }
        let without = Self {
            original: None,
            ..self.clone()
        };
        serde_json::to_vec(&without)
    }
}

impl Attempt {
    /// A try that failed with this error.
    pub fn new(error: &impl fmt::Display, time: SystemTime) -> Self {
        let mut error = error.to_string();
        error.truncate(error.floor_char_boundary(ERROR_LENGTH));
        Self { time, error }
    }
}

impl Original {
    fn of(message: &StoredMessage) -> Self {
        let headers = message.headers.iter().map(|(name, values)| {
            let values = values.iter().map(|value| value.as_str().to_owned());
            (name.to_string(), values.collect())
        });
        Self {
            headers: headers.collect(),
            payload_base64: BASE64.encode(&message.payload),
        }
    }

    pub(super) fn message(&self, pointer: &Pointer) -> Result<StoredMessage, base64::DecodeError> {
        let mut headers = HeaderMap::new();
        for (name, values) in &self.headers {
            for value in values {
                headers.append(name.as_str(), value.as_str());
            }
        }
        Ok(StoredMessage {
            subject: pointer.subject.clone(),
            sequence: pointer.sequence,
            headers,
            payload: Bytes::from(BASE64.decode(&self.payload_base64)?),
            time: None,
        })
    }
}
