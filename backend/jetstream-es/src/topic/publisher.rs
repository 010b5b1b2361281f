//! Writes messages to a topic.

use std::fmt;

use async_nats::header::NATS_MESSAGE_ID;
use serde::Serialize;

use super::Topic;
use crate::Connection;
use crate::cloud_event::{self, Attributes, Cause};
use crate::publish::{PublishError, PublishOptions, publish};

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
        let ack = publish(&self.connection, subject, headers, bytes).await?;
        Ok(Published {
            sequence: ack.sequence,
            duplicate: ack.duplicate,
        })
    }
}

impl<T> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            topic: self.topic,
        }
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publisher").field(&self.topic).finish()
    }
}
