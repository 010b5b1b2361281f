//! A boundary's events: loaded, decided on, appended to.

use std::fmt;

use async_nats::jetstream;

use crate::Connection;
use crate::append::{Append, Prepared, Section, append};
use crate::boundary::{Boundary, Folded, Recorded, StoredMessage};
use crate::cache::Cache;
use crate::cloud_event::{Cause, DecodeError, EncodeError};
use crate::history::{self, ReadError};
use crate::publish::PublishError;

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
    /// An event is not understood. It stays so until somebody repairs the program.
    #[error("event {sequence} of the stream {stream} ({subject}) is not understood: {source}")]
    Unreadable {
        /// The stream that holds it.
        stream: &'static str,
        /// Its subject.
        subject: String,
        /// Its sequence.
        sequence: u64,
        /// What is wrong with it.
        source: DecodeError,
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
    /// An event cannot be written.
    #[error("an event could not be written: {0}")]
    Encode(#[from] EncodeError),
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
        cause: &Cause,
        mut decide: impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
    ) -> Result<Decided, ExecuteError<R>> {
        let command = cause.command.as_str();
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
            let prepare = |event| Prepared::new::<B>(event, cause);
            let events = events.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
            if events.is_empty() {
                return Err(ExecuteError::NoEvent);
            }
            let (section, events) = Section::of(B::filter(id), folded.position, events);
            match append(&self.connection, command, vec![section]).await? {
                Append::Stored(last) => {
                    let first = last + 1 - events.len() as u64;
                    for (event, sequence) in events.iter().zip(first..) {
                        folded.apply(event, sequence);
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

    /// Applies what has been appended since, as the leader knows it.
    async fn catch_up(&self, id: &B::Id, folded: &mut Folded<B>) -> Result<(), LoadError> {
        let (filter, position) = (B::filter(id), folded.position);
        history::read(&self.jetstream, B::STREAM, &filter, position, |message| {
            let event = LoadError::decode::<B>(&message)?;
            folded.apply(&event, message.sequence);
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

impl<B: Boundary> fmt::Debug for Repository<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("stream", &B::STREAM)
            .finish_non_exhaustive()
    }
}
