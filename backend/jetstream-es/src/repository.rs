//! The boundaries of one kind: loaded, kept at hand, brought up to date. [`execute`](crate::execute) decides on them.

use std::fmt;
use std::num::NonZeroU32;

use crate::Connection;
use crate::boundary::{Boundary, Folded, Recorded, StoredMessage};
use crate::cache::Cache;
use crate::cloud_event::DecodeError;
use crate::decisions::Decisions;
use crate::group_commit::{Group, GroupCommit};
use crate::history::{self, Expected, ReadError};
use crate::snapshots::{Snapshot, Snapshots};

/// The boundaries of one kind. Holds the states of those used last.
pub struct Repository<B: Boundary> {
    connection: Connection,
    decisions: Option<Decisions>,
    snapshots: Option<Snapshots<B>>,
    group: Option<Group<B>>,
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
            decisions: None,
            snapshots: None,
            group: None,
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

    /// Keeps a snapshot of a boundary after each `every` of its events, in a bucket, and loads it from there. Several
    /// repositories may share the bucket if their filters are different.
    #[must_use]
    pub fn with_snapshots(mut self, bucket: &'static str, every: NonZeroU32) -> Self
    where
        B: Snapshot,
    {
        let every = u64::from(every.get());
        self.snapshots = Some(Snapshots::new(&self.connection, bucket, every));
        self
    }

    /// Stores together what commands decide at the same time ([`group_commit`](crate::group_commit)). Worth it where many
    /// commands are executed at the same time and each write is synced; one command alone takes as long as without.
    ///
    /// # Panics
    /// Outside of a Tokio runtime: a task that commits is started, and ends with the repository.
    #[must_use]
    pub fn committing_in_groups(mut self, settings: GroupCommit) -> Self {
        self.group = Some(Group::start(&self.connection, settings));
        self
    }

    pub(crate) fn group(&self) -> Option<&Group<B>> {
        self.group.as_ref()
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
        let line = self.group.as_ref().map(|group| group.visit(self, id));
        let _quiet = match &line {
            Some(line) => Some(line.quiet().await),
            None => None,
        };
        let folded = match self.cache.take(id) {
            Some(mut folded) => {
                self.catch_up(id, &mut folded).await?;
                folded
            }
            None => self.load(id).await?,
        };
        let seen = look(&folded.state);
        self.keep(id, folded);
        Ok(seen)
    }

    /// Looks at a state and the sequence of its last event (0 before the first): at hand, which may be old, or else loaded.
    ///
    /// # Errors
    /// When there is none at hand and the events cannot be read.
    pub async fn known<T>(
        &self,
        id: &B::Id,
        look: impl FnOnce(&B::State, u64) -> T,
    ) -> Result<T, LoadError> {
        let folded = match self.cache.take(id) {
            Some(folded) => folded,
            None => self.load(id).await?,
        };
        let seen = look(&folded.state, folded.position);
        self.keep(id, folded);
        Ok(seen)
    }

    /// Looks at the state that was seen last, if there is one at hand. It may be old.
    pub fn at_hand<T>(&self, id: &B::Id, look: impl FnOnce(&B::State) -> T) -> Option<T> {
        let folded = self.cache.take(id)?;
        let seen = look(&folded.state);
        // A snapshot that was due has been taken when this was put there.
        self.keep(id, folded);
        Some(seen)
    }

    /// The state as it is now, from the last snapshot on if there is one.
    pub(crate) async fn load(&self, id: &B::Id) -> Result<Folded<B>, LoadError> {
        let filter = B::filter(id);
        if let Some(snapshots) = &self.snapshots
            && let Some(mut folded) = snapshots.find(&filter).await
        {
            match self.go_on_from(&filter, &mut folded).await {
                Ok(()) => return Ok(folded),
                Err(Interrupted::Load(error)) => return Err(error),
                Err(Interrupted::NoSuchEvent(sequence)) => tracing::warn!(
                    filter,
                    "a snapshot is left aside: it stands on the event {sequence}, which the stream does not have"
                ),
            }
        }
        let mut folded = Folded::default();
        let many = Expected::Many;
        history::read(&self.connection, B::STREAM, &filter, 0, many, |message| {
            let event = LoadError::decode::<B>(&message)?;
            folded.apply(&event, message.sequence);
            Ok::<_, LoadError>(())
        })
        .await?;
        Ok(folded)
    }

    /// Applies what came after a snapshot, if the event that the snapshot stands on is there.
    async fn go_on_from(&self, filter: &str, folded: &mut Folded<B>) -> Result<(), Interrupted> {
        let (position, mut stands) = (folded.position, false);
        // From that event on, so that it is seen.
        let (after, many) = (position.saturating_sub(1), Expected::Many);
        history::read(
            &self.connection,
            B::STREAM,
            filter,
            after,
            many,
            |message| {
                if stands {
                    let event = LoadError::decode::<B>(&message)?;
                    folded.apply(&event, message.sequence);
                } else if message.sequence == position {
                    stands = true;
                } else {
                    return Err(Interrupted::NoSuchEvent(position));
                }
                Ok(())
            },
        )
        .await?;
        if stands {
            Ok(())
        } else {
            Err(Interrupted::NoSuchEvent(position))
        }
    }

    /// Applies what has been appended since, as the leader knows it.
    pub(crate) async fn catch_up(
        &self,
        id: &B::Id,
        folded: &mut Folded<B>,
    ) -> Result<(), LoadError> {
        let (filter, position) = (B::filter(id), folded.position);
        let few = Expected::Few;
        history::read(
            &self.connection,
            B::STREAM,
            &filter,
            position,
            few,
            |message| {
                let event = LoadError::decode::<B>(&message)?;
                folded.apply(&event, message.sequence);
                Ok(())
            },
        )
        .await
    }

    pub(crate) fn take_snapshot_if_due(&self, id: &B::Id, folded: &mut Folded<B>) {
        if let Some(snapshots) = &self.snapshots {
            snapshots.take_if_due(B::filter(id), folded);
        }
    }

    /// Keeps a state at hand. Its snapshot is taken on the way if that is due.
    pub(crate) fn keep(&self, id: &B::Id, mut folded: Folded<B>) {
        self.take_snapshot_if_due(id, &mut folded);
        self.cache.put(id.clone(), folded, |there, new| {
            there.position > new.position
        });
    }
}

/// Why a state cannot be made from a snapshot.
enum Interrupted {
    Load(LoadError),
    NoSuchEvent(u64),
}

impl<E: Into<LoadError>> From<E> for Interrupted {
    fn from(error: E) -> Self {
        Self::Load(error.into())
    }
}

impl<B: Boundary> fmt::Debug for Repository<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("stream", &B::STREAM)
            .finish_non_exhaustive()
    }
}
