//! Reads messages of a topic, together with others.

use std::fmt;
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::message::{AckKind, Acker};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::Topic;
use crate::cloud_event::{self, DecodeError, Metadata};
use crate::feed::FeedError;
use crate::{Connection, Patience};

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
