//! Messages that are due at a time: the server keeps them and, when their time has come, stores them for a consumer
//! ([ADR-51]). No program has to be up at that moment.
//!
//! They live in a stream of their own. A deadline of the key `hold.42` is the message `deadline.set.hold.42`, of which
//! there is one at most, so setting it again replaces it. When it is due, the server removes it and stores
//! `deadline.due.hold.42` with the same content, for whoever reads [`DUE`]: a [`Feed`](crate::Feed) or what stands on it.
//!
//! A deadline that is cancelled or moved may be on its way already, and what is due is delivered at least once. So what is
//! due must not act by itself: it leads to a command that is refused when its time has passed in another way, with an id
//! that is made from the id of the deadline's message, so that a second delivery is the same command.
//!
//! [ADR-51]: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-51.md

use std::fmt;
use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use async_nats::jetstream;
use bytes::Bytes;

use crate::Connection;
use crate::boundary::{NewEvent, StoredMessage};
use crate::cloud_event::rfc3339;
use crate::declare::{Discard, StreamSpec};
use crate::history::{self, ReadError};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};

/// The stream of all deadlines.
pub const STREAM: &str = "deadlines";
/// The filter of what is due.
pub const DUE: &str = "deadline.due.>";
/// What precedes the key in the subject of a deadline that is set.
const SET: &str = "deadline.set.";
/// What precedes the key in the subject of a deadline that is due.
const DUE_PREFIX: &str = "deadline.due.";
/// For how long the server keeps what was due.
const KEPT: &str = "336h";

const SCHEDULE: &str = "Nats-Schedule";
const TARGET: &str = "Nats-Schedule-Target";
const TARGET_TTL: &str = "Nats-Schedule-TTL";
/// The header with the sequence of the event on whose account a deadline was set.
const EVENT: &str = "Jetstream-Es-Event";

/// Sets and cancels deadlines. Cheap to make.
#[derive(Debug, Clone)]
pub struct Deadlines {
    connection: Connection,
    jetstream: jetstream::Context,
}

/// What a deadline is found by: one or more tokens of a subject, such as `hold.42`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

/// Why a text is no key of a deadline.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no key of a deadline: it needs tokens with a dot between them, without spaces and without `*` and `>`"
)]
pub struct BadKey(String);

