//! The bucket of a projection, and how its values are brought up to date.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};

use crate::append::publish_batch;
use crate::boundary::NewEvent;
use crate::cache::Cache;
use crate::declare::stream_of_bucket;
use crate::fold::{FoldError, Placed, fold, has};
use crate::history;
use crate::projection::{Position, Projection};
use crate::publish::{PublishError, publish};
use crate::value::{self, Stored};
use crate::{Connection, Patience};

/// How many values are written at the same time.
const WRITES: usize = 128;
/// How many values are written with one commit rather than one by one. A commit of several costs as much as a few single
/// writes, each of which is synced.
const TOGETHER: usize = 8;
/// How many values are kept at hand, so that they need not be read before they are written.
const AT_HAND: usize = 50_000;

/// The bucket of a projection.
pub(super) struct Bucket<P: Projection> {
    pub(super) connection: Connection,
    stream: String,
    pub(super) projection: P,
    values: Cache<P::Key, Entry<P::Value>>,
}

/// A value as it is in the bucket.
pub(super) struct Entry<V> {
    /// The sequence it was written with; 0 if it never was.
    revision: u64,
    value: Option<V>,
}

impl<P: Projection> Bucket<P> {
    pub(super) fn new(connection: &Connection, projection: P) -> Self {
        Self {
            connection: connection.clone(),
            stream: stream_of_bucket(P::BUCKET),
            projection,
            values: Cache::new(AT_HAND),
        }
    }

    /// Applies events, and tries until their values are stored.
    ///
    /// # Errors
    /// The first event over which the projection panics. Others may have been applied or not; all of them may come again.
    pub(super) async fn apply(&self, events: &[&Placed<P>]) -> Result<(), Position> {
        let mut by_key: HashMap<P::Key, Vec<&Placed<P>>> = HashMap::new();
        for event in events.iter().copied() {
            for key in P::keys(&event.1) {
                by_key.entry(key).or_default().push(event);
            }
        }
        let by_key: Vec<_> = by_key.into_iter().collect();
        if by_key.len() >= TOGETHER {
            match self.bring_up_to_date_together(&by_key).await {
                Ok(()) => return Ok(()),
                Err(WriteError::Fold(FoldError::Panicked { at, .. })) => return Err(at),
                // One of many is enough for that, and the others have no part in it. Now each is tried by itself.
                Err(error) => tracing::debug!(bucket = P::BUCKET, "not written together: {error}"),
            }
        }
        let mut waiting = by_key.into_iter();
        let mut writing = FuturesUnordered::new();
        let mut applied = Vec::new();
        loop {
            // Some of them at the same time.
            for (key, events) in waiting.by_ref().take(WRITES - writing.len()) {
                writing.push(self.bring_up_to_date(key, events));
            }
            match writing.next().await {
                Some(done) => applied.push(done),
                None => break,
            }
        }
        let failed = applied.into_iter().filter_map(Result::err);
        failed.min_by_key(|at| at.sequence).map_or(Ok(()), Err)
    }

