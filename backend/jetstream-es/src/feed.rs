//! A durable consumer that delivers in order, and that several instances share: one of them reads, the others stand by.
//!
//! JetStream remembers what a durable consumer has acknowledged, but after a crash or a lost connection it delivers the
//! messages that were on their way *later* than newer ones. Whoever folds events cannot use that: an event that comes
//! after a newer one of the same key looks like one that was applied already. So whoever begins to read first resets
//! the consumer to what has been acknowledged (ADR-60), and from there counts the deliveries; after a gap, an error
//! or a reconnect it begins anew. What is delivered twice by that is delivered in order.
//!
//! Of several readers each would take away what the others need to be in order. So the consumer is pinned to one client
//! (ADR-42): the server delivers to that one alone for as long as it keeps asking, and to another one that
//! waits when it has not asked for [`PIN_TIMEOUT`]. A reader that was taken for dead and works on is harmless: what it acknowledges
//! late is done, the server ignores that of what the new reader has not been given yet, and what it writes is guarded by
//! sequences. It is harmless because each message is acknowledged by itself (docs/adr/0015).

mod durable;
mod reader;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::message::Acker;
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Connection;
use crate::boundary::StoredMessage;
use reader::Reader;

/// The code of an error that passes by itself: JetStream or a stream's leader is not there yet.
const UNAVAILABLE: usize = 503;
/// For how long the server waits for a reader that does not ask before it takes another one. A reader asks each second.
pub const PIN_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the server waits for an acknowledgement or a sign of work. Signs are sent for whatever is held, so this is how long it
/// takes until a delivery or an acknowledgement comes again that was lost between two servers, unseen from here.
const ACK_WAIT: Duration = Duration::from_secs(15);
/// The name of the group whose members share a consumer. A consumer has one group.
const GROUP: &str = "instances";

/// A durable consumer as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// The stream it reads.
    pub stream: &'static str,
    /// Its name, by which the server remembers how far it has come.
    pub durable: String,
    /// What it is for, in a few words.
    pub description: String,
    /// The filter of the subjects it reads; `None` for all of the stream.
    pub filter: Option<String>,
    /// Where it begins.
    pub start: Start,
    /// How many messages may be on their way or worked on at the same time.
    pub in_flight: u16,
}

/// Where a durable consumer begins when the server makes it. One that there is already goes on from where it is, whatever is
/// said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the first message of the stream.
    Beginning,
    /// With the first message that is stored from then on.
    Now,
}

/// A message and the means to acknowledge it. As long as it is held the server is told that somebody works on it.
pub struct Delivery {
    /// The message.
    pub message: StoredMessage,
    ticket: Arc<Ticket>,
}

/// What of a delivery the reader keeps an eye on.
struct Ticket {
    acker: Acker,
    /// The reading that it belongs to.
    epoch: u64,
    /// The reading that is going on.
    current: Arc<AtomicU64>,
}

impl Delivery {
    /// Acknowledges this message, and none before it. The acknowledgement may be lost on the way, and then the message comes
    /// again.
    ///
    /// # Errors
    /// When the connection has been closed for good.
    pub async fn ack(&self) -> Result<(), async_nats::Error> {
        self.ticket.acker.ack().await
    }

    /// Whether the feed still reads as it did when this was delivered. If not, the message comes again, here or to
    /// another instance, unless it has been acknowledged: better not begin to work on it.
    pub fn is_current(&self) -> bool {
        self.ticket.current.load(Ordering::Acquire) == self.ticket.epoch
    }

    /// The number of the reading, which grows whenever this feed begins anew. Between two readings another instance may have
    /// read.
    pub fn epoch(&self) -> u64 {
        self.ticket.epoch
    }
}

/// Why a feed did not open.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The server does not make this consumer, or does not change it into this one.
    #[error(
        "the server refuses the consumer {durable} of the stream {stream} as it is declared: {reason}; \
         delete it if it may start over (`nats consumer rm {stream} {durable}`)"
    )]
    Refused {
        /// The stream.
        stream: &'static str,
        /// The consumer.
        durable: String,
        /// What the server says.
        reason: String,
    },
    /// The account, or the stream, has as many consumers as it may have.
    #[error(
        "the consumer {durable} of the stream {stream} would be one too many: raise max_consumers in the account's limits, or \
         delete a consumer that nobody needs"
    )]
    TooMany {
        /// The stream.
        stream: &'static str,
        /// The consumer.
        durable: String,
    },
    /// JetStream does not answer. Another try may be successful.
    #[error(
        "JetStream does not answer about the consumer {durable} of the stream {stream}: {reason}"
    )]
    Unanswered {
        /// The stream.
        stream: &'static str,
        /// The consumer.
        durable: String,
        /// What happened.
        reason: String,
    },
}

