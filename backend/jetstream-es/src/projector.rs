//! Keeps a read model up to date.
//!
//! There is a durable consumer for each stream, and one task that takes whatever is there: a single event at once, or a
//! thousand together when it has to catch up. The events of a batch are sorted by key and folded in memory, so each
//! value is written once, many at a time; then the batch is acknowledged. A crash in between delivers the batch again, in
//! order, and each value knows which of it it has.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_nats::HeaderMap;
use async_nats::jetstream;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cache::Cache;
use crate::declare::stream_of_bucket;
use crate::feed::{Acks, Delivery, Feed, FeedError, FeedSpec};
use crate::history;
use crate::projection::{Position, Projection};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::{Connection, Patience};

/// How many events are folded together at most.
const BATCH: usize = 1_000;
/// How many values are written at the same time.
const WRITES: usize = 128;
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
            let spec = FeedSpec {
                stream,
                durable: format!("view-{}", P::BUCKET),
                description: format!("keeps the bucket {} up to date", P::BUCKET),
                filter: None,
                acks: Acks::UpTo,
                in_flight: 2 * BATCH as u16,
            };
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
    pub async fn run(self, stop: CancellationToken) {
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

type Event<P> = (Position, <P as Projection>::Event);

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
        let events: Vec<Event<P>> = events.collect();
        let mut by_key: HashMap<P::Key, Vec<&Event<P>>> = HashMap::new();
        for event in &events {
            for key in P::keys(&event.1) {
                by_key.entry(key).or_default().push(event);
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

    /// Applies the events to the value of `key`, and tries until it is stored.
    async fn bring_up_to_date(&self, key: &P::Key, events: &[&Event<P>]) {
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
        events: &[&Event<P>],
    ) -> Result<(), WriteError> {
        let Entry { revision, value } = match self.values.take(key) {
            Some(entry) => entry,
            None => self.read(key).await?,
        };
        let (value, changed) = self.fold(key, value, events).await?;
        let revision = match &value {
            Some(value) if changed => self.write(key, revision, value).await?,
            _ => revision,
        };
        let entry = Entry { revision, value };
        self.values.put(key.clone(), entry, |_, _| false);
        Ok(())
    }

    async fn fold(
        &self,
        key: &P::Key,
        mut value: Option<P::Value>,
        events: &[&Event<P>],
    ) -> Result<(Option<P::Value>, bool), WriteError> {
        let mut changed = false;
        for (at, event) in events {
            if has::<P>(value.as_ref(), *at) {
                continue;
            }
            let mut next = P::apply(key, value.clone(), event, *at);
            if next.is_none() && value.is_none() {
                for (at, event) in self.projection.before(key).await? {
                    value = P::apply(key, value, &event, at);
                }
                next = P::apply(key, value.clone(), event, *at);
            }
            if let Some(next) = next {
                value = Some(next);
                changed = true;
            } else {
                tracing::error!(
                    bucket = P::BUCKET,
                    %key,
                    stream = at.stream,
                    sequence = at.sequence,
                    "an event needs a value that is not there, and is missing from the view"
                );
            }
        }
        Ok((value, changed))
    }

    async fn read(&self, key: &P::Key) -> Result<Entry<P::Value>, WriteError> {
        let subject = subject::<P>(key);
        let Some(message) = history::last(&self.jetstream, &self.stream, &subject).await? else {
            return Ok(Entry {
                revision: 0,
                value: None,
            });
        };
        let revision = message.sequence;
        // A marker of a deletion has no content; a value that is not understood is older than the projection, and is
        // folded anew from here on.
        let value = match serde_json::from_slice(&message.payload) {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(bucket = P::BUCKET, %key, revision, "a value is not understood: {error}");
                None
            }
        };
        Ok(Entry { revision, value })
    }

    async fn write(
        &self,
        key: &P::Key,
        revision: u64,
        value: &P::Value,
    ) -> Result<u64, WriteError> {
        let payload: Bytes = serde_json::to_vec(value)?.into();
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, revision.to_string());
        let subject = subject::<P>(key);
        let ack = publish(self.connection.client(), subject, headers, payload).await?;
        Ok(ack.sequence)
    }
}

impl<P: Projection> fmt::Debug for Projector<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector")
            .field("bucket", &P::BUCKET)
            .finish_non_exhaustive()
    }
}

/// Whether the value has the event already.
fn has<P: Projection>(value: Option<&P::Value>, at: Position) -> bool {
    value.is_some_and(|value| P::position(value, at.stream) >= at.sequence)
}

fn subject<P: Projection>(key: &P::Key) -> String {
    format!("$KV.{}.{key}", P::BUCKET)
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
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
