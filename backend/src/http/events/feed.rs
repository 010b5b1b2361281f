//! What is written to a bucket, told to all streams of events at once.
//!
//! There is one subscription for a bucket, whatever the number of streams, for as long as there is a stream that follows it.
//! What was missed is read from the bucket's stream: when a sequence is left out, after a reconnect, and every
//! `CHECK` in case that nothing came after what was missed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use futures_util::StreamExt;
use jetstream_es::declare::stream_of_bucket;
use jetstream_es::history::{self, ReadError};
use jetstream_es::{Connection, StoredMessage};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::identity::Actor;
use shared::subjects::OUTCOMES;
use tokio::sync::{Mutex, broadcast};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

use super::super::problem::Problem;
use super::super::views;
use super::Event;

/// How many changes of a bucket are held for streams that are not as fast. Whoever is farther behind is cut off.
const HELD: usize = 1_024;

/// How often the bucket's stream is asked for what was missed.
const CHECK: Duration = Duration::from_secs(15);
/// How soon it is asked again when it did not answer.
const SOON: Duration = Duration::from_secs(1);

/// A bucket that is followed.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) bucket: &'static str,
    /// Where the server republishes what is written.
    live: String,
    /// The subjects in the bucket's stream.
    filter: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    View,
    /// A part of the bucket alone, so the sequences that are left out are those of others.
    Outcomes,
}

impl Source {
    /// The changes of a view.
    pub(super) fn view(bucket: &'static str) -> Self {
        Self {
            bucket,
            live: format!("live.{bucket}.>"),
            filter: format!("$KV.{bucket}.>"),
            kind: Kind::View,
        }
    }

    /// The outcomes of one who asks.
    pub(super) fn outcomes(of: &Actor) -> Self {
        let bucket = OUTCOMES.name();
        Self {
            bucket,
            live: format!("outcome.{}.{}.*", of.account, of.user),
            filter: format!("$KV.{bucket}.{}.{}.*", of.account, of.user),
            kind: Kind::Outcomes,
        }
    }

    /// What came after the sequence `after`, a page of it; nothing if that is all.
    pub(super) async fn page(
        &self,
        connection: &Connection,
        after: u64,
    ) -> Result<Vec<Change>, ReadError> {
        let stream = stream_of_bucket(self.bucket);
        let page = history::page(connection, &stream, &self.filter, after).await?;
        Ok(page.iter().map(|message| self.stored(message)).collect())
    }

    fn stored(&self, message: &StoredMessage) -> Change {
        let prefix = self.filter.trim_end_matches(['>', '*']);
        let key = message.subject.strip_prefix(prefix).unwrap_or_default();
        self.change(key, message.sequence, &message.headers, &message.payload)
    }

    fn republished(&self, message: &Message) -> Option<Change> {
        let headers = message.headers.as_ref()?;
        let sequence = headers.get("Nats-Sequence")?.as_str().parse().ok()?;
        let prefix = self.live.trim_end_matches(['>', '*']);
        let key = message.subject.strip_prefix(prefix)?;
        Some(self.change(key, sequence, headers, &message.payload))
    }

    fn change(&self, key: &str, sequence: u64, headers: &HeaderMap, payload: &[u8]) -> Change {
        let deleted = payload.is_empty() || headers.get("KV-Operation").is_some();
        let value = match deleted {
            true => Ok(None),
            false => serde_json::from_slice::<&RawValue>(payload).map(Some),
        };
        let text = value.and_then(|value| match self.kind {
            Kind::Outcomes => Ok(value.map(|outcome| text(Event::Outcome, outcome.get()))),
            Kind::View => {
                let change = ViewChange {
                    view: self.bucket,
                    key,
                    revision: sequence,
                    value,
                };
                let json = serde_json::to_string(&change)?;
                Ok(Some(text(Event::Change, &json)))
            }
        });
        let text = text.unwrap_or_else(|error| {
            tracing::warn!(
                bucket = self.bucket,
                key,
                "a value that is no JSON: {error}"
            );
            None
        });
        Change {
            sequence,
            key: key.to_owned(),
            text: text.unwrap_or_default(),
        }
    }
}

/// The data of an event `change`: a value of a view is another one now. The value is a type of its own, or JSON as it is in the
/// bucket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{V}Change")]
pub struct ViewChange<K, V> {
    /// The view.
    pub view: &'static str,
    /// The key of the value.
    pub key: K,
    /// Its revision, by which it can be told whether it is newer than another one.
    pub revision: u64,
    /// The value; `null` if it was deleted.
    pub value: Option<V>,
}