    /// Whether all values of the event have it already.
    pub(super) async fn has(&self, (at, event): &Placed<P>) -> Result<bool, WriteError> {
        for key in P::keys(event) {
            let entry = self.at_hand_or_read(&key).await?;
            let has = has::<P>(entry.value.as_ref(), *at);
            self.keep(&key, entry);
            if !has {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Applies an event that was parked, after its cause has been removed. It comes late, so it is applied only to values that
    /// have no later one.
    pub(super) async fn apply_late(&self, placed: &Placed<P>) -> Result<(), LateError> {
        let (at, event) = placed;
        for key in P::keys(event) {
            // What is at hand may be older than what another instance has written.
            drop(self.values.take(&key));
            let Entry { revision, value } = self.read(&key).await?;
            if let Some(value) = &value {
                let position = P::position(value, at.stream);
                if position == at.sequence {
                    continue;
                }
                if position > at.sequence {
                    return Err(LateError::TooLate {
                        bucket: P::BUCKET,
                        key: key.to_string(),
                    });
                }
            }
            let (value, changed) = fold(&self.projection, &key, value, &[placed]).await?;
            let revision = match &value {
                Some(value) if changed => self.write(&key, revision, value).await?,
                _ => revision,
            };
            self.keep(&key, Entry { revision, value });
        }
        Ok(())
    }

    /// Applies the events to the values of their keys, which are written with one commit: all or none.
    async fn bring_up_to_date_together(
        &self,
        by_key: &[(P::Key, Vec<&Placed<P>>)],
    ) -> Result<(), WriteError> {
        let keys: Vec<P::Key> = by_key.iter().map(|(key, _)| key.clone()).collect();
        let found = stream::iter(keys)
            .map(|key| async move { self.at_hand_or_read(&key).await })
            .buffered(WRITES);
        let found: Vec<Entry<P::Value>> = found.try_collect().await?;
        let mut messages = Vec::new();
        let mut written = Vec::new();
        for ((key, events), Entry { revision, value }) in by_key.iter().zip(found) {
            let (value, changed) = fold(&self.projection, key, value, events).await?;
            match &value {
                Some(value) if changed => {
                    messages.push(NewEvent {
                        subject: value::subject::<P>(key),
                        headers: value::headers::<P>(revision),
                        payload: serde_json::to_vec(value)?.into(),
                        personal: None,
                    });
                    written.push((key, value.clone()));
                }
                _ => self.keep(key, Entry { revision, value }),
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        let ack = publish_batch(&self.connection, messages).await?;
        // The messages of a batch have the sequences up to that of its last one.
        let first = ack.sequence + 1 - written.len() as u64;
        for ((key, value), revision) in written.into_iter().zip(first..) {
            let value = Some(value);
            self.keep(key, Entry { revision, value });
        }
        Ok(())
    }

    fn keep(&self, key: &P::Key, entry: Entry<P::Value>) {
        self.values.put(key.clone(), entry, |_, _| false);
    }

    async fn at_hand_or_read(&self, key: &P::Key) -> Result<Entry<P::Value>, WriteError> {
        match self.values.take(key) {
            Some(entry) => Ok(entry),
            None => self.read(key).await,
        }
    }

    /// Applies the events to the value of `key`, and tries until it is stored, or the projection panics over an event.
    async fn bring_up_to_date(&self, key: P::Key, events: Vec<&Placed<P>>) -> Result<(), Position> {
        let mut patience = Patience::default();
        loop {
            match self.try_to_bring_up_to_date(&key, &events).await {
                Ok(()) => return Ok(()),
                Err(WriteError::Fold(FoldError::Panicked { at, .. })) => return Err(at),
                // Somebody else has written the value. Now it is read again.
                Err(WriteError::Publish(PublishError::Conflict)) => {}
                Err(error) => {
                    tracing::warn!(bucket = P::BUCKET, %key, "{error}; will try again");
                    patience.wait().await;
                }
            }
        }
    }

    async fn try_to_bring_up_to_date(
        &self,
        key: &P::Key,
        events: &[&Placed<P>],
    ) -> Result<(), WriteError> {
        let Entry { revision, value } = self.at_hand_or_read(key).await?;
        let (value, changed) = fold(&self.projection, key, value, events).await?;
        let revision = match &value {
            Some(value) if changed => self.write(key, revision, value).await?,
            _ => revision,
        };
        self.keep(key, Entry { revision, value });
        Ok(())
    }

    async fn read(&self, key: &P::Key) -> Result<Entry<P::Value>, WriteError> {
        let subject = value::subject::<P>(key);
        let stored = history::last(&self.connection, &self.stream, &subject).await?;
        let Stored {
            revision,
            version,
            json,
        } = stored.map_or_else(Stored::nothing, Stored::of);
        if version > P::VERSION && json.is_some() {
            return Err(WriteError::Newer { version });
        }
        // A value of an older version is one that a program of that version wrote while this one took over. All of its events
        // come to this one as well, so it counts as none.
        let json = json.filter(|_| version == P::VERSION);
        let value = json.and_then(|json| match serde_json::from_slice(&json) {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(
                    bucket = P::BUCKET,
                    %key,
                    revision,
                    "a value is not understood and is made anew from the events that come: raise the version of the \
                     projection to have it made from all of them: {error}"
                );
                None
            }
        });
        Ok(Entry { revision, value })
    }

    async fn write(
        &self,
        key: &P::Key,
        revision: u64,
        value: &P::Value,
    ) -> Result<u64, WriteError> {
        let payload: Bytes = serde_json::to_vec(value)?.into();
        let (subject, headers) = (value::subject::<P>(key), value::headers::<P>(revision));
        let ack = publish(&self.connection, subject, headers, payload).await?;
        Ok(ack.sequence)
    }
}

/// Why a value is not up to date yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Read(#[from] history::ReadError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("a newer program has written it (version {version})")]
    Newer { version: u32 },
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Why an event that was parked is not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum LateError {
    #[error(
        "the value {key} of {bucket} has later events already, so this one cannot be applied any more: rebuild the view"
    )]
    TooLate { bucket: &'static str, key: String },
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<FoldError> for LateError {
    fn from(error: FoldError) -> Self {
        Self::Write(error.into())
    }
}
