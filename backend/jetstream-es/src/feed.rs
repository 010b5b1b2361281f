//! A durable consumer that delivers in order.
//!
//! JetStream remembers what a durable consumer has acknowledged, but after a crash or a lost connection it delivers the
//! messages that were on their way *later* than newer ones. Whoever folds events cannot use that: an event that comes
//! after a newer one of the same key looks like one that was applied already. So whenever a feed opens, it first resets
//! its consumer to what has been acknowledged (ADR-60), and from there it counts the deliveries; after a gap, an error
//! or a reconnect it opens again. What is delivered twice by that is delivered in order.
//!
//! A feed is for one reader at a time: of two that read the same durable, each would take away what the other one needs
//! to be in order.

use std::fmt;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::message::Acker;
use async_nats::jetstream::{self, stream::ConsumerErrorKind};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

use crate::boundary::StoredMessage;
use crate::connection::Link;
use crate::{Connection, Patience};

/// The server says that often that it is there; without it, the feed opens again after twice this time.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// The code of an error that passes by itself: JetStream or a stream's leader is not there yet.
const UNAVAILABLE: usize = 503;
/// How long one pull request waits for messages.
const EXPIRES: Duration = Duration::from_secs(30);

/// A durable consumer as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// The stream it reads.
    pub stream: &'static str,
    /// Its name, by which the server remembers how far it has come.
    pub durable: String,
    /// What it is for, in a few words.
    pub description: String,
    /// What an acknowledgement means.
    pub acks: Acks,
    /// How many messages may be on their way or worked on at the same time.
    pub in_flight: u16,
}

/// What an acknowledgement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// This message is done. For work that ends in any order.
    Each,
    /// This message and all before it are done. For work that is done in order.
    UpTo,
}

