//! A boundary's events: loaded, decided on, appended to.

use std::fmt;

use async_nats::header;
use async_nats::jetstream::{self, publish::PublishAck};

use crate::boundary::{Boundary, Folded, NewEvent, Recorded, StoredMessage};
use crate::cache::Cache;
use crate::history::{self, ReadError};
use crate::publish::{EXPECTED_FILTER, EXPECTED_SEQUENCE, PublishError, publish};
use crate::{CodecError, Connection};

/// How often a command is decided before it gives way. Each time somebody else was faster, so a boundary that needs this
/// many is one that everybody writes to, which is a mistake in its filter.
const ATTEMPTS: usize = 16;

/// The boundaries of one kind. Holds the states of those used last.
pub struct Repository<B: Boundary> {
    connection: Connection,
    jetstream: jetstream::Context,
    cache: Cache<B::Id, Folded<B>>,
}

/// What became of a command that was not refused. The sequence is that of its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Its events have been appended.
    Now(u64),
    /// It had been done before; nothing was appended.
    Before(u64),
}

impl Decided {
    /// The sequence of the command's last event.
    pub fn sequence(self) -> u64 {
        match self {
            Self::Now(sequence) | Self::Before(sequence) => sequence,
        }
    }
}

/// Why the state of a boundary is not known.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server did not answer. Another try may be successful.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event is not understood. It stays so until somebody repairs the codec.
    #[error("event {sequence} of the stream {stream} ({subject}) is not understood: {source}")]
    Unreadable {
        /// The stream that holds it.
        stream: &'static str,
        /// Its subject.
        subject: String,
        /// Its sequence.
        sequence: u64,
        /// What the codec says.
        source: CodecError,
    },
}

impl LoadError {
    /// Decodes, and says which message it is if that fails.
    pub(crate) fn decode<B: Boundary>(message: &StoredMessage) -> Result<Recorded<B::Event>, Self> {
        B::decode(message).map_err(|source| Self::Unreadable {
            stream: B::STREAM,
            subject: message.subject.clone(),
            sequence: message.sequence,
            source,
        })
    }
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// The decider refused it, on the newest state there is.
    #[error("refused")]
    Refused(R),
    /// The state is not known.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The events were not stored, or it is not known whether they were. The command may be tried again: if they were, it
    /// finds them.
    #[error(transparent)]
    Append(#[from] PublishError),
    /// The codec cannot write an event.
    #[error("an event could not be written: {0}")]
    Encode(CodecError),
    /// The decider decided on nothing, which leaves nothing to recognise the command by when it comes again.
    #[error("the decision has no event: a command must lead to one, or be refused")]
    NoEvent,
    /// Others were faster each time.
    #[error("gave way after {ATTEMPTS} decisions, each overtaken by another writer of {boundary}")]
    Contended {
        /// The filter of the boundary.
        boundary: String,
    },
}

impl<R> ExecuteError<R> {
    /// Whether the same command could be done a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Load(LoadError::Read(_)) | Self::Contended { .. } => true,
            Self::Append(error) => !matches!(error, PublishError::Refused { .. }),
            _ => false,
        }
    }
}

impl<B: Boundary> Repository<B> {
    /// A repository that keeps the states of at least `capacity` boundaries at hand.
    pub fn new(connection: &Connection, capacity: usize) -> Self {
        Self {
            connection: connection.clone(),
            jetstream: connection.jetstream(),
            cache: Cache::new(capacity),
        }
    }

    /// Looks at the newest state there is, which is compared with the leader.
    ///
    /// # Errors
    /// When the events cannot be read.
    pub async fn newest<T>(
        &self,
        id: &B::Id,
        look: impl FnOnce(&B::State) -> T,
    ) -> Result<T, LoadError> {
        let mut folded = self.cache.take(id).unwrap_or_default();
        self.catch_up(id, &mut folded).await?;
        let seen = look(&folded.state);
        self.keep(id, folded);
        Ok(seen)
    }

    /// Looks at the state that was seen last, if there is one at hand. It may be old.
    pub fn at_hand<T>(&self, id: &B::Id, look: impl FnOnce(&B::State) -> T) -> Option<T> {
        let folded = self.cache.take(id)?;
        let seen = look(&folded.state);
        self.keep(id, folded);
        Some(seen)
    }

