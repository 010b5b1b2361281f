//! Keeps a read model up to date.
//!
//! There is a durable consumer for each stream, and one task that takes whatever is there: a single event at once, or a
//! thousand together when it has to catch up. The events of a batch are sorted by key and folded in memory, so each
//! value is written once, many with one commit; then the batch is acknowledged. A crash in between delivers the batch again, in
//! order, and each value knows which of it it has.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_nats::jetstream;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::append::publish_batch;
use crate::boundary::NewEvent;
use crate::cache::Cache;
use crate::consumers;
use crate::declare::stream_of_bucket;
use crate::feed::{Delivery, Feed, FeedError};
use crate::fold::{Placed, fold};
use crate::history;
use crate::projection::{Position, Projection};
use crate::publish::{PublishError, publish};
use crate::rebuild::{self, Options, RebuildError};
use crate::registry::{Registry, RegistryError};
use crate::value::{self, Stored};
use crate::{Connection, Patience};

/// How many events are folded together at most.
const BATCH: usize = consumers::IN_FLIGHT as usize / 2;
/// How many values are written at the same time.
const WRITES: usize = 128;
/// How many values are written with one commit rather than one by one. A commit of several costs as much as a few single
/// writes, each of which is synced.
const TOGETHER: usize = 8;
/// How many values are kept at hand, so that they need not be read before they are written.
const AT_HAND: usize = 50_000;

/// A read model that is kept up to date while [`run`](Projector::run) is polled.
pub struct Projector<P: Projection> {
    feeds: Vec<Feed>,
    bucket: Arc<Bucket<P>>,
}

/// A batch of one stream.
struct Batch {
    stream: &'static str,
    deliveries: Vec<Delivery>,
}

impl<P: Projection> Projector<P> {
    /// Opens the consumers, named after the bucket.
    ///
    /// # Errors
    /// When one of them does not open.
    pub async fn open(connection: &Connection, projection: P) -> Result<Self, FeedError> {
        let mut feeds = Vec::new();
        for stream in P::STREAMS {
            let spec = consumers::spec::<P>(stream);
            feeds.push(Feed::open(connection, spec).await?);
        }
        let bucket = Arc::new(Bucket {
            connection: connection.clone(),
            jetstream: connection.jetstream(),
            stream: stream_of_bucket(P::BUCKET),
            projection,
            values: Cache::new(AT_HAND),
        });
        Ok(Self { feeds, bucket })
    }

    /// For each stream, whether its events flow.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        self.feeds.iter().map(Feed::flows).collect()
    }

    /// Applies events until `stop`; what has not been applied by then comes again at the next start. Ends earlier only if
    /// the projection panics.
    ///
    /// If the bucket has an older version of the projection, it is [rebuilt](crate::rebuild) first. If it has a newer one,
    /// or gets one, a newer program keeps it up to date, and this one does nothing but wait for `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let bucket = Arc::clone(&self.bucket);
        let versions = Versions {
            connection: &bucket.connection,
            projection: &bucket.projection,
        };
        match stop.run_until_cancelled(versions.bring_up()).await {
            Some(Standing::Current) => tokio::select! {
                () = self.apply(stop.clone()) => return,
                () = versions.outdated() => {}
            },
            Some(Standing::Outdated) => drop(self),
            None => return,
        }
        tracing::error!(
            bucket = P::BUCKET,
            version = P::VERSION,
            "a newer program serves this view: this one no longer writes it"
        );
        stop.cancelled().await;
    }

    async fn apply(self, stop: CancellationToken) {
        // One batch waits while another one is applied.
        let (sender, batches) = mpsc::channel(1);
        let mut readers = JoinSet::new();
        for mut feed in self.feeds {
            let sender: mpsc::Sender<Batch> = sender.clone();
            let stop = stop.clone();
            readers.spawn(async move {
                while let Some(deliveries) = stop.run_until_cancelled(feed.next(BATCH)).await {
                    let stream = feed.spec().stream;
                    if sender.send(Batch { stream, deliveries }).await.is_err() {
                        break;
                    }
                }
                feed.close().await;
            });
        }
        let bucket = self.bucket;
        let apply = async {
            let mut batches = batches;
            while let Some(batch) = batches.recv().await {
                bucket.apply(batch).await;
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = apply => {}
            Some(_) = readers.join_next() => {
                tracing::error!(bucket = P::BUCKET, "a reader has ended, and with it the projector");
                return;
            }
        }
        // Each hands its consumer over to another instance.
        while readers.join_next().await.is_some() {}
    }
}

/// The bucket of a projection.
struct Bucket<P: Projection> {
    connection: Connection,
    jetstream: jetstream::Context,
    stream: String,
    projection: P,
    values: Cache<P::Key, Entry<P::Value>>,
}

/// A value as it is in the bucket.
struct Entry<V> {
    /// The sequence it was written with; 0 if it never was.
    revision: u64,
    value: Option<V>,
}

