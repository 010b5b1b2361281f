//! Reading a key.

use bytes::Bytes;

use super::Store;
use crate::jetstream::JetStreamError;
use crate::jetstream::stream::StreamMessage;
use crate::kv::{Entry, KvError, MarkerReason, Operation};

impl Store {
    /// The value of a key; `None` if it has none, or none any more.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn get(&self, key: impl AsRef<str>) -> Result<Option<Bytes>, KvError> {
        let entry = self.entry(key).await?;
        Ok(entry.filter(Entry::is_put).map(|entry| entry.value))
    }

    /// The last revision of a key, also if that is the marker of a deletion; `None` if there is none.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn entry(&self, key: impl AsRef<str>) -> Result<Option<Entry>, KvError> {
        let subject = self.subject(key.as_ref())?;
        if !self.direct {
            return self.leaders_entry(&subject).await;
        }
        let message = self.stream.direct_get_last(subject).await;
        self.read(message)
    }

    /// A revision of a key; `None` if the bucket has not got it, or it is another key's.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn entry_for_revision(
        &self,
        key: impl AsRef<str>,
        revision: u64,
    ) -> Result<Option<Entry>, KvError> {
        let subject = self.subject(key.as_ref())?;
        let message = if self.direct {
            self.stream.direct_get(revision).await
        } else {
            self.stream.get_message(revision).await
        };
        let of_key = |message: &StreamMessage| message.subject == subject;
        self.read(message.map(|message| message.filter(of_key)))
    }

    /// The last revision of a key's subject, as the bucket's leader has it: everything that was acknowledged is in it.
    pub(super) async fn leaders_entry(&self, subject: &str) -> Result<Option<Entry>, KvError> {
        self.read(self.stream.get_last_message(subject).await)
    }

    fn read(
        &self,
        message: Result<Option<StreamMessage>, JetStreamError>,
    ) -> Result<Option<Entry>, KvError> {
        let message = message.map_err(|error| self.error(error))?;
        Ok(message.and_then(|message| self.entry_of(message)))
    }

    /// The revision that a message of the stream is, if it is one of a key.
    pub(super) fn entry_of(&self, message: StreamMessage) -> Option<Entry> {
        Some(Entry {
            key: message.subject.strip_prefix(&*self.prefix)?.to_owned(),
            value: message.payload,
            revision: message.sequence,
            delta: 0,
            created: message.time,
            operation: Operation::of(&message.headers),
            marker: MarkerReason::of(&message.headers),
        })
    }
}
