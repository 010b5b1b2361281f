//! The dead-letter stream: what could not be worked on, why, and what became of it.
//!
//! A letter is the last message of its subject `dlq.<consumer>.<key>.<stream>.<sequence>`: which message it is about, the
//! error of each try, its state and how it came to it. The message itself stays where it is, and is found by the pointer;
//! if its stream forgets, the letter has a copy. Every change of state is one more message on the subject,
//! written only if nobody has written another since. So whatever can reach the stream can list letters, ask for another try, or
//! discard, and nothing else has to be up.
//!
//! ```text
//!            ┌────────────── fails again ─────────────┐
//!            ▼                                        │
//! (new) ► parked ── an operator: retry ──► retrying ──┤
//!            │                                ▲       ├──► done        both are kept for 14 days
//!            │      those before it are gone  │       │
//! (new) ► waiting ────────────────────────────┴───────┘
//!            └── an operator: discard ─────────────────────► discarded
//! ```
//!
//! A letter that is not understood, such as one of a later version of this crate, counts as parked: its name tells what it is
//! about, and its error is that it is not understood. It can be retried, if its message is still in its stream, and discarded.
//!
//! `waiting` is what came later under a key that has a letter: it may depend on the one that failed.

mod letter;
mod name;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;

use crate::boundary::StoredMessage;
use crate::history::{self, Expected, ReadError};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::{Connection, StreamSpec};

pub use letter::{Attempt, Change, DeadLetter, LetterState, Original, Pointer};
pub use name::{LetterName, LetterNameError};

/// The stream of all letters.
pub const STREAM: &str = "dead-letters";
/// For how long a letter is kept after its end.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The header that says for how long a message is kept (ADR-43).
const TTL: &str = "Nats-TTL";

/// The letters of all consumers.
#[derive(Clone)]
pub struct DeadLetters {
    connection: Connection,
}

/// A letter as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The letter.
    pub letter: DeadLetter,
    /// The sequence of its last change, which the next one expects.
    pub revision: u64,
}

