//! Typed publishers and listeners for plain use: messages that are no events of a boundary, such as what other programs
//! are told.
//!
//! A [`Topic`] binds a place in a stream to the type of its payloads, an enum like that of a boundary's events. A
//! [`Publisher`] writes CloudEvents there and waits for the server to have stored them; a [`Listener`] is a durable
//! consumer whose messages are shared by all who open it under the same name (a queue group), each of them acknowledged
//! by itself, and delivered again if it is not.
//!
//! A listener's messages come in any order once one of them was delivered again. Whoever needs order has a
//! [`Feed`](crate::Feed).

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::message::{AckKind, Acker};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cloud_event::{self, Attributes, Cause, DecodeError, Metadata};
use crate::feed::FeedError;
use crate::publish::{PublishError, PublishOptions, publish};
use crate::upcast::Upcaster;
use crate::{Connection, Patience};

/// What goes where: a stream, the subjects in it, and the type of what is written there. Meant for a constant.
///
/// ```
/// use jetstream_es::topic::Topic;
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # #[serde(tag = "type", content = "data")]
/// # enum Billing { #[serde(rename = "billing.invoice-sent.v1")] InvoiceSent { number: u64 } }
/// const BILLING: Topic<Billing> = Topic::new("billing", "billing.*", "/billing", |message| match message {
///     Billing::InvoiceSent { number } => format!("billing.{number}"),
/// });
/// ```
pub struct Topic<T> {
    stream: &'static str,
    filter: &'static str,
    source: &'static str,
    subject: fn(&T) -> String,
    upcasters: &'static [Upcaster],
    payload: PhantomData<fn() -> T>,
}

impl<T> Topic<T> {
    /// A topic in `stream`: all subjects that `filter` matches, written by programs that call themselves `source` (the
    /// CloudEvents attribute). `subject` says where a payload goes, which must be matched by the filter.
    pub const fn new(
        stream: &'static str,
        filter: &'static str,
        source: &'static str,
        subject: fn(&T) -> String,
    ) -> Self {
        Self {
            stream,
            filter,
            source,
            subject,
            upcasters: &[],
            payload: PhantomData,
        }
    }

    /// Lifts old versions of payloads when they are read.
    #[must_use]
    pub const fn lifted_by(mut self, upcasters: &'static [Upcaster]) -> Self {
        self.upcasters = upcasters;
        self
    }
}

/// Writes to a topic. Cheap to clone.
pub struct Publisher<T> {
    connection: Connection,
    topic: Topic<T>,
}

/// What the server says of a message that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// It had been stored before, under the same id and within the stream's deduplication window, and was not again.
    pub duplicate: bool,
}

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// serde does not write it.
    #[error("the message cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is not known to be stored.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl<T: Serialize> Publisher<T> {
    /// A publisher of the topic.
    pub fn new(connection: &Connection, topic: Topic<T>) -> Self {
        Self {
            connection: connection.clone(),
            topic,
        }
    }

    /// Publishes a message and waits until it is stored. `id` is its id as a CloudEvent and for the stream's
    /// deduplication; `cause` is what led to it.
    ///
    /// # Errors
    /// When it is not known to be stored. Publishing it again under the same id does no harm.
    pub async fn publish(
        &self,
        id: &str,
        payload: &T,
        cause: &Cause,
    ) -> Result<Published, SendError> {
        let options = PublishOptions::default();
        self.publish_with(id, payload, cause, &options).await
    }

    /// [`publish`](Publisher::publish) with options, of which an id replaces the one for the stream's deduplication.
    ///
    /// # Errors
    /// As `publish`; and [`PublishError::Conflict`] or [`PublishError::Refused`] when an expectation is not met.
    pub async fn publish_with(
        &self,
        id: &str,
        payload: &T,
        cause: &Cause,
        options: &PublishOptions,
    ) -> Result<Published, SendError> {
        let attributes = Attributes {
            id: Some(id),
            source: self.topic.source,
            subject: None,
            time: cause.time,
            correlation: Some(&cause.correlation),
            causation: Some(&cause.command),
            actor: cause.actor.as_deref(),
        };
        let (mut headers, bytes) = cloud_event::write(payload, &attributes)?;
        headers.insert(NATS_MESSAGE_ID, id);
        options.write(&mut headers);
        let subject = (self.topic.subject)(payload);
        let ack = publish(self.connection.client(), subject, headers, bytes).await?;
        Ok(Published {
            sequence: ack.sequence,
            duplicate: ack.duplicate,
        })
    }
}