/// Something that was written to a bucket.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) sequence: u64,
    /// The key; of an outcome the id of the command.
    pub(super) key: String,
    /// The event without its id; empty for what is not told.
    pub(super) text: String,
}

/// An event without an id, as Server-Sent Events are written. JSON may be written on several lines, and then it is sent on
/// several.
pub(super) fn text(event: Event, json: &str) -> String {
    let data: String = json.lines().map(|line| format!("data: {line}\n")).collect();
    format!("event: {}\n{data}\n", event.name())
}

/// All feeds that somebody follows.
#[derive(Debug, Default)]
pub(in super::super) struct Feeds {
    open: Mutex<HashMap<&'static str, Weak<Feed>>>,
}

impl Feeds {
    /// The feed of the bucket, which is opened for the first one who follows it.
    pub(super) async fn follow(
        &self,
        connection: &Connection,
        source: Source,
    ) -> Result<Arc<Feed>, Problem> {
        let mut open = self.open.lock().await;
        let known = open.get(source.bucket).and_then(Weak::upgrade);
        if let Some(feed) = known.filter(|feed| !feed.task.is_finished()) {
            return Ok(feed);
        }
        let bucket = source.bucket;
        let feed = Arc::new(Feed::open(connection, source).await?);
        open.insert(bucket, Arc::downgrade(&feed));
        Ok(feed)
    }
}

/// The changes of a bucket from now on. The subscription ends when this is dropped.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) source: Source,
    changes: broadcast::Sender<Arc<Change>>,
    last: Arc<AtomicU64>,
    task: AbortOnDropHandle<()>,
}

impl Feed {
    async fn open(connection: &Connection, source: Source) -> Result<Self, Problem> {
        let subscribed = connection.client().subscribe(source.live.clone()).await;
        let subscriber = subscribed.map_err(views::not_read)?;
        // Asked for on the same connection after the subscription: what is written later, the subscription has.
        let last = views::last_sequence(connection, source.bucket).await?;
        let last = Arc::new(AtomicU64::new(last));
        let (changes, _) = broadcast::channel(HELD);
        let follower = Follower {
            connection: connection.clone(),
            source: source.clone(),
            changes: changes.clone(),
            last: Arc::clone(&last),
        };
        Ok(Self {
            source,
            changes,
            last,
            task: AbortOnDropHandle::new(tokio::spawn(follower.run(subscriber))),
        })
    }

    /// The changes from now on.
    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }

    /// The sequence up to which everything has been told.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }
}

/// Tells the changes in their order, each once.
struct Follower {
    connection: Connection,
    source: Source,
    changes: broadcast::Sender<Arc<Change>>,
    last: Arc<AtomicU64>,
}

impl Follower {
    async fn run(self, mut subscriber: Subscriber) {
        let mut link = self.connection.link();
        let mut check = interval(CHECK);
        loop {
            let complete = tokio::select! {
                message = subscriber.next() => match message {
                    Some(message) => self.take(&message),
                    // The connection is closed for good.
                    None => return,
                },
                changed = link.changed() => match changed {
                    // While it is down nobody answers.
                    Ok(()) => !link.borrow_and_update().up,
                    Err(_) => return,
                },
                _ = check.tick() => false,
            };
            if complete {
                continue;
            }
            if let Err(error) = self.catch_up().await {
                tracing::warn!("{error}; will try again");
                check.reset_after(SOON);
            }
        }
    }

    /// Whether nothing is missing before the message, so that it was told.
    fn take(&self, message: &Message) -> bool {
        let Some(change) = self.source.republished(message) else {
            return false;
        };
        let last = self.last.load(Ordering::Relaxed);
        if self.source.kind == Kind::View && change.sequence > last + 1 {
            return false;
        }
        self.tell(change);
        true
    }

    async fn catch_up(&self) -> Result<(), ReadError> {
        loop {
            let last = self.last.load(Ordering::Relaxed);
            let page = self.source.page(&self.connection, last).await?;
            if page.is_empty() {
                return Ok(());
            }
            for change in page {
                self.tell(change);
            }
        }
    }

    fn tell(&self, change: Change) {
        let sequence = change.sequence;
        if sequence > self.last.load(Ordering::Relaxed) {
            // Nobody listens to a feed that is about to end.
            drop(self.changes.send(Arc::new(change)));
            self.last.store(sequence, Ordering::Release);
        }
    }
}

/// Ticks after each `period`, for the first time after one.
pub(super) fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.reset();
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
