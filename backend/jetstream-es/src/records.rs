//! Values of a key-value bucket that programs change by compare-and-set: sessions, keys, settings.
//!
//! A read model is a [`Projection`](crate::Projection); what is a fact is an event. This is for the rest: what is true at a
//! moment, is no history, and may be forgotten for good.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_nats::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::declare::stream_of_bucket;
use crate::history::{self, ReadError};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::value::OPERATION;
use crate::{Connection, StoredMessage};

/// The header that removes everything that the subject had before.
const ROLLUP: &str = "Nats-Rollup";

/// A bucket whose values are JSON of the type `T`. It has to be declared with a history of 1.
///
/// Keys are the caller's to choose, such as ADR-8 allows them. All is read from the leader, so what was written is there.
pub struct Records<T> {
    connection: Connection,
    bucket: &'static str,
    values: PhantomData<fn() -> T>,
}

/// A value, and the revision that a change of it has to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<T> {
    /// What is there.
    pub value: T,
    /// The sequence it was written with.
    pub revision: u64,
}

/// Why a record was not read or not written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The server does not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not known to be written, or somebody else was first ([`PublishError::Conflict`]).
    #[error(transparent)]
    Write(#[from] PublishError),
    /// What is there is no value of the type, or the value is not to be written as JSON.
    #[error("a value of the bucket {bucket} under {key} is not understood: {source}")]
    Json {
        /// The bucket.
        bucket: &'static str,
        /// The key.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl RecordError {
    /// Whether somebody else has written since the revision was read.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Write(PublishError::Conflict))
    }
}

impl<T: Serialize + DeserializeOwned> Records<T> {
    /// The records of `bucket`, which has to have been declared.
    pub fn new(connection: &Connection, bucket: &'static str) -> Self {
        Self {
            connection: connection.clone(),
            bucket,
            values: PhantomData,
        }
    }

    /// What is there under `key`.
    ///
    /// # Errors
    /// When the server does not answer, or it is not understood.
    pub async fn get(&self, key: &str) -> Result<Option<Record<T>>, RecordError> {
        let stream = stream_of_bucket(self.bucket);
        let message = history::last(&self.connection, &stream, &self.subject(key)).await?;
        let Some(message) = message.filter(is_value) else {
            return Ok(None);
        };
        let revision = message.sequence;
        let value = self.read(key, &message)?;
        Ok(Some(Record { value, revision }))
    }

    /// Everything under the keys that `filter` matches, such as `anna.>`.
    ///
    /// # Errors
    /// When the server does not answer, or something is not understood.
    pub async fn list(&self, filter: &str) -> Result<BTreeMap<String, Record<T>>, RecordError> {
        let stream = stream_of_bucket(self.bucket);
        let (filter, prefix) = (self.subject(filter), self.subject(""));
        let mut found = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = history::page(&self.connection, &stream, &filter, after).await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.sequence;
            for message in page.iter().filter(|message| is_value(message)) {
                let key = message.subject.strip_prefix(&prefix).unwrap_or_default();
                let revision = message.sequence;
                let value = self.read(key, message)?;
                found.insert(key.to_owned(), Record { value, revision });
            }
        }
    }

    /// Writes whatever was there before. Returns the revision.
    ///
    /// # Errors
    /// When it is not known to be written.
    pub async fn put(&self, key: &str, value: &T) -> Result<u64, RecordError> {
        self.write(key, value, HeaderMap::new()).await
    }

    /// Writes if nothing has been written under the key since `revision`; 0 if nothing ever was. Returns the revision.
    ///
    /// # Errors
    /// See [`RecordError::is_conflict`]; and when it is not known to be written.
    pub async fn update(&self, key: &str, value: &T, revision: u64) -> Result<u64, RecordError> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, revision.to_string());
        self.write(key, value, headers).await
    }

    /// Forgets the key and all it had: only the mark is left that it is no more.
    ///
    /// # Errors
    /// When that is not known to be done.
    pub async fn purge(&self, key: &str) -> Result<(), RecordError> {
        let mut headers = HeaderMap::new();
        headers.insert(OPERATION, "PURGE");
        headers.insert(ROLLUP, "sub");
        publish(
            &self.connection,
            self.subject(key),
            headers,
            bytes::Bytes::new(),
        )
        .await?;
        Ok(())
    }

    async fn write(&self, key: &str, value: &T, headers: HeaderMap) -> Result<u64, RecordError> {
        let json = serde_json::to_vec(value).map_err(|source| self.json(key, source))?;
        let ack = publish(&self.connection, self.subject(key), headers, json.into()).await?;
        Ok(ack.sequence)
    }

    fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.bucket)
    }

    fn read(&self, key: &str, message: &StoredMessage) -> Result<T, RecordError> {
        serde_json::from_slice(&message.payload).map_err(|source| self.json(key, source))
    }

    fn json(&self, key: &str, source: serde_json::Error) -> RecordError {
        RecordError::Json {
            bucket: self.bucket,
            key: key.to_owned(),
            source,
        }
    }
}

/// Whether it is not the mark that a key is no more.
fn is_value(message: &StoredMessage) -> bool {
    message.headers.get(OPERATION).is_none()
}

impl<T> std::fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut records = f.debug_struct("Records");
        records
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