/// Why letters could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// JetStream does not answer. Another try may be successful.
    #[error("the dead letters cannot be read: {0}")]
    Read(#[from] ReadError),
    /// The change is not known to be stored.
    #[error("the letter was not changed: {0}")]
    Write(PublishError),
    /// There is none of this name.
    #[error("there is no letter {0}: it may have ended more than 14 days ago")]
    Unknown(LetterName),
    /// The letter is in a state in which this cannot be done.
    #[error("the letter {name} is {state}, so it cannot become {wanted}")]
    State {
        /// The letter.
        name: LetterName,
        /// Its state.
        state: LetterState,
        /// What it was to become.
        wanted: LetterState,
    },
    /// It has to wait for another one of the same key.
    #[error("the letter {name} waits behind {before}: retry or discard that one first")]
    Waits {
        /// The letter.
        name: LetterName,
        /// The first letter of the key that has not ended.
        before: LetterName,
    },
    /// Its copy of the message is damaged.
    #[error("the letter {name} has a copy that is not Base64: {source}; discard it")]
    Copy {
        /// The letter.
        name: LetterName,
        /// What is wrong.
        source: base64::DecodeError,
    },
    /// Somebody else was faster.
    #[error("somebody else has just changed the letter {0}: look at it again")]
    Changed(LetterName),
    /// It cannot be written, or is no letter, nor where one is.
    #[error("the letter at {subject} is not understood: {source}")]
    Unreadable {
        /// Its subject.
        subject: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl DeadLetters {
    /// The letters that are reached over this connection.
    pub fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
        }
    }

    /// The stream as it has to be declared.
    pub fn stream() -> StreamSpec {
        StreamSpec {
            description: "What could not be worked on, by consumer and key: the last message of a subject is the letter.",
            // A letter carries its whole history, and so it is gone as a whole when its end expires.
            max_messages_per_subject: Some(1),
            allow_ttl: true,
            allow_atomic: false,
            deny_delete: false,
            deny_purge: false,
            ..StreamSpec::events(STREAM, ["dlq.>"])
        }
    }

    /// The letters of a consumer, or of all, in the order of their last change.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn list(&self, consumer: Option<&str>) -> Result<Vec<Filed>, DeadLetterError> {
        self.read(&name::filter(consumer, None)).await
    }

    /// The letters of a key of a consumer that have not ended, the first message first. As the leader knows them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open_of(&self, consumer: &str, key: &str) -> Result<Vec<Filed>, DeadLetterError> {
        let mut letters = self.read(&name::filter(Some(consumer), Some(key))).await?;
        letters.retain(|filed| !filed.letter.state.is_end());
        letters.sort_by_key(|filed| filed.letter.pointer.sequence);
        Ok(letters)
    }

    /// A letter, as the leader knows it.
    ///
    /// # Errors
    /// When there is none of this name, or it cannot be read.
    pub async fn show(&self, name: &LetterName) -> Result<Filed, DeadLetterError> {
        let message = history::last(&self.connection, STREAM, &name.subject()).await?;
        match message {
            Some(message) => filed(&message),
            None => Err(DeadLetterError::Unknown(name.clone())),
        }
    }

    /// The message that a letter is about, from its stream or from the letter's copy. `None` if neither has it.
    ///
    /// # Errors
    /// When the stream does not answer, or the copy is damaged.
    pub async fn message(
        &self,
        letter: &DeadLetter,
    ) -> Result<Option<StoredMessage>, DeadLetterError> {
        if let Some(original) = &letter.original {
            let copy = original.message(&letter.pointer);
            return copy.map(Some).map_err(|source| DeadLetterError::Copy {
                name: letter.name(),
                source,
            });
        }
        let Pointer {
            stream, sequence, ..
        } = &letter.pointer;
        Ok(history::at(&self.connection, stream, *sequence).await?)
    }

    /// Asks the consumer of the letter to try again; `by` says who asks. Those that wait behind it follow when it succeeds.
    ///
    /// # Errors
    /// When the letter is not parked, or not the first of its key; and when it cannot be read or written.
    pub async fn retry(&self, name: &LetterName, by: &str) -> Result<DeadLetter, DeadLetterError> {
        let filed = self.show(name).await?;
        match filed.letter.state {
            LetterState::Parked => {}
            LetterState::Waiting => {
                let letter = &filed.letter;
                let open = self.open_of(&letter.consumer, &letter.key).await?;
                let before = open.first().map(|first| first.letter.name());
                return Err(match before.filter(|before| before != name) {
                    Some(before) => DeadLetterError::Waits {
                        name: name.clone(),
                        before,
                    },
                    // Its turn has come by itself.
                    None => state(&filed, LetterState::Retrying),
                });
            }
            _ => return Err(state(&filed, LetterState::Retrying)),
        }
        let now = SystemTime::now();
        let letter = filed.letter.into_state(LetterState::Retrying, by, now);
        self.file(&letter, filed.revision).await?;
        Ok(letter)
    }

    /// Gives a message up; `by` says who does so. Those that wait behind it are worked on next.
    ///
    /// # Errors
    /// When the letter has ended; and when it cannot be read or written.
    pub async fn discard(
        &self,
        name: &LetterName,
        by: &str,
    ) -> Result<DeadLetter, DeadLetterError> {
        let filed = self.show(name).await?;
        if filed.letter.state.is_end() {
            return Err(state(&filed, LetterState::Discarded));
        }
        let now = SystemTime::now();
        let letter = filed.letter.into_state(LetterState::Discarded, by, now);
        self.file(&letter, filed.revision).await?;
        Ok(letter)
    }

    /// Files a new letter. Returns false if there is one about the same message already.
    ///
    /// # Errors
    /// When it is not known to be stored. Filing it again does no harm.
    pub async fn park(&self, letter: &DeadLetter) -> Result<bool, DeadLetterError> {
        match self.file(letter, 0).await {
            Ok(_) => Ok(true),
            Err(DeadLetterError::Changed(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a change on the condition that `revision` was the last one; returns the new revision.
    pub(crate) async fn file(
        &self,
        letter: &DeadLetter,
        revision: u64,
    ) -> Result<u64, DeadLetterError> {
        let name = letter.name();
        let subject = name.subject();
        let limit = self.connection.client().server_info().max_payload;
        let payload = letter
            .to_json(limit)
            .map_err(|source| DeadLetterError::Unreadable {
                subject: subject.clone(),
                source,
            })?;
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, revision.to_string());
        headers.insert("Content-Type", "application/json");
        if letter.state.is_end() {
            headers.insert(TTL, format!("{}s", KEPT.as_secs()));
        }
        match publish(&self.connection, subject, headers, payload.into()).await {
            Ok(ack) => Ok(ack.sequence),
            Err(PublishError::Conflict) => Err(DeadLetterError::Changed(name)),
            Err(error) => Err(DeadLetterError::Write(error)),
        }
    }

    /// The letters under a filter. The leader is asked last, so nothing that was filed before is missing.
    async fn read(&self, filter: &str) -> Result<Vec<Filed>, DeadLetterError> {
        let mut letters = BTreeMap::new();
        history::read(
            &self.connection,
            STREAM,
            filter,
            0,
            Expected::Many,
            |message| {
                match filed(&message) {
                    // A replica that lags may have told an earlier state of the same letter.
                    Ok(filed) => drop(letters.insert(message.subject, filed)),
                    // One that is no letter of anything holds nobody up.
                    Err(error) => tracing::error!("{error}"),
                }
                Ok::<_, DeadLetterError>(())
            },
        )
        .await?;
        let mut letters: Vec<Filed> = letters.into_values().collect();
        letters.sort_by_key(|filed| filed.revision);
        Ok(letters)
    }
}

/// The filter of the letters of a consumer.
pub(crate) fn filter_of(consumer: &str) -> String {
    name::filter(Some(consumer), None)
}

/// The letter of a message of the stream. Of one that is not understood, what its name tells.
pub(crate) fn filed(message: &StoredMessage) -> Result<Filed, DeadLetterError> {
    let letter = serde_json::from_slice(&message.payload).or_else(|source| {
        let name = message.subject.parse::<LetterName>().ok();
        let letter = name.and_then(|name| DeadLetter::unreadable(&name, &source));
        letter.ok_or_else(|| DeadLetterError::Unreadable {
            subject: message.subject.clone(),
            source,
        })
    });
    letter.map(|letter| Filed {
        letter,
        revision: message.sequence,
    })
}

fn state(filed: &Filed, wanted: LetterState) -> DeadLetterError {
    DeadLetterError::State {
        name: filed.letter.name(),
        state: filed.letter.state,
        wanted,
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").finish_non_exhaustive()
    }
}
