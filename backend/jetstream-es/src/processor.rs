//! Works on the messages of a stream: at the same time on many keys, in order on each, and with a plan for failures.
//!
//! A message that fails is tried again by the lane of its key, as the [`RetryPolicy`] says; other keys go on meanwhile. When
//! that is of no use it is parked: its [`DeadLetter`] is stored, and only then it is acknowledged. From there on what
//! comes under the same key is not worked on but waits as letters, in order, until an operator has the first one tried again, or
//! discards it.
//!
//! If the handler calls a destination, it may have a [`Breaker`], which all instances share. A try that makes the breaker leave
//! the destination alone does not count as one of the message's. From then on messages wait, and one at a time is the trial. A
//! message that was the failing trial as often as it may be tried is parked: else one that fails by itself, with no other
//! to show that the destination is there, would wait for ever.
//!
//! Two consumers take part. That of the stream is read by one instance, which files letters. The letters have a
//! consumer of their own (`retry-<durable>`), and whichever instance reads that one works on those that are to be worked on. The
//! two need not know of each other: whether a key has letters is asked of the stream of letters.
//!
//! ```no_run
//! use jetstream_es::{Connection, Failure, Handler, Processor, ProcessorSpec, StoredMessage};
//! use tokio_util::sync::CancellationToken;
//!
//! struct Kitchen;
//!
//! impl Handler for Kitchen {
//!     /// `order.<table>`: the courses of a table are served in order.
//!     fn key(&self, message: &StoredMessage) -> String {
//!         message.subject.clone()
//!     }
//!
//!     async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
//!         let dish = std::str::from_utf8(&message.payload).map_err(Failure::permanent)?;
//!         match dish {
//!             "soup" => Ok(()),
//!             "soufflé" => Err(Failure::transient("it has collapsed")),
//!             _ => Err(Failure::permanent("it is not on the menu")),
//!         }
//!     }
//! }
//!
//! # async fn serve(connection: &Connection, stop: CancellationToken) -> Result<(), Box<dyn std::error::Error>> {
//! let spec = ProcessorSpec::new("orders", "kitchen");
//! Processor::open(connection, spec, Kitchen).await?.run(stop).await;
//! # Ok(())
//! # }
//! ```

mod gate;
mod letters;
mod work;

use std::fmt;
use std::sync::Arc;

use async_nats::jetstream::stream::{Config, RetentionPolicy};
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::boundary::StoredMessage;
use crate::dead_letters::{DeadLetter, DeadLetters, STREAM};
use crate::feed::{Delivery, Feed, FeedError, FeedSpec, Start};
use crate::retry::{RealTiming, Timing};
use crate::{Breaker, Connection, Failure, Lanes, RetryPolicy};
use letters::Letters;
pub(crate) use work::Worker;
use work::{Begun, key_of};

/// How many letters are looked at at the same time.
const LETTERS_IN_FLIGHT: u16 = 256;

/// What is left to do of a message when the next one of its key may begin.
pub type Rest = BoxFuture<'static, Result<(), Failure>>;

/// What is done with each message.
///
/// A panic in any of it is a permanent failure: the message is parked with what the panic says, and all others go on. What the
/// handler shares between messages is its own affair then, as after a panic in any task: a `std::sync::Mutex` that was
/// held is poisoned. The crate keeps nothing of what a panic has interrupted.
pub trait Handler: Send + Sync + 'static {
    /// What the message is about: messages of the same key are handled in order. A message whose key cannot be told should have
    /// one of its own, such as its subject or its sequence, and fail permanently when it is handled.
    fn key(&self, message: &StoredMessage) -> String;

    /// Does what is to be done. The same message may come more than once, also after newer ones of its key have been handled;
    /// doing it again must change nothing.
    fn handle(&self, message: &StoredMessage) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Does the part of [`handle`](Handler::handle) that the next message of the key has to wait for, and returns the rest,
    /// during which that one is begun. The message is acknowledged after the rest; if the rest fails, `handle` is what is
    /// tried again. Unless told otherwise there is no rest.
    fn begin(
        &self,
        message: &StoredMessage,
    ) -> impl Future<Output = Result<Option<Rest>, Failure>> + Send {
        async { self.handle(message).await.map(|()| None) }
    }

    /// Is told that a message was parked or waits behind one that was, before it is acknowledged. May be told again.
    fn parked(
        &self,
        message: &StoredMessage,
        letter: &DeadLetter,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = (message, letter);
        std::future::ready(Ok(()))
    }

    /// Is told that an operator has given a message up, unless neither its stream nor the letter has it any more. May be told
    /// again. What is done is not undone by that: [`recall`](crate::Repository::recall) says what became of a command.
    fn discarded(
        &self,
        message: &StoredMessage,
        letter: &DeadLetter,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = (message, letter);
        std::future::ready(Ok(()))
    }
}

