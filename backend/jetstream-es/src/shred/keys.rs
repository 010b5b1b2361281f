//! The keys, in a bucket of their own.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use async_nats::HeaderMap;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

use super::cipher::{self, Key};
use crate::boundary::StoredMessage;
use crate::declare::{BucketSpec, stream_of_bucket};
use crate::direct::{PAGE, last_of_each};
use crate::execute::ATTEMPTS;
use crate::history::{self, ReadError};
use crate::key::token;
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::{Connection, Patience};

/// How many keys are asked for, or made, at the same time.
const ABREAST: usize = 32;

/// The keys of the people whose data is sealed, in a bucket. A key is made when it is needed for the first time.
///
/// Whoever reads the bucket can open what is sealed: it is for the programs that decide and project, and for nobody else. So is a
/// backup of it: as long as one exists, what was erased since can be brought back with it.
#[derive(Clone)]
pub struct Keys {
    connection: Connection,
    bucket: &'static str,
    stream: String,
}

/// Why there is no key, or nothing could be done with it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// The server did not answer. Another try may be successful.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A new key is not known to be stored.
    #[error("a new key was not stored: {0}")]
    Write(Box<PublishError>),
    /// The key is not known to be deleted.
    #[error(
        "the key {key} in the bucket {bucket} is not known to be deleted: {reason}; \
         try again, and see that the bucket was declared as `Keys::bucket`, which allows that"
    )]
    Kept {
        /// The bucket.
        bucket: &'static str,
        /// Where the key is in it.
        key: String,
        /// What the server says.
        reason: String,
    },
    /// There is something else in its place.
    #[error(
        "what the bucket {bucket} has under {key} is no key: \
         if somebody has put it there, delete it, and a new key is made"
    )]
    NoKey {
        /// The bucket.
        bucket: &'static str,
        /// Where it is in it.
        key: String,
    },
    /// The event is not JSON that fields can be taken out of.
    #[error("the fields could not be taken out of the event: {0}")]
    Json(String),
    /// More than 64 GiB.
    #[error("the fields are too long to be sealed")]
    TooLong,
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers, and without them nothing can be sealed")]
    NoRandom,
}

impl KeyError {
    /// Whether another try could be successful without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Read(_) | Self::Kept { .. } | Self::NoRandom => true,
            Self::Write(error) => error.is_transient(),
            Self::NoKey { .. } | Self::Json(_) | Self::TooLong => false,
        }
    }
}

impl Keys {
    /// How the bucket has to be declared: one value of each key, which can be deleted without leaving anything.
    pub fn bucket(name: &'static str) -> BucketSpec {
        BucketSpec {
            allow_delete: true,
            ..BucketSpec::new(name)
        }
    }

    /// The keys in a bucket.
    pub fn new(connection: &Connection, bucket: &'static str) -> Self {
        Self {
            connection: connection.clone(),
            bucket,
            stream: stream_of_bucket(bucket),
        }
    }

