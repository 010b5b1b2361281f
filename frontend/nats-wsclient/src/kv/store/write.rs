//! Writing a key.

use std::time::Duration;

use bytes::Bytes;

use super::Store;
use crate::Publish;
use crate::jetstream::PublishError;
use crate::kv::{Entry, KvError};

/// What is expected of a key, and what is said of a revision.
#[derive(Debug, Clone, Copy, Default)]
struct Terms {
    /// The last revision; 0: there is none.
    expected: Option<u64>,
    /// What removes the key, as `KV-Operation` says it.
    operation: Option<&'static str>,
    /// All revisions before go.
    rolls_up: bool,
    ttl: Option<Duration>,
}

impl Store {
    /// Sets the value of a key; its revision.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn put(&self, key: impl AsRef<str>, value: impl Into<Bytes>) -> Result<u64, KvError> {
        self.write(key.as_ref(), value.into(), Terms::default())
            .await
    }

    /// Sets the value of a key that has none; its revision. It may have had one before.
    ///
    /// # Errors
    /// [`KvError::AlreadyExists`] when it has one; otherwise see [`KvError`].
    pub async fn create(
        &self,
        key: impl AsRef<str>,
        value: impl Into<Bytes>,
    ) -> Result<u64, KvError> {
        self.create_on(key.as_ref(), value.into(), None).await
    }

    /// Sets the value of a key that has none, for so long; its revision. Then a marker with
    /// [`MarkerReason::MaxAge`](crate::kv::MarkerReason::MaxAge) takes its place, for as long as the bucket says. The
    /// server counts whole seconds, and lets no key go earlier than its marker would.
    ///
    /// # Errors
    /// [`KvError::AlreadyExists`] when it has one; [`KvError::TtlDisabled`] when the bucket has no
    /// [limit markers](crate::kv::Config::limit_markers); otherwise see [`KvError`].
    pub async fn create_with_ttl(
        &self,
        key: impl AsRef<str>,
        value: impl Into<Bytes>,
        ttl: Duration,
    ) -> Result<u64, KvError> {
        self.create_on(key.as_ref(), value.into(), Some(ttl)).await
    }

    /// Sets the value of a key whose last revision is that one; its new revision. 0: there is none.
    ///
    /// # Errors
    /// [`KvError::WrongLastRevision`] when it is another one; otherwise see [`KvError`].
    pub async fn update(
        &self,
        key: impl AsRef<str>,
        value: impl Into<Bytes>,
        revision: u64,
    ) -> Result<u64, KvError> {
        let terms = Terms {
            expected: Some(revision),
            ..Terms::default()
        };
        self.write(key.as_ref(), value.into(), terms).await
    }

    /// Removes the value of a key, and keeps its history; the revision of the marker.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn delete(&self, key: impl AsRef<str>) -> Result<u64, KvError> {
        self.remove(key.as_ref(), DELETE).await
    }

    /// Removes the value of a key whose last revision is that one, and keeps its history; the revision of the marker.
    ///
    /// # Errors
    /// [`KvError::WrongLastRevision`] when it is another one; otherwise see [`KvError`].
    pub async fn delete_expect_revision(
        &self,
        key: impl AsRef<str>,
        revision: u64,
    ) -> Result<u64, KvError> {
        let terms = Terms {
            expected: Some(revision),
            ..DELETE
        };
        self.remove(key.as_ref(), terms).await
    }

    /// Removes the value of a key, and its history; the revision of the marker.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn purge(&self, key: impl AsRef<str>) -> Result<u64, KvError> {
        self.remove(key.as_ref(), PURGE).await
    }

    /// Removes the value of a key, and its history; the revision of the marker, which goes after that time by itself.
    ///
    /// # Errors
    /// [`KvError::TtlDisabled`] when the bucket has no [limit markers](crate::kv::Config::limit_markers); otherwise see
    /// [`KvError`].
    pub async fn purge_with_ttl(
        &self,
        key: impl AsRef<str>,
        ttl: Duration,
    ) -> Result<u64, KvError> {
        let terms = Terms {
            ttl: Some(ttl),
            ..PURGE
        };
        self.remove(key.as_ref(), terms).await
    }

    /// Removes the value of a key whose last revision is that one, and its history; the revision of the marker.
    ///
    /// # Errors
    /// [`KvError::WrongLastRevision`] when it is another one; otherwise see [`KvError`].
    pub async fn purge_expect_revision(
        &self,
        key: impl AsRef<str>,
        revision: u64,
    ) -> Result<u64, KvError> {
        let terms = Terms {
            expected: Some(revision),
            ..PURGE
        };
        self.remove(key.as_ref(), terms).await
    }

    /// [`purge_with_ttl`](Self::purge_with_ttl) and [`purge_expect_revision`](Self::purge_expect_revision) in one.
    ///
    /// # Errors
    /// As these.
    pub async fn purge_expect_revision_with_ttl(
        &self,
        key: impl AsRef<str>,
        revision: u64,
        ttl: Duration,
    ) -> Result<u64, KvError> {
        let terms = Terms {
            expected: Some(revision),
            ttl: Some(ttl),
            ..PURGE
        };
        self.remove(key.as_ref(), terms).await
    }

    async fn remove(&self, key: &str, terms: Terms) -> Result<u64, KvError> {
        self.write(key, Bytes::new(), terms).await
    }

    async fn create_on(
        &self,
        key: &str,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> Result<u64, KvError> {
        let terms = |revision| Terms {
            expected: Some(revision),
            ttl,
            ..Terms::default()
        };
        match self.write(key, value.clone(), terms(0)).await {
            Err(KvError::WrongLastRevision { .. }) => {}
            created => return created,
        }
        // The last revision may be the marker of a deletion. It is the leader's word that counts: another server may not
        // know of it yet.
        let last = self.leaders_entry(&self.subject(key)?).await?;
        let exists = || KvError::AlreadyExists {
            key: key.to_owned(),
        };
        if last.as_ref().is_some_and(Entry::is_put) {
            return Err(exists());
        }
        let revision = last.map_or(0, |marker| marker.revision);
        match self.write(key, value, terms(revision)).await {
            Err(KvError::WrongLastRevision { .. }) => Err(exists()),
            created => created,
        }
    }

    async fn write(&self, key: &str, value: Bytes, terms: Terms) -> Result<u64, KvError> {
        self.subject(key)?;
        let mut publish = Publish::to(format!("{}{key}", self.put_prefix)).payload(value);
        if let Some(operation) = terms.operation {
            publish = publish.header("KV-Operation", operation);
        }
        if terms.rolls_up {
            publish = publish.header("Nats-Rollup", "sub");
        }
        if let Some(revision) = terms.expected {
            publish = publish.expected_last_subject_sequence(revision);
        }
        if let Some(ttl) = terms.ttl {
            check_life(ttl)?;
            publish = publish.ttl(ttl);
        }
        let stored = match self.stream.jetstream().send_publish(publish).await {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(ack) => Ok(ack.sequence),
            Err(PublishError::WrongLastSequence(_)) => Err(KvError::WrongLastRevision {
                key: key.to_owned(),
                expected: terms.expected.unwrap_or_default(),
            }),
            Err(error) => Err(KvError::of_write(self.name(), error)),
        }
    }
}

const DELETE: Terms = Terms {
    expected: None,
    operation: Some("DEL"),
    rolls_up: false,
    ttl: None,
};

const PURGE: Terms = Terms {
    operation: Some("PURGE"),
    rolls_up: true,
    ..DELETE
};

fn check_life(ttl: Duration) -> Result<(), KvError> {
    if ttl < Duration::from_secs(1) {
        return Err(KvError::TooShort);
    }
    Ok(())
}