impl FeedError {
    /// Why a durable consumer was not made: the server refuses it, or is not there yet.
    pub(crate) fn of_consumer(stream: &'static str, durable: &str, error: &ConsumerError) -> Self {
        let (durable, reason) = (durable.to_owned(), error.to_string());
        match error.kind() {
            ConsumerErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::MAXIMUM_CONSUMERS_LIMIT =>
            {
                Self::TooMany { stream, durable }
            }
            ConsumerErrorKind::JetStream(error) if error.code() != UNAVAILABLE => Self::Refused {
                stream,
                durable,
                reason: error.to_string(),
            },
            _ => Self::Unanswered {
                stream,
                durable,
                reason,
            },
        }
    }
}

/// The messages of a stream, in order, from the last one that was acknowledged.
pub struct Feed {
    spec: FeedSpec,
    shelf: Arc<Shelf>,
    flows: watch::Receiver<bool>,
    // Whoever drops the feed stops the reader, which then hands over to another instance.
    stop: DropGuard,
    reader: JoinHandle<()>,
}

impl Feed {
    /// Opens the feed for the first time, which brings the consumer up to date.
    ///
    /// # Errors
    /// When the server refuses the consumer or does not answer. Later on the feed opens again by itself.
    pub async fn open(connection: &Connection, spec: FeedSpec) -> Result<Self, FeedError> {
        let shelf = Arc::new(Shelf::default());
        let (flows, flowing) = watch::channel(true);
        let mut reader = Reader::new(connection, spec.clone(), Arc::clone(&shelf), flows);
        let open = reader.open().await?;
        let stop = CancellationToken::new();
        let reader = tokio::spawn(reader.run(open, stop.clone()));
        Ok(Self {
            spec,
            shelf,
            flows: flowing,
            stop: stop.drop_guard(),
            reader,
        })
    }

    /// Whether this instance reads or stands ready to: false while the feed tries to open again.
    pub fn flows(&self) -> watch::Receiver<bool> {
        self.flows.clone()
    }

    /// The declaration it was opened with.
    pub fn spec(&self) -> &FeedSpec {
        &self.spec
    }

    /// The next message and those that are there already, at most `limit` of them. Waits for the first one only, and for
    /// as long as it takes: interruptions are logged, and the feed opens again; and while another instance reads,
    /// there is nothing here.
    ///
    /// What was delivered before an interruption and not acknowledged comes again. All messages that are returned together
    /// belong to the same [epoch](Delivery::epoch). Cancel-safe.
    pub async fn next(&mut self, limit: usize) -> Vec<Delivery> {
        loop {
            let arrived = self.shelf.arrived.notified();
            let taken = self.shelf.take(limit);
            if !taken.is_empty() {
                return taken;
            }
            arrived.await;
        }
    }

    /// Stops reading and lets another instance read at once. What is held can still be acknowledged until that one begins.
    pub async fn close(self) {
        drop(self.stop);
        if let Err(error) = self.reader.await {
            tracing::error!(
                consumer = self.spec.durable,
                "the reader did not end well: {error}"
            );
        }
    }
}

/// What has been delivered and was not taken yet. The server bounds it: it delivers no more than may be in flight.
#[derive(Default)]
struct Shelf {
    deliveries: Mutex<VecDeque<Delivery>>,
    arrived: Notify,
    epoch: Arc<AtomicU64>,
}

impl Shelf {
    fn take(&self, limit: usize) -> Vec<Delivery> {
        let mut deliveries = self.lock();
        let count = limit.min(deliveries.len());
        deliveries.drain(..count).collect()
    }

    /// Puts a message, and returns by what it is seen whether somebody holds it.
    fn put(&self, message: StoredMessage, acker: Acker) -> Weak<Ticket> {
        let ticket = Arc::new(Ticket {
            acker,
            epoch: self.epoch.load(Ordering::Acquire),
            current: Arc::clone(&self.epoch),
        });
        let held = Arc::downgrade(&ticket);
        self.lock().push_back(Delivery { message, ticket });
        self.arrived.notify_one();
        held
    }

    /// Ends a reading: what was not taken comes again.
    fn clear(&self) {
        let mut deliveries = self.lock();
        self.epoch.fetch_add(1, Ordering::AcqRel);
        deliveries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Delivery>> {
        // Nothing that runs under the lock leaves the queue half changed.
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("spec", &self.spec)
            .field("flows", &*self.flows.borrow())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.message).finish()
    }
}