/// A processor as it should be.
#[derive(Clone)]
pub struct ProcessorSpec {
    /// The stream it reads.
    pub stream: &'static str,
    /// The name of its durable consumer, which is also that of its letters.
    pub durable: String,
    /// What it is for, in a few words.
    pub description: String,
    /// The filter of the subjects it reads; `None` for all of the stream.
    pub filter: Option<String>,
    /// With which message it begins when its consumer is made.
    pub start: Start,
    /// How many messages may be on their way, waiting in lanes, or worked on. Bounds the memory.
    pub in_flight: u16,
    /// How many messages are handled at the same time.
    pub concurrency: usize,
    /// What follows a transient failure.
    pub policy: RetryPolicy,
    /// The breaker of the destination that the handler calls, if it calls one. While that is left alone no message is tried,
    /// counted or parked: all wait, and from time to time one tries whether the destination is back.
    pub breaker: Option<Breaker>,
    /// Time and chance.
    pub timing: Arc<dyn Timing>,
}

impl ProcessorSpec {
    /// Reads all of a stream, 64 messages at the same time and up to 1,024 in flight, and tries each five times.
    pub fn new(stream: &'static str, durable: impl Into<String>) -> Self {
        Self {
            stream,
            durable: durable.into(),
            description: String::new(),
            filter: None,
            start: Start::Beginning,
            in_flight: 1_024,
            concurrency: 64,
            policy: RetryPolicy::default(),
            breaker: None,
            timing: Arc::new(RealTiming),
        }
    }

    /// Its durable consumers, each by its stream and its name: that of the messages, and that of their letters.
    pub fn consumers(&self) -> [(&'static str, String); 2] {
        let letters = (STREAM, letters_consumer(&self.durable));
        [(self.stream, self.durable.clone()), letters]
    }
}

/// The durable consumer of the letters of those that are filed under a name.
pub(crate) fn letters_consumer(durable: &str) -> String {
    format!("retry-{durable}")
}

/// Why a processor did not open.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// One of its consumers did not open.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// JetStream does not say whether the stream forgets.
    #[error("JetStream does not answer about the stream {stream}: {reason}")]
    Unanswered {
        /// The stream.
        stream: &'static str,
        /// What happened.
        reason: String,
    },
}

impl ProcessorError {
    /// Whether another try may be successful without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Feed(error) => matches!(error, FeedError::Unanswered { .. }),
            Self::Unanswered { .. } => true,
        }
    }
}

/// Works on a stream while [`run`](Processor::run) is polled.
pub struct Processor<H> {
    messages: Feed,
    letters: Feed,
    worker: Arc<Worker<H>>,
}

impl<H: Handler> Processor<H> {
    /// Opens the consumers. The stream of letters ([`DeadLetters::stream`]) must have been declared.
    ///
    /// # Errors
    /// When a consumer does not open, or JetStream does not answer.
    pub async fn open(
        connection: &Connection,
        spec: ProcessorSpec,
        handler: H,
    ) -> Result<Self, ProcessorError> {
        let messages = FeedSpec {
            stream: spec.stream,
            durable: spec.durable.clone(),
            description: spec.description.clone(),
            filter: spec.filter.clone(),
            start: spec.start,
            in_flight: spec.in_flight,
        };
        let messages = Feed::open(connection, messages).await?;
        let (letters, worker) = open_letters(connection, spec, handler).await?;
        Ok(Self {
            messages,
            letters,
            worker,
        })
    }

    /// For each consumer, whether it is read here or ready to be.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        vec![self.messages.flows(), self.letters.flows()]
    }

    /// Works until `stop`, ends what has been begun, and hands over to another instance. What was not begun comes again.
    pub async fn run(self, stop: CancellationToken) {
        self.worker.stop_with(&stop);
        tokio::join!(
            work_on_messages(self.messages, Arc::clone(&self.worker), &stop),
            work_on_letters(self.letters, Arc::clone(&self.worker), &stop),
        );
    }
}

