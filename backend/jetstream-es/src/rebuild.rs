//! Making a read model anew from all events, while the old one serves.
//!
//! A rebuild has two parts.
//!
//! 1. **Fill**: all events are read, folded in memory, and written into a bucket of their own, `<bucket>-v<version>`. What
//!    does not fit into memory is written early and read again when it is needed. Nobody reads this bucket but the rebuild,
//!    and whoever wants to look at it.
//! 2. **Switch**: the bucket that serves gets the values that differ, many with one commit, each by compare-and-set; values
//!    that should not be there are deleted. Each write is republished as any other, so whoever watches the bucket, by name,
//!    over accounts, in a browser, sees the new values come and need not know that anything was switched.
//!
//! The projector goes on meanwhile. A value that it has brought further than the fill is compared with what the newer
//! events make of the rebuilt one, so nobody's work is undone. If the version of the projection is newer than that of the
//! bucket, the projector of the old version stops when it meets a value of the new one, and the consumers of the new
//! version go on from where the fill ended.
//!
//! An event that still cannot be applied is left out. If it has been parked, the later ones of its boundary are, too, as
//! the projector does it; when all can be applied, letters about them end.
//!
//! It has an effect on values alone: reactions have consumers of their own, which know nothing of it.
//!
//! A rebuild that is killed leaves old and new values, each of which is right or will be: the version that serves is written
//! last, so the next start begins again. Two programs do not both rebuild: there is a lease (in the bucket
//! [`registry::BUCKET`](crate::registry::BUCKET)) that ends a few seconds after its owner has.

mod fill;
mod shadow;
mod switch;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::Connection;
use crate::consumers::{self, ConsumerError};
use crate::dead_letters::DeadLetterError;
use crate::fold::FoldError;
use crate::history::ReadError;
use crate::projection::{Position, Projection};
use crate::projector::close_letters;
use crate::publish::PublishError;
use crate::registry::{Registry, RegistryError};
use crate::repository::LoadError;
use fill::Fill;
use shadow::Shadow;

/// How a rebuild uses memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many values are kept in memory before they are written.
    pub values_in_memory: usize,
}

impl Default for Options {
    /// 200,000 values: about 200 MB if a value has a kilobyte.
    fn default() -> Self {
        Self {
            values_in_memory: 200_000,
        }
    }
}

/// What a rebuild does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It reads and folds events; they are what is counted.
    #[default]
    Fill,
    /// It compares and writes values; they are what is counted.
    Switch,
}

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// How much of that is done.
    pub done: u64,
    /// How much there is, as far as is known: new events come meanwhile.
    pub total: u64,
}

impl From<FoldError> for RebuildError {
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Before(error) => Self::Before(error),
            FoldError::Panicked { .. } => Self::Panicked(error.to_string()),
        }
    }
}

/// What a rebuild has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Events that were read.
    pub events: u64,
    /// Events that were not understood, or over which the projection panicked, and are missing. The log names them. If there
    /// is none, letters about events of this projection have ended.
    pub unreadable: u64,
    /// Values that there are.
    pub values: u64,
    /// Values that were different and have been written.
    pub written: u64,
    /// Values that should not have been there and have been deleted.
    pub deleted: u64,
}

/// Why a bucket was not rebuilt. It serves as before, and another try begins anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Somebody else does it, or did until a few seconds ago.
    #[error("{bucket} is being rebuilt by somebody else: wait for that, or for its lease to end")]
    Busy {
        /// The bucket.
        bucket: &'static str,
    },
    /// The lease could not be renewed for so long that somebody else may have it.
    #[error("the lease of the rebuild of {bucket} was lost: the server was away for too long")]
    LeaseLost {
        /// The bucket.
        bucket: &'static str,
    },
    /// The bucket serves a version that this program does not know.
    #[error(
        "{bucket} serves version {serving}, this program knows version {known}: update it, or stop the newer programs \
         and allow the older version"
    )]
    Newer {
        /// The bucket.
        bucket: &'static str,
        /// The version that serves.
        serving: u32,
        /// The version of this program.
        known: u32,
    },
    /// Which events have been parked could not be read. The stream of letters must have been declared.
    #[error(transparent)]
    Letters(#[from] DeadLetterError),
    /// The projection panicked over an event while values were compared.
    #[error("{0}")]
    Panicked(String),
    /// Events or values could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What comes before an event could not be read.
    #[error(transparent)]
    Before(#[from] LoadError),
    /// Values could not be written.
    #[error(transparent)]
    Write(#[from] PublishError),
    /// A value is not written by serde.
    #[error("a value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bucket that is filled could not be made.
    #[error("the bucket {bucket}, which is filled for the rebuild, could not be made: {reason}")]
    Shadow {
        /// Its name.
        bucket: String,
        /// What the server says.
        reason: String,
    },
    /// What is known of the projection could not be read or written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The consumers of the new version could not be placed.
    #[error(transparent)]
    Consumer(#[from] ConsumerError),
}

/// Makes the values of a projection anew from all events, and switches the bucket over to them.
///
/// The projection may be running, here or anywhere.
///
/// # Errors
/// See [`RebuildError`]. The bucket serves as before, and the next try begins anew.
pub async fn rebuild<P: Projection>(
    connection: &Connection,
    projection: &P,
    options: Options,
    progress: &watch::Sender<Progress>,
) -> Result<Rebuilt, RebuildError> {
    let bucket = P::BUCKET;
    let registry = Registry::open(connection, bucket).await?;
    let serving = registry.serving().await?;
    if let Some(serving) = serving
        && serving > P::VERSION
    {
        return Err(RebuildError::Newer {
            bucket,
            serving,
            known: P::VERSION,
        });
    }
    let lease = registry.lease(progress.subscribe()).await?;
    let mut lease = lease.ok_or(RebuildError::Busy { bucket })?;
    let work = async {
        let is_new = serving != Some(P::VERSION);
        let done = fill_and_switch(connection, projection, options, progress, is_new).await?;
        registry.serve(P::VERSION).await?;
        Ok(done)
    };
    let done = tokio::select! {
        done = work => done,
        () = lease.keep() => return Err(RebuildError::LeaseLost { bucket }),
    };
    lease.release().await;
    if let Ok((rebuilt, filled)) = &done
        && rebuilt.unreadable == 0
        && let Err(error) = close_letters::<P>(connection, filled).await
    {
        tracing::warn!(
            bucket,
            "rebuilt, but letters about its events are still open: {error}"
        );
    }
    if done.is_ok() && serving.is_some_and(|serving| serving < P::VERSION) {
        consumers::forget_older::<P>(connection).await;
    }
    done.map(|(rebuilt, _)| rebuilt)
}

async fn fill_and_switch<P: Projection>(
    connection: &Connection,
    projection: &P,
    options: Options,
    progress: &watch::Sender<Progress>,
    is_new: bool,
) -> Result<(Rebuilt, Vec<Position>), RebuildError> {
    let shadow = Shadow::make::<P>(connection).await?;
    let mut fill = Fill::new(connection, projection, &shadow, options, progress).await?;
    fill.read().await?;
    fill.write_all().await?;
    let filled: Vec<Position> = fill.positions();
    let (events, unreadable) = fill.counts();
    // Gives its memory back.
    drop(fill);
    let mut rebuilt = switch::switch(connection, projection, &shadow, &filled, progress).await?;
    (rebuilt.events, rebuilt.unreadable) = (events, unreadable);
    if is_new {
        // Before the version is written, so that whoever waits for that finds the consumers where they should be.
        consumers::place::<P>(connection, &filled).await?;
    }
    shadow.remove().await;
    Ok((rebuilt, filled))
}