/// A durable consumer of a topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSpec {
    /// Its name. Those who listen under the same name share the messages.
    pub durable: String,
    /// What it is for, in a few words.
    pub description: String,
    /// After how long a message that was not acknowledged is delivered again.
    pub ack_wait: Duration,
    /// How often a message is delivered at most; `None` for no limit. The server tells of the last one only in an
    /// advisory.
    pub deliveries: Option<u32>,
    /// How many messages may be worked on at the same time, by all listeners together.
    pub in_flight: u16,
}

impl ListenerSpec {
    /// A listener that has 30 seconds for a message and gets it again without limit; 256 at a time.
    pub fn new(durable: impl Into<String>) -> Self {
        Self {
            durable: durable.into(),
            description: String::new(),
            ack_wait: Duration::from_secs(30),
            deliveries: None,
            in_flight: 256,
        }
    }
}

/// Reads a topic, together with all others who listen under the same name.
pub struct Listener<T> {
    jetstream: jetstream::Context,
    topic: Topic<T>,
    spec: ListenerSpec,
    messages: Option<pull::Stream>,
    patience: Patience,
}

/// A message that was heard. It is delivered again unless it is acknowledged in time.
pub struct Heard<T> {
    /// What it says, or why it is not understood; then [`terminate`](Heard::terminate) is what helps.
    pub payload: Result<T, DecodeError>,
    /// Its attributes, if it is understood.
    pub metadata: Option<Metadata>,
    /// Its subject.
    pub subject: String,
    /// Its sequence in the stream.
    pub sequence: u64,
    /// How often it has been delivered, this time included.
    pub deliveries: u64,
    acker: Acker,
}

/// Why an acknowledgement is not known to have arrived. The message may be delivered again.
#[derive(Debug, thiserror::Error)]
#[error("not acknowledged: {0}")]
pub struct AckError(async_nats::Error);

impl<T: DeserializeOwned> Listener<T> {
    /// Makes the durable consumer, or brings it up to date, and listens.
    ///
    /// # Errors
    /// When the server refuses the consumer or does not answer. Later on the listener opens again by itself.
    pub async fn open(
        connection: &Connection,
        topic: Topic<T>,
        spec: ListenerSpec,
    ) -> Result<Self, FeedError> {
        let mut listener = Self {
            jetstream: connection.jetstream(),
            topic,
            spec,
            messages: None,
            patience: Patience::default(),
        };
        listener.messages = Some(listener.messages().await?);
        Ok(listener)
    }

    /// The next message. Waits for as long as it takes: interruptions are logged, and the listener opens again.
    ///
    /// Cancel-safe: a message that is not returned is delivered again.
    pub async fn next(&mut self) -> Heard<T> {
        loop {
            let Some(messages) = &mut self.messages else {
                match self.messages().await {
                    Ok(messages) => {
                        self.messages = Some(messages);
                        self.patience.reset();
                    }
                    Err(error) => {
                        tracing::warn!("{error}; will try again");
                        self.patience.wait().await;
                    }
                }
                continue;
            };
            let interrupted = match messages.next().await {
                Some(Ok(message)) => match self.heard(message) {
                    Ok(heard) => return heard,
                    Err(reason) => reason,
                },
                Some(Err(error)) => error.to_string(),
                None => "the subscription ended".to_owned(),
            };
            let (stream, durable) = (self.topic.stream, &self.spec.durable);
            tracing::info!(stream, durable, "opens again: {interrupted}");
            self.messages = None;
        }
    }