    /// Decides on a command and appends its events; does so again when somebody else has appended meanwhile.
    ///
    /// `decide` is called with states that are newer and newer. A command whose events are there already is not decided
    /// at all.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with what `decide` says, and the ways in which storage fails.
    pub async fn execute<R>(
        &self,
        id: &B::Id,
        cause: &B::Cause,
        mut decide: impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
    ) -> Result<Decided, ExecuteError<R>> {
        let command = B::command(cause);
        let (mut folded, mut newest) = match self.cache.take(id) {
            Some(folded) => (folded, false),
            None => {
                let mut folded = Folded::default();
                self.catch_up(id, &mut folded).await?;
                (folded, true)
            }
        };
        for _ in 0..ATTEMPTS {
            if let Some(sequence) = folded.event_of(command) {
                self.keep(id, folded);
                return Ok(Decided::Before(sequence));
            }
            let events = match decide(&folded.state) {
                Ok(events) => events,
                Err(refusal) if newest => {
                    self.keep(id, folded);
                    return Err(ExecuteError::Refused(refusal));
                }
                Err(_) => {
                    self.catch_up(id, &mut folded).await?;
                    newest = true;
                    continue;
                }
            };
            match self.append(id, folded.position, &events, cause).await? {
                Append::Stored(last) => {
                    let first = last + 1 - events.len() as u64;
                    for (event, sequence) in events.iter().zip(first..) {
                        folded.apply(event, Some(command), sequence);
                    }
                    self.keep(id, folded);
                    return Ok(Decided::Now(last));
                }
                Append::Overtaken => {
                    self.catch_up(id, &mut folded).await?;
                    newest = true;
                }
            }
        }
        let boundary = B::filter(id);
        Err(ExecuteError::Contended { boundary })
    }

    /// Appends on the condition that the last sequence of the boundary is still `expected`.
    async fn append<R>(
        &self,
        id: &B::Id,
        expected: u64,
        events: &[B::Event],
        cause: &B::Cause,
    ) -> Result<Append, ExecuteError<R>> {
        let filter = B::filter(id);
        let encode = |event| B::encode(event, cause).map_err(ExecuteError::Encode);
        let mut messages = events.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = messages.first_mut() else {
            return Err(ExecuteError::NoEvent);
        };
        first
            .headers
            .insert(EXPECTED_SEQUENCE, expected.to_string());
        first.headers.insert(EXPECTED_FILTER, filter.as_str());

        let stored = match <[NewEvent; 1]>::try_from(messages) {
            Ok([mut message]) => {
                // The id holds the boundary, so that two of them never take each other's events for repetitions.
                let message_id = format!("{filter} {}", B::command(cause));
                message.headers.insert(header::NATS_MESSAGE_ID, message_id);
                self.publish(message).await
            }
            Err(messages) => self.publish_batch(messages).await,
        };
        match stored {
            // An earlier try was stored and its answer was lost. What is at hand does not have it yet.
            Ok(ack) if ack.duplicate => Ok(Append::Overtaken),
            Ok(ack) => Ok(Append::Stored(ack.sequence)),
            Err(PublishError::Conflict) => Ok(Append::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    async fn publish(&self, message: NewEvent) -> Result<PublishAck, PublishError> {
        let client = self.connection.client();
        publish(client, message.subject, message.headers, message.payload).await
    }

    /// Stores all of the messages or none (ADR-50). Their sequences follow one another.
    async fn publish_batch(&self, messages: Vec<NewEvent>) -> Result<PublishAck, PublishError> {
        let batch = uuid::Uuid::new_v4().to_string();
        let count = messages.len();
        let mut ack = PublishAck::default();
        for (number, mut message) in (1_usize..).zip(messages) {
            message.headers.insert("Nats-Batch-Id", batch.as_str());
            message
                .headers
                .insert("Nats-Batch-Sequence", number.to_string());
            if number == count {
                message.headers.insert("Nats-Batch-Commit", "1");
                ack = self.publish(message).await?;
            } else {
                let NewEvent {
                    subject,
                    headers,
                    payload,
                } = message;
                let client = self.connection.client();
                let sent = client.publish_with_headers(subject.clone(), headers, payload);
                sent.await.map_err(|error| PublishError::Refused {
                    subject,
                    reason: error.to_string(),
                })?;
            }
        }
        Ok(ack)
    }

    /// Applies what has been appended since, as the leader knows it.
    async fn catch_up(&self, id: &B::Id, folded: &mut Folded<B>) -> Result<(), LoadError> {
        let (filter, position) = (B::filter(id), folded.position);
        history::read(&self.jetstream, B::STREAM, &filter, position, |message| {
            let Recorded { event, command } = LoadError::decode::<B>(&message)?;
            folded.apply(&event, command.as_deref(), message.sequence);
            Ok(())
        })
        .await
    }

    fn keep(&self, id: &B::Id, folded: Folded<B>) {
        self.cache.put(id.clone(), folded, |there, new| {
            there.position > new.position
        });
    }
}

/// What became of an append that was not refused for good.
enum Append {
    /// Stored; the last message has this sequence.
    Stored(u64),
    /// The boundary has events that were not seen yet.
    Overtaken,
}

impl<B: Boundary> fmt::Debug for Repository<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("stream", &B::STREAM)
            .finish_non_exhaustive()
    }
}