async fn work_on_messages<H: Handler>(
    mut feed: Feed,
    worker: Arc<Worker<H>>,
    stop: &CancellationToken,
) {
    let rests = TaskTracker::new();
    let lanes = {
        let (worker, rests) = (Arc::clone(&worker), rests.clone());
        Lanes::new(move |(key, delivery): (String, Delivery)| {
            let (worker, rests) = (Arc::clone(&worker), rests.clone());
            async move {
                if let Begun::Rest(rest) = worker.begin(&key, &delivery).await {
                    rests.spawn(async move { worker.finish(&key, &delivery, rest).await });
                }
            }
        })
    };
    let limit = usize::from(feed.spec().in_flight);
    let mut epoch = None;
    while let Some(batch) = stop.run_until_cancelled(feed.next(limit)).await {
        // Another instance may have filed letters since this one read last, and what they are about must not be overtaken.
        let begins = batch.first().map(Delivery::epoch);
        if begins != epoch {
            match stop.run_until_cancelled(worker.learn_letters()).await {
                Some(()) => epoch = begins,
                None => break,
            }
        }
        for delivery in batch {
            let key = key_of(&worker.handler, &delivery.message);
            lanes.put(key.clone(), (key, delivery));
        }
    }
    lanes.finish().await;
    rests.close();
    rests.wait().await;
    feed.close().await;
}

/// Opens the consumer of the letters, and makes the one who works on them and files others.
pub(crate) async fn open_letters<H: Handler>(
    connection: &Connection,
    spec: ProcessorSpec,
    handler: H,
) -> Result<(Feed, Arc<Worker<H>>), ProcessorError> {
    let forgets = forgets(connection, spec.stream).await?;
    let letters = FeedSpec {
        stream: STREAM,
        durable: letters_consumer(&spec.durable),
        description: format!("works on the dead letters of {}", spec.durable),
        filter: Some(crate::dead_letters::filter_of(&spec.durable)),
        start: Start::Beginning,
        in_flight: LETTERS_IN_FLIGHT,
    };
    let worker = Worker::new(
        handler,
        Letters::new(DeadLetters::new(connection), &spec, forgets),
        connection.link(),
        spec,
    );
    Ok((Feed::open(connection, letters).await?, Arc::new(worker)))
}

impl<H: Handler> Worker<H> {
    /// Works on letters until `stop`.
    pub(crate) async fn work_on_letters(self: Arc<Self>, letters: Feed, stop: CancellationToken) {
        self.stop_with(&stop);
        work_on_letters(letters, self, &stop).await;
    }
}

async fn work_on_letters<H: Handler>(
    mut feed: Feed,
    worker: Arc<Worker<H>>,
    stop: &CancellationToken,
) {
    let lanes = {
        let worker = Arc::clone(&worker);
        Lanes::new(move |delivery: Delivery| {
            let worker = Arc::clone(&worker);
            async move { worker.look_at_letter(&delivery).await }
        })
    };
    while let Some(batch) = stop
        .run_until_cancelled(feed.next(usize::from(LETTERS_IN_FLIGHT)))
        .await
    {
        for delivery in batch {
            // dlq.<consumer>.<key>.…
            let key = delivery.message.subject.split('.').nth(2);
            lanes.put(key.unwrap_or_default().to_owned(), delivery);
        }
    }
    lanes.finish().await;
    feed.close().await;
}

/// Whether the stream may lose a message that somebody still needs, so that a letter needs a copy of it.
async fn forgets(connection: &Connection, stream: &'static str) -> Result<bool, ProcessorError> {
    let found = connection.jetstream().get_stream(stream).await;
    let found = found.map_err(|error| ProcessorError::Unanswered {
        stream,
        reason: error.to_string(),
    })?;
    let Config {
        retention,
        max_age,
        max_bytes,
        max_messages,
        max_messages_per_subject,
        ..
    } = found.cached_info().config;
    Ok(retention != RetentionPolicy::Limits
        || !max_age.is_zero()
        || max_bytes > 0
        || max_messages > 0
        || max_messages_per_subject > 0)
}

impl fmt::Debug for ProcessorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessorSpec")
            .field("stream", &self.stream)
            .field("durable", &self.durable)
            .field("filter", &self.filter)
            .field("policy", &self.policy)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

impl<H> fmt::Debug for Processor<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor")
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}
