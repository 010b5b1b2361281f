//! Reading the revisions of a key.

use super::Store;
use crate::jetstream::JetStreamError;
use crate::jetstream::stream::DirectBatch;
use crate::kv::{Entry, KvError};

impl Store {
    /// The revisions of a key that the bucket keeps, markers of deletions included, oldest first. [`Entry::delta`] is how
    /// many newer ones there are.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn history(&self, key: impl AsRef<str>) -> Result<Vec<Entry>, KvError> {
        let subject = self.subject(key.as_ref())?;
        let read = if self.direct {
            self.read_batches(&subject).await
        } else {
            self.read_one_by_one(&subject).await
        };
        let mut entries = read.map_err(|error| self.error(error))?;
        for (newer, entry) in (0..).zip(entries.iter_mut().rev()) {
            entry.delta = newer;
        }
        Ok(entries)
    }

    async fn read_batches(&self, subject: &str) -> Result<Vec<Entry>, JetStreamError> {
        let mut entries = Vec::new();
        let mut from = 1;
        loop {
            let batch = DirectBatch::from_sequence(from).subject(subject);
            let mut messages = self.stream.direct_get_batch(batch)?;
            while let Some(message) = messages.next().await {
                let message = message?;
                from = message.sequence + 1;
                entries.extend(self.entry_of(message));
            }
            if messages.end().is_none_or(|end| end.pending == 0) {
                return Ok(entries);
            }
        }
    }

    async fn read_one_by_one(&self, subject: &str) -> Result<Vec<Entry>, JetStreamError> {
        let mut entries = Vec::new();
        let mut from = 1;
        while let Some(message) = self.stream.get_next_message(subject, from).await? {
            from = message.sequence + 1;
            entries.extend(self.entry_of(message));
        }
        Ok(entries)
    }
}