impl FeedSpec {
    fn config(&self) -> pull::Config {
        pull::Config {
            durable_name: Some(self.durable.clone()),
            description: Some(self.description.clone()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: match self.acks {
                Acks::Each => AckPolicy::Explicit,
                Acks::UpTo => AckPolicy::All,
            },
            // Long, because order makes redelivery pointless while somebody still works on it.
            ack_wait: Duration::from_secs(60),
            max_ack_pending: i64::from(self.in_flight),
            ..pull::Config::default()
        }
    }
}

/// A message and the means to acknowledge it.
pub struct Delivery {
    /// The message.
    pub message: StoredMessage,
    acker: Acker,
}

impl Delivery {
    /// Acknowledges it. The acknowledgement may be lost on the way, and then the message comes again.
    ///
    /// # Errors
    /// When the connection has been closed for good.
    pub async fn ack(&self) -> Result<(), async_nats::Error> {
        self.acker.ack().await
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

/// The messages of a stream, in order, from the last one that was acknowledged.
pub struct Feed {
    jetstream: jetstream::Context,
    link: watch::Receiver<Link>,
    spec: FeedSpec,
    open: Option<Open>,
    patience: Patience,
    flows: watch::Sender<bool>,
}

struct Open {
    messages: pull::Stream,
    /// The number that the next delivery has if none was lost.
    next: u64,
    /// The reconnects of the connection when this was opened.
    reconnects: u64,
}

/// Why an open feed has to open again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("delivery {expected} was lost, {found} came instead")]
    Gap { expected: u64, found: u64 },
    #[error("the connection was made again")]
    Reconnected,
    #[error("{0}")]
    Messages(#[from] pull::MessagesError),
    #[error("the subscription ended")]
    Ended,
    #[error("a message without its place in the stream: {0}")]
    NoPlace(String),
}

impl Feed {
    /// Opens the feed for the first time, which brings the consumer up to date.
    ///
    /// # Errors
    /// When the server refuses the consumer or does not answer. Later on the feed opens again by itself.
    pub async fn open(connection: &Connection, spec: FeedSpec) -> Result<Self, FeedError> {
        let (flows, _) = watch::channel(false);
        let mut feed = Self {
            jetstream: connection.jetstream(),
            link: connection.link(),
            spec,
            open: None,
            patience: Patience::default(),
            flows,
        };
        feed.reopen().await?;
        Ok(feed)
    }

    /// Whether messages flow: false while the feed tries to open again.
    pub fn flows(&self) -> watch::Receiver<bool> {
        self.flows.subscribe()
    }

    /// The declaration it was opened with.
    pub fn spec(&self) -> &FeedSpec {
        &self.spec
    }

    /// The next message and those that are there already, at most `limit` of them. Waits for the first one only, and for
    /// as long as it takes: interruptions are logged, and the feed opens again.
    ///
    /// What was delivered before an interruption and not acknowledged comes again.
    pub async fn next(&mut self, limit: usize) -> Vec<Delivery> {
        loop {
            let Some(open) = &mut self.open else {
                // Requests would only wait for the connection as well, and then time out.
                up(&mut self.link).await;
                match self.reopen().await {
                    Ok(()) => self.patience.reset(),
                    Err(error) => {
                        tracing::warn!("{error}; will try again");
                        self.patience.wait().await;
                    }
                }
                continue;
            };
            let reconnects = open.reconnects;
            let first = tokio::select! {
                first = open.next() => first,
                () = reconnect(&mut self.link, reconnects) => Err(Interrupted::Reconnected),
            };
            let mut batch = Vec::new();
            let mut delivery = first;
            loop {
                match delivery {
                    Ok(message) => batch.push(message),
                    Err(interrupted) => {
                        tracing::info!(
                            stream = self.spec.stream,
                            consumer = self.spec.durable,
                            "opens again: {interrupted}"
                        );
                        self.open = None;
                        self.flows.send_replace(false);
                        break;
                    }
                }
                if batch.len() >= limit {
                    break;
                }
                let Some(open) = &mut self.open else { break };
                match open.next().now_or_never() {
                    Some(next) => delivery = next,
                    None => break,
                }
            }
            if !batch.is_empty() {
                return batch;
            }
        }
    }

    async fn reopen(&mut self) -> Result<(), FeedError> {
        let (stream, durable) = (self.spec.stream, &self.spec.durable);
        let unanswered = |reason: String| FeedError::Unanswered {
            stream,
            durable: durable.clone(),
            reason,
        };
        // Taken first, so that a reconnect while it opens is not missed.
        let reconnects = self.link.borrow_and_update().reconnects;
        let consumer = self
            .jetstream
            .create_consumer_on_stream(self.spec.config(), stream);
        let mut consumer: PullConsumer = consumer.await.map_err(|error| match error.kind() {
            ConsumerErrorKind::JetStream(error) if error.code() != UNAVAILABLE => {
                FeedError::Refused {
                    stream,
                    durable: durable.clone(),
                    reason: error.to_string(),
                }
            }
            _ => unanswered(error.to_string()),
        })?;
        let reset = consumer.reset(None).await;
        reset.map_err(|error| unanswered(error.to_string()))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(usize::from(self.spec.in_flight))
            .expires(EXPIRES)
            .heartbeat(HEARTBEAT)
            .messages();
        let messages = messages
            .await
            .map_err(|error| unanswered(error.to_string()))?;
        self.open = Some(Open {
            messages,
            next: 1,
            reconnects,
        });
        self.flows.send_replace(true);
        Ok(())
    }
}

impl Open {
    /// Cancel-safe: a message that is not returned has not been taken.
    async fn next(&mut self) -> Result<Delivery, Interrupted> {
        let message = self.messages.next().await.ok_or(Interrupted::Ended)??;
        let place = message.info();
        let place = place.map_err(|error| Interrupted::NoPlace(error.to_string()))?;
        let (number, sequence) = (place.consumer_sequence, place.stream_sequence);
        if number != self.next {
            return Err(Interrupted::Gap {
                expected: self.next,
                found: number,
            });
        }
        self.next += 1;
        let (message, acker) = message.split();
        Ok(Delivery {
            message: StoredMessage {
                subject: message.subject.into_string(),
                sequence,
                headers: message.headers.unwrap_or_default(),
                payload: message.payload,
            },
            acker,
        })
    }
}

/// Waits until the server can be reached.
async fn up(link: &mut watch::Receiver<Link>) {
    if link.wait_for(|link| link.up).await.is_err() {
        // The connection is gone for good, and so is what would come over it.
        std::future::pending::<()>().await;
    }
}

/// Waits until the connection has been made again since it had been made `reconnects` times.
async fn reconnect(link: &mut watch::Receiver<Link>, reconnects: u64) {
    let again = link.wait_for(|link| link.up && link.reconnects != reconnects);
    if again.await.is_err() {
        // The connection is gone for good; the messages end then, too.
        std::future::pending::<()>().await;
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("spec", &self.spec)
            .field("open", &self.open.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.message).finish()
    }
}
