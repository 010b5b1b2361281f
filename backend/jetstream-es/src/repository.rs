//! The boundaries of one kind: loaded, kept at hand, brought up to date. [`execute`](crate::execute) decides on them.

use std::fmt;

use async_nats::jetstream;

use crate::Connection;
use crate::boundary::{Boundary, Folded, Recorded, StoredMessage};
use crate::cache::Cache;
use crate::cloud_event::DecodeError;
use crate::decisions::Decisions;
use crate::history::{self, ReadError};

/// The boundaries of one kind. Holds the states of those used last.
pub struct Repository<B: Boundary> {
    connection: Connection,
    jetstream: jetstream::Context,
    decisions: Option<Decisions>,
    pub(crate) cache: Cache<B::Id, Folded<B>>,
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

impl<B: Boundary> Repository<B> {
    /// A repository that keeps the states of at least `capacity` boundaries at hand.
    pub fn new(connection: &Connection, capacity: usize) -> Self {
        Self {
            connection: connection.clone(),
            jetstream: connection.jetstream(),
            decisions: None,
            cache: Cache::new(capacity),
        }
    }

    /// Keeps the decisions that leave no event, which are refusals and commands for which nothing is to do, in a bucket
    /// (declared without age), and so makes each command get one decision for ever. Several repositories may share the
    /// bucket. Costs a read of the leader for each command, and a write for each such decision.
    #[must_use]
    pub fn deciding_once(mut self, bucket: &'static str) -> Self {
        self.decisions = Some(Decisions::new(&self.connection, bucket));
        self
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn decisions(&self) -> Option<&Decisions> {
        self.decisions.as_ref()
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

    /// Applies what has been appended since, as the leader knows it.
    pub(crate) async fn catch_up(
        &self,
        id: &B::Id,
        folded: &mut Folded<B>,
    ) -> Result<(), LoadError> {
        let (filter, position) = (B::filter(id), folded.position);
        history::read(&self.jetstream, B::STREAM, &filter, position, |message| {
            let event = LoadError::decode::<B>(&message)?;
            folded.apply(&event, message.sequence);
            Ok(())
        })
        .await
    }

    pub(crate) fn keep(&self, id: &B::Id, folded: Folded<B>) {
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
