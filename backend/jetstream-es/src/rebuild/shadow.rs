//! The bucket that is filled.

use std::collections::HashMap;

use async_nats::HeaderMap;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use bytes::Bytes;

use super::RebuildError;
use crate::Connection;
use crate::append::publish_batch;
use crate::boundary::{NewEvent, StoredMessage};
use crate::declare::stream_of_bucket;
use crate::direct::{PAGE, last_of_each, page};
use crate::history::ReadError;
use crate::projection::Projection;

/// A bucket beside the one that serves. One replica: it is made anew when it is lost.
#[derive(Debug)]
pub(super) struct Shadow {
    connection: Connection,
    bucket: String,
    stream: String,
}

impl Shadow {
    /// Makes the bucket; what an earlier rebuild has left of it is removed.
    pub(super) async fn make<P: Projection>(connection: &Connection) -> Result<Self, RebuildError> {
        let bucket = format!("{}-v{}", P::BUCKET, P::VERSION);
        let shadow = Self {
            connection: connection.clone(),
            stream: stream_of_bucket(&bucket),
            bucket,
        };
        shadow.remove().await;
        let config = Config {
            name: shadow.stream.clone(),
            description: Some(format!("Filled by a rebuild of {}.", P::BUCKET)),
            subjects: vec![format!("$KV.{}.>", shadow.bucket)],
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            allow_atomic_publish: true,
            ..Config::default()
        };
        let made = connection.jetstream().create_stream(config).await;
        made.map_err(|error| RebuildError::Shadow {
            bucket: shadow.bucket.clone(),
            reason: error.to_string(),
        })?;
        Ok(shadow)
    }

    /// Removes the bucket. If that fails, the next rebuild does it.
    pub(super) async fn remove(&self) {
        let jetstream = self.connection.jetstream();
        if let Err(error) = jetstream.delete_stream(&self.stream).await {
            tracing::debug!(bucket = self.bucket, "not removed: {error}");
        }
    }

    /// How many values there are.
    pub(super) async fn count(&self) -> Result<u64, ReadError> {
        let stream = self.connection.jetstream().get_stream(&self.stream).await;
        let stream = stream.map_err(|error| ReadError::new(&self.stream, ">", error))?;
        Ok(stream.cached_info().state.messages)
    }

    fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.bucket)
    }

    fn key<'a>(&self, subject: &'a str) -> &'a str {
        key_of(&self.bucket, subject)
    }

    /// Writes values, a thousand with one commit.
    pub(super) async fn write(&self, values: Vec<(String, Bytes)>) -> Result<(), RebuildError> {
        let mut values = values.into_iter();
        loop {
            let batch: Vec<NewEvent> = values
                .by_ref()
                .take(PAGE)
                .map(|(key, payload)| NewEvent {
                    subject: self.subject(&key),
                    headers: HeaderMap::new(),
                    payload,
                    personal: None,
                })
                .collect();
            if batch.is_empty() {
                return Ok(());
            }
            publish_batch(&self.connection, batch).await?;
        }
    }

    /// The values of these keys, of those that have one. At most [`PAGE`] keys.
    pub(super) async fn values(
        &self,
        keys: impl Iterator<Item = &str>,
    ) -> Result<HashMap<String, Bytes>, ReadError> {
        let subjects: Vec<_> = keys.map(|key| self.subject(key)).collect();
        let values = last_of_each(&self.connection, &self.stream, &subjects).await;
        let values = values.map_err(|reason| ReadError::new(&self.stream, "keys", reason))?;
        let values = values.into_iter();
        Ok(values
            .map(|message| (self.key(&message.subject).to_owned(), message.payload))
            .collect())
    }

    /// Up to [`PAGE`] values with their keys from the sequence `from` on, and the sequence after them.
    pub(super) async fn page(&self, from: u64) -> Result<(Vec<(String, Bytes)>, u64), ReadError> {
        let values = page(&self.connection, &self.stream, ">", from).await;
        let values = values.map_err(|reason| ReadError::new(&self.stream, ">", reason))?;
        let next = values.last().map_or(from, |last| last.sequence + 1);
        let values = values.into_iter();
        let values = values.map(
            |StoredMessage {
                 subject, payload, ..
             }| { (self.key(&subject).to_owned(), payload) },
        );
        Ok((values.collect(), next))
    }
}

/// The key of a bucket in the subject of its value.
pub(super) fn key_of<'a>(bucket: &str, subject: &'a str) -> &'a str {
    subject
        .strip_prefix("$KV.")
        .and_then(|rest| rest.strip_prefix(bucket))
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(subject)
}