    fn heard(&self, message: jetstream::Message) -> Result<Heard<T>, String> {
        let place = message.info().map_err(|error| error.to_string())?;
        let (sequence, deliveries) = (place.stream_sequence, place.delivered);
        let (message, acker) = message.split();
        let headers = message.headers.unwrap_or_default();
        let read = cloud_event::read(&headers, &message.payload, self.topic.upcasters);
        let (payload, metadata) = match read {
            Ok((payload, metadata)) => (Ok(payload), Some(metadata)),
            Err(error) => (Err(error), None),
        };
        Ok(Heard {
            payload,
            metadata,
            subject: message.subject.into_string(),
            sequence,
            deliveries: u64::try_from(deliveries).unwrap_or_default(),
            acker,
        })
    }

    async fn messages(&self) -> Result<pull::Stream, FeedError> {
        let (stream, durable) = (self.topic.stream, &self.spec.durable);
        let config = pull::Config {
            durable_name: Some(durable.clone()),
            description: Some(self.spec.description.clone()),
            filter_subject: self.topic.filter.to_owned(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.spec.ack_wait,
            max_deliver: self.spec.deliveries.map_or(-1, i64::from),
            max_ack_pending: i64::from(self.spec.in_flight),
            ..pull::Config::default()
        };
        let consumer = self.jetstream.create_consumer_on_stream(config, stream);
        let consumer: PullConsumer = consumer
            .await
            .map_err(|error| FeedError::of_consumer(stream, durable, &error))?;
        // A message that is asked for and not taken yet is one that the others do not get, so few are asked for.
        let messages = consumer.stream().max_messages_per_batch(1).messages();
        messages.await.map_err(|error| FeedError::Unanswered {
            stream,
            durable: durable.clone(),
            reason: error.to_string(),
        })
    }
}

impl<T> Heard<T> {
    /// It is done. Waits until the server has noted that. A server that is killed may have forgotten it all the same, so
    /// what is done with a message must do no harm a second time.
    ///
    /// # Errors
    /// When the server does not say so.
    pub async fn ack(&self) -> Result<(), AckError> {
        self.acker.double_ack().await.map_err(AckError)
    }

    /// It is not done, and is to be delivered again after `delay`, to any of those who listen.
    ///
    /// # Errors
    /// When that cannot be sent. Then it is delivered again after [`ListenerSpec::ack_wait`].
    pub async fn nak(&self, delay: Duration) -> Result<(), AckError> {
        // Without a delay the server delivers it again at once, whatever is wrong.
        self.acknowledge(AckKind::Nak(Some(delay))).await
    }

    /// It will never be done, and is not delivered again. The server tells of that in an advisory.
    ///
    /// # Errors
    /// When that cannot be sent.
    pub async fn terminate(&self) -> Result<(), AckError> {
        self.acknowledge(AckKind::Term).await
    }

    /// It is being worked on, and the time to acknowledge it begins anew.
    ///
    /// # Errors
    /// When that cannot be sent.
    pub async fn progress(&self) -> Result<(), AckError> {
        self.acknowledge(AckKind::Progress).await
    }

    async fn acknowledge(&self, kind: AckKind) -> Result<(), AckError> {
        self.acker.ack_with(kind).await.map_err(AckError)
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Topic<T> {}

impl<T> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            topic: self.topic,
        }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("stream", &self.stream)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publisher").field(&self.topic).finish()
    }
}

impl<T> fmt::Debug for Listener<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("topic", &self.topic)
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for Heard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heard")
            .field("payload", &self.payload)
            .field("subject", &self.subject)
            .field("sequence", &self.sequence)
            .field("deliveries", &self.deliveries)
            .finish_non_exhaustive()
    }
}