impl<P: Projection> Bucket<P> {
    async fn apply(&self, batch: Batch) {
        let events = batch.deliveries.iter().filter_map(|delivery| {
            let message = &delivery.message;
            let at = Position {
                stream: batch.stream,
                sequence: message.sequence,
            };
            match P::read(batch.stream, message) {
                Ok(event) => Some((at, event)),
                Err(error) => {
                    tracing::error!(
                        bucket = P::BUCKET,
                        stream = at.stream,
                        sequence = at.sequence,
                        subject = message.subject,
                        "an event is not understood and is missing from the view: {error}"
                    );
                    None
                }
            }
        });
        let events: Vec<Placed<P>> = events.collect();
        let mut by_key: HashMap<P::Key, Vec<&Placed<P>>> = HashMap::new();
        for event in &events {
            for key in P::keys(&event.1) {
                by_key.entry(key).or_default().push(event);
            }
        }
        let mut by_key: Vec<_> = by_key.into_iter().collect();
        if by_key.len() >= TOGETHER {
            match self.bring_up_to_date_together(&by_key).await {
                Ok(()) => by_key.clear(),
                // One of many is enough for that, and the others have no part in it. Now each is tried by itself.
                Err(error) => tracing::debug!(bucket = P::BUCKET, "not written together: {error}"),
            }
        }
        stream::iter(by_key)
            .for_each_concurrent(WRITES, |(key, events)| async move {
                self.bring_up_to_date(&key, &events).await;
            })
            .await;
        if let Some(last) = batch.deliveries.last()
            && let Err(error) = last.ack().await
        {
            // Then the batch comes again, and changes nothing.
            tracing::debug!(bucket = P::BUCKET, "not acknowledged: {error}");
        }
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
                    });
                    written.push((key, value.clone()));
                }
                _ => self.keep(key, Entry { revision, value }),
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        let ack = publish_batch(self.connection.client(), messages).await?;
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

    /// Applies the events to the value of `key`, and tries until it is stored.
    async fn bring_up_to_date(&self, key: &P::Key, events: &[&Placed<P>]) {
        let mut patience = Patience::default();
        loop {
            match self.try_to_bring_up_to_date(key, events).await {
                Ok(()) => return,
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
        let stored = history::last(&self.jetstream, &self.stream, &subject).await?;
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
        let ack = publish(self.connection.client(), subject, headers, payload).await?;
        Ok(ack.sequence)
    }
}

/// Whether this program is the one to write the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The bucket has its version.
    Current,
    /// The bucket has a newer version.
    Outdated,
}

/// The version of the projection, compared with that of its bucket.
struct Versions<'a, P: Projection> {
    connection: &'a Connection,
    projection: &'a P,
}

impl<P: Projection> Versions<'_, P> {
    /// Makes the bucket have this version, unless it has a newer one.
    async fn bring_up(&self) -> Standing {
        let mut patience = Patience::default();
        loop {
            match self.try_to_bring_up().await {
                Ok(standing) => return standing,
                Err(RebuildError::Busy { .. }) => {
                    tracing::debug!(bucket = P::BUCKET, "waits for the rebuild of somebody else");
                }
                Err(error) => tracing::warn!(bucket = P::BUCKET, "{error}; will try again"),
            }
            patience.wait().await;
        }
    }

    async fn try_to_bring_up(&self) -> Result<Standing, RebuildError> {
        let registry = Registry::open(self.connection, P::BUCKET).await?;
        match registry.serving().await? {
            None => registry.serve(P::VERSION).await?,
            Some(serving) if serving > P::VERSION => return Ok(Standing::Outdated),
            Some(serving) if serving == P::VERSION => {}
            Some(serving) => {
                tracing::info!(
                    bucket = P::BUCKET,
                    from = serving,
                    to = P::VERSION,
                    "rebuilds the view, while the old one serves"
                );
                let progress = watch::Sender::new(rebuild::Progress::default());
                let options = Options::default();
                let rebuilt =
                    rebuild::rebuild(self.connection, self.projection, options, &progress).await?;
                tracing::info!(bucket = P::BUCKET, ?rebuilt, "rebuilt");
            }
        }
        Ok(Standing::Current)
    }

    /// Returns when the bucket has a newer version.
    async fn outdated(&self) {
        let mut patience = Patience::default();
        loop {
            match self.try_to_see_outdated().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(bucket = P::BUCKET, "{error}; will try again"),
            }
            patience.wait().await;
        }
    }

    async fn try_to_see_outdated(&self) -> Result<(), RegistryError> {
        let registry = Registry::open(self.connection, P::BUCKET).await?;
        let mut changes = registry.changes().await?;
        let mut link = self.connection.link();
        loop {
            let reconnects = link.borrow_and_update().reconnects;
            let serving = registry.serving().await?;
            if serving.is_some_and(|serving| serving > P::VERSION) {
                return Ok(());
            }
            // What was said while the connection was down was not heard.
            let again = link.wait_for(|link| link.up && link.reconnects != reconnects);
            tokio::select! {
                _ = changes.next() => {}
                _ = again => {}
            }
        }
    }
}

impl<P: Projection> fmt::Debug for Projector<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector")
            .field("bucket", &P::BUCKET)
            .finish_non_exhaustive()
    }
}

/// Why a value is not up to date yet.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Read(#[from] history::ReadError),
    #[error(transparent)]
    Before(#[from] crate::repository::LoadError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("a newer program has written it (version {version})")]
    Newer { version: u32 },
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
