//! A message for a stream, and how it is published.

use std::time::Duration;

use bytes::Bytes;

use super::ack::PublishAckFuture;
use super::{JetStream, PublishError, Schedule, ttl};
use crate::client::PendingAnswer;
use crate::proto::{HeaderError, HeaderMap};

/// A message for a stream.
///
/// ```
/// let publish = nats_wsclient::Publish::to("orders.17")
///     .message_id("5b2e")
///     .expected_last_subject_sequence(3)
///     .header("Content-Type", "application/json")
///     .payload("{}");
/// ```
#[derive(Debug, Clone)]
pub struct Publish {
    pub(super) subject: String,
    headers: HeaderMap,
    /// The first header that could not be set. A chain of calls would lose it.
    error: Option<HeaderError>,
    payload: Bytes,
    pub(super) timeout: Option<Duration>,
}

impl Publish {
    /// A message on this subject, with neither headers nor a payload. An invalid subject is an error once it is
    /// published.
    pub fn to(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            headers: HeaderMap::new(),
            error: None,
            payload: Bytes::new(),
            timeout: None,
        }
    }

    /// Sets what it carries; empty by default. More bytes than the server takes are an error once it is published.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
    }

    /// Sets a header. An invalid one is an error once the message is published.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        if let Err(error) = self.headers.insert(name, value) {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Sets all headers, in place of those that were set before.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the id by which the stream recognises a message that is sent twice (`Nats-Msg-Id`).
    #[must_use]
    pub fn message_id(self, id: impl AsRef<str>) -> Self {
        self.header("Nats-Msg-Id", id)
    }

    /// Publish only if this is the sequence of the stream's last message.
    #[must_use]
    pub fn expected_last_sequence(self, sequence: u64) -> Self {
        self.header("Nats-Expected-Last-Sequence", sequence.to_string())
    }

    /// Publish only if this is the sequence of the last message of the subject; 0: there is none.
    #[must_use]
    pub fn expected_last_subject_sequence(self, sequence: u64) -> Self {
        let name = "Nats-Expected-Last-Subject-Sequence";
        self.header(name, sequence.to_string())
    }

    /// Publish only if this is the sequence of the last message of the subjects that match `filter`; 0: there is none.
    ///
    /// Everybody who writes under a filter has to use the very same one: on three replicas, two that overlap and are not
    /// the same do not exclude one another.
    #[must_use]
    pub fn expected_last_subject_sequence_of(self, filter: impl AsRef<str>, sequence: u64) -> Self {
        self.expected_last_subject_sequence(sequence)
            .header("Nats-Expected-Last-Subject-Sequence-Subject", filter)
    }

    /// Publish only if this stream takes it.
    #[must_use]
    pub fn expected_stream(self, name: impl AsRef<str>) -> Self {
        self.header("Nats-Expected-Stream", name)
    }

    /// Publish only if this is the id of the stream's last message.
    #[must_use]
    pub fn expected_last_message_id(self, id: impl AsRef<str>) -> Self {
        self.header("Nats-Expected-Last-Msg-Id", id)
    }

    /// How long the message lives, in whole seconds, at least one; [`Duration::MAX`]: for ever, whatever the stream's
    /// `max_age` (ADR-43). The stream has to allow it.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        self.header("Nats-TTL", ttl::header(ttl))
    }

    /// Lets the server publish it later, or again and again (ADR-51). The stream has to allow it.
    #[must_use]
    pub fn schedule(self, schedule: Schedule) -> Self {
        let message = self.header("Nats-Schedule", schedule.when);
        let others = schedule.others.iter();
        others.fold(message, |message, (name, value)| {
            message.header(name, value)
        })
    }

    /// How long the acknowledgement may take, in place of [`JetStream::ack_timeout`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends it, and asks for an answer.
    pub(super) fn send(&self, js: &JetStream) -> Result<PendingAnswer, PublishError> {
        if let Some(error) = &self.error {
            return Err(error.clone().into());
        }
        let timeout = self.timeout.or(js.ack_timeout);
        let sent = js
            .client
            .start_request(&self.subject, &self.headers, &self.payload, timeout);
        Ok(sent?)
    }

    /// Sends it without asking for an answer.
    pub(super) fn send_only(&self, js: &JetStream) -> Result<(), PublishError> {
        if let Some(error) = &self.error {
            return Err(error.clone().into());
        }
        js.client
            .publish_with_headers(&self.subject, &self.headers, &self.payload)?;
        Ok(())
    }
}

impl JetStream {
    /// Publishes a message into a stream. The first `.await` waits for room among the [messages that wait for their
    /// acknowledgement](Self::max_acks_in_flight), and sends; the second one waits for the stream's word that it is
    /// stored.
    ///
    /// ```no_run
    /// # async fn f(js: nats_wsclient::JetStream) -> Result<(), nats_wsclient::jetstream::PublishError> {
    /// let ack = js.publish("orders.17", "{}").await?;
    /// // …
    /// let stored = ack.await?;
    /// assert!(stored.sequence > 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it is not sent: see [`PublishError`].
    pub async fn publish(
        &self,
        subject: impl Into<String>,
        payload: impl Into<Bytes>,
    ) -> Result<PublishAckFuture, PublishError> {
        self.send_publish(Publish::to(subject).payload(payload))
            .await
    }

    /// Publishes a message with headers and expectations into a stream: see [`publish`](Self::publish).
    ///
    /// # Errors
    /// When it is not sent: see [`PublishError`].
    pub async fn send_publish(&self, message: Publish) -> Result<PublishAckFuture, PublishError> {
        let slot = self.in_flight.room().await;
        let answer = message.send(self)?;
        Ok(PublishAckFuture::new(self.clone(), message, answer, slot))
    }
}