impl Key {
    /// # Errors
    /// When a token is empty or has a character that NATS does not take.
    pub fn new(key: impl Into<String>) -> Result<Self, BadKey> {
        let key = key.into();
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '>');
        let bad = |token: &str| token.is_empty() || token.contains(forbidden);
        match key.split('.').any(bad) {
            true => Err(BadKey(key)),
            false => Ok(Self(key)),
        }
    }

    /// The key with a token before it.
    pub(crate) fn under(&self, token: &str) -> Self {
        Self(format!("{token}.{self}"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The stream of all deadlines, to be declared at start.
pub fn stream() -> StreamSpec {
    StreamSpec {
        description: "What is due at a time: the server moves it from deadline.set.> to deadline.due.>.",
        // A deadline may be years ahead. What was due has a time to live of its own.
        max_age: None,
        // With schedules the server asks for it; there is no limit at which it would matter.
        discard: Discard::Old,
        allow_schedules: true,
        allow_ttl: true,
        ..StreamSpec::work(STREAM, ["deadline.set.>", DUE], Duration::ZERO)
    }
}

/// The key of a message that is due; `None` if it is none.
pub fn key_of(due: &StoredMessage) -> Option<Key> {
    let key = due.subject.strip_prefix(DUE_PREFIX)?;
    Key::new(key).ok()
}

/// The event on whose account it was set; 0 if there is none.
fn event_of(set: &StoredMessage) -> u64 {
    let event = set.headers.get(EVENT);
    event
        .and_then(|event| event.as_str().parse().ok())
        .unwrap_or(0)
}

/// Why a deadline is not set.
#[derive(Debug, thiserror::Error)]
pub enum DeadlineError {
    /// It was not stored, or it is not known whether it was. It may be set again: that changes nothing if it was.
    #[error("the deadline {key} was not set: {source}")]
    Set {
        /// Its key.
        key: Key,
        /// What happened.
        source: PublishError,
    },
    /// It may still be set.
    #[error("the deadline {key} was not cancelled: {reason}")]
    Cancel {
        /// Its key.
        key: Key,
        /// What happened.
        reason: String,
    },
    /// Whether it is set is not known.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Deadlines {
    /// Deadlines over this connection.
    pub fn new(connection: &Connection) -> Self {
        Self {
            jetstream: connection.jetstream(),
            connection: connection.clone(),
        }
    }

    /// Sets a deadline: at the time `at`, in whole milliseconds, or at once if that is past, the message is due. Whatever
    /// was set for the key before is replaced.
    ///
    /// # Errors
    /// [`DeadlineError::Set`]; then it may be set again.
    pub async fn set(
        &self,
        key: &Key,
        at: SystemTime,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), DeadlineError> {
        let stored = self.publish(key, at, headers, payload).await;
        stored.map_err(|source| DeadlineError::Set {
            key: key.clone(),
            source,
        })
    }

    async fn publish(
        &self,
        key: &Key,
        at: SystemTime,
        mut headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        headers.insert(SCHEDULE, format!("@at {}", rfc3339::Written(at)));
        headers.insert(TARGET, format!("{DUE_PREFIX}{key}"));
        headers.insert(TARGET_TTL, KEPT);
        let subject = format!("{SET}{key}");
        publish(&self.connection, subject, headers, payload).await?;
        Ok(())
    }

    /// Sets a deadline on account of an event, unless it has been set on account of a later one of the same stream: an event
    /// that is delivered again must not undo what a later one did.
    pub(crate) async fn set_in_order(
        &self,
        key: &Key,
        event: u64,
        at: SystemTime,
        message: NewEvent,
    ) -> Result<(), DeadlineError> {
        loop {
            let there = self.there(key).await?;
            if there.as_ref().is_some_and(|there| event_of(there) > event) {
                return Ok(());
            }
            let revision = there.map_or(0, |there| there.sequence);
            let mut headers = message.headers.clone();
            headers.insert(EVENT, event.to_string());
            headers.insert(EXPECTED_SEQUENCE, revision.to_string());
            match self
                .publish(key, at, headers, message.payload.clone())
                .await
            {
                Ok(()) => return Ok(()),
                // Somebody else has set it, or it has just become due.
                Err(PublishError::Conflict) => {}
                Err(source) => {
                    let key = key.clone();
                    return Err(DeadlineError::Set { key, source });
                }
            }
        }
    }

    /// Cancels the deadline of a key on account of an event, unless it has been set on account of a later one.
    pub(crate) async fn cancel_in_order(&self, key: &Key, event: u64) -> Result<(), DeadlineError> {
        match self.there(key).await? {
            Some(there) if event_of(&there) <= event => {
                // One that is set from now on has a higher sequence, and stays.
                self.purge(key, Some(there.sequence + 1)).await
            }
            _ => Ok(()),
        }
    }

    /// What is set for the key.
    async fn there(&self, key: &Key) -> Result<Option<StoredMessage>, DeadlineError> {
        let subject = format!("{SET}{key}");
        let there = history::last(&self.connection, STREAM, &subject).await?;
        // The server may leave a marker where something was removed.
        Ok(there.filter(|there| there.headers.get(SCHEDULE).is_some()))
    }

    /// Cancels the deadline of a key, if there is one and it is not due yet.
    ///
    /// # Errors
    /// When the server does not answer; then it may be cancelled again.
    pub async fn cancel(&self, key: &Key) -> Result<(), DeadlineError> {
        self.purge(key, None).await
    }

    async fn purge(&self, key: &Key, below: Option<u64>) -> Result<(), DeadlineError> {
        let error = |reason: String| DeadlineError::Cancel {
            key: key.clone(),
            reason,
        };
        let stream = self.jetstream.get_stream_no_info(STREAM).await;
        let stream = stream.map_err(|source| error(source.to_string()))?;
        let purge = stream.purge().filter(format!("{SET}{key}"));
        let purged = match below {
            Some(below) => purge.sequence(below).await,
            None => purge.await,
        };
        purged.map_err(|source| error(source.to_string()))?;
        Ok(())
    }

    /// When the deadline of a key is due; `None` if there is none, or it was due already.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn pending(&self, key: &Key) -> Result<Option<SystemTime>, DeadlineError> {
        let set = self.there(key).await?;
        // Nobody but `set` writes there, so what cannot be read is nothing that will be due.
        Ok(set.and_then(|message| {
            let schedule = message.headers.get(SCHEDULE)?.as_str();
            rfc3339::read(schedule.strip_prefix("@at ")?).ok()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_is_part_of_a_subject() {
        for key in ["hold", "hold.42", "no-show.7.2026-11-21"] {
            assert_eq!(Key::new(key).unwrap().to_string(), key);
        }
        for key in ["", "hold.", ".hold", "a..b", "a b", "a.*", "a.>", "a\n"] {
            assert!(Key::new(key).is_err(), "{key:?}");
        }
    }
}