    /// Which key somebody has: its revision in the bucket. `None` for those who have none.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn revision(&self, of: &str) -> Result<Option<u64>, KeyError> {
        let last = self.last(of).await?.filter(is_value);
        Ok(last.map(|message| message.sequence))
    }

    /// Deletes this key of somebody for good: what is sealed with it is never opened again. Says whether it was there. Another one,
    /// which somebody has got since, stays: whoever repeats an erasure does not erase what has come after it.
    ///
    /// The server overwrites its bytes in the file before this returns. What opened events have been made of has to be brought up to
    /// date before, by an event that says so.
    ///
    /// # Errors
    /// When it is not known to be deleted. Another try does no harm.
    pub async fn erase(&self, of: &str, revision: u64) -> Result<bool, KeyError> {
        if self.revision(of).await? != Some(revision) {
            return Ok(false);
        }
        let kept = |error: &dyn fmt::Display| KeyError::Kept {
            bucket: self.bucket,
            key: token(of),
            reason: error.to_string(),
        };
        let jetstream = self.connection.jetstream();
        let stream = jetstream.get_stream_no_info(&self.stream).await;
        let stream = stream.map_err(|error| kept(&error))?;
        let deleted = self.connection.answer(stream.delete_message(revision));
        match deleted.await.map_err(|error| kept(&error))? {
            Ok(_) => Ok(true),
            // Somebody else may have been faster.
            Err(_) if self.revision(of).await? != Some(revision) => Ok(false),
            Err(error) => Err(kept(&error)),
        }
    }

    /// The keys of those who have one.
    pub(super) async fn find<'a>(
        &self,
        persons: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Key>, ReadError> {
        let mut by_subject: HashMap<String, &str> =
            persons.map(|of| (self.subject(of), of)).collect();
        let subjects: Vec<String> = by_subject.keys().cloned().collect();
        let mut keys = HashMap::with_capacity(by_subject.len());
        for subjects in subjects.chunks(PAGE) {
            let messages = last_of_each(&self.connection, &self.stream, subjects).await;
            let error = |reason| ReadError::new(&self.stream, ">", reason);
            for message in messages.map_err(error)? {
                if let Some(of) = by_subject.remove(&message.subject) {
                    keys.extend(self.readable(of, &message).map(|key| (of.to_owned(), key)));
                }
            }
        }
        // A replica that lags does not know the newest ones.
        let missing = by_subject.into_values().map(str::to_owned);
        let missing: Vec<String> = missing.collect();
        let mut asked = stream::iter(missing)
            .map(|of| async move { (self.last(&of).await, of) })
            .buffer_unordered(ABREAST);
        while let Some((message, of)) = asked.next().await {
            if let Some(message) = message?
                && let Some(key) = self.readable(&of, &message)
            {
                keys.insert(of, key);
            }
        }
        Ok(keys)
    }

    /// The key of each, a new one for those who have none.
    pub(super) async fn find_or_make(
        &self,
        persons: BTreeSet<String>,
    ) -> Vec<(String, Result<Key, KeyError>)> {
        stream::iter(persons)
            .map(|of| async move {
                let key = self.find_or_make_one(&of).await;
                (of, key)
            })
            .buffer_unordered(ABREAST)
            .collect()
            .await
    }

    async fn find_or_make_one(&self, of: &str) -> Result<Key, KeyError> {
        let mut patience = Patience::default();
        for _ in 0..ATTEMPTS {
            // From the leader: a key that was deleted must not seal anything any more.
            let last = self.last(of).await?;
            let expected = match &last {
                Some(message) if is_value(message) => return self.read(of, message),
                Some(marker) => marker.sequence,
                None => 0,
            };
            let bytes = cipher::new_key()?;
            let mut headers = HeaderMap::new();
            headers.insert(EXPECTED_SEQUENCE, expected.to_string());
            let payload = Bytes::copy_from_slice(&bytes);
            let stored = publish(&self.connection, self.subject(of), headers, payload).await;
            match stored {
                Ok(_) => return Key::of(&bytes).ok_or_else(|| self.no_key(of)),
                // Somebody else has made one. In a cluster it may still be on its way.
                Err(PublishError::Conflict) => {
                    patience.wait().await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(PublishError::Conflict.into())
    }

    /// The message with the key, from the leader.
    async fn last(&self, of: &str) -> Result<Option<StoredMessage>, ReadError> {
        history::last(&self.connection, &self.stream, &self.subject(of)).await
    }

    fn read(&self, of: &str, message: &StoredMessage) -> Result<Key, KeyError> {
        Key::of(&message.payload).ok_or_else(|| self.no_key(of))
    }

    /// The key, if it can be used for reading. What is sealed with something else stays closed.
    fn readable(&self, of: &str, message: &StoredMessage) -> Option<Key> {
        let key = is_value(message).then(|| self.read(of, message))?;
        key.inspect_err(|error| tracing::error!("{error}")).ok()
    }

    fn no_key(&self, of: &str) -> KeyError {
        KeyError::NoKey {
            bucket: self.bucket,
            key: token(of),
        }
    }

    fn subject(&self, of: &str) -> String {
        format!("$KV.{}.{}", self.bucket, token(of))
    }
}

/// Whether it is a value and not the marker of one that was deleted by other means.
fn is_value(message: &StoredMessage) -> bool {
    !message.payload.is_empty()
}

impl From<PublishError> for KeyError {
    fn from(error: PublishError) -> Self {
        Self::Write(Box::new(error))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
