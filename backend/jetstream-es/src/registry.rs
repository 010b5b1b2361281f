//! What is known of the projections: which version of each one its bucket has, and who rebuilds it at the moment. It is a
//! bucket of its own, [`BUCKET`], shared by all programs.

use std::time::Duration;

use async_nats::header::NATS_MESSAGE_TTL;
use async_nats::{HeaderMap, Subscriber};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::boundary::StoredMessage;
use crate::declare::{self, BucketSpec, DeclareError, stream_of_bucket};
use crate::history::{self, ReadError};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::rebuild::Progress;
use crate::{Connection, Patience};

/// The bucket of what is known of the projections.
pub const BUCKET: &str = "projections";

/// How long a rebuild counts as running without a word from whoever does it.
const LEASE: Duration = Duration::from_secs(15);
/// How often whoever does it says a word.
const RENEWAL: Duration = Duration::from_secs(3);

/// The bucket [`BUCKET`], to be declared by programs that keep all they have in one place. Whoever projects or rebuilds makes
/// it if it is missing.
pub fn bucket() -> BucketSpec {
    BucketSpec {
        description: "Which version of each projection its bucket has, and who rebuilds it.",
        allow_ttl: true,
        ..BucketSpec::new(BUCKET)
    }
}

/// Which version of a projection its bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Serving {
    version: u32,
}

/// A rebuild that is under way, wherever that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// Tells apart those who rebuild.
    pub owner: String,
    /// How far it has come.
    pub progress: Progress,
}

/// The rebuild of the projection with this bucket that is under way, as its owner told a few seconds ago.
///
/// # Errors
/// When the server does not answer.
pub async fn underway(
    connection: &Connection,
    bucket: &'static str,
) -> Result<Option<Underway>, RegistryError> {
    let registry = Registry::open(connection, bucket).await?;
    registry.underway().await
}

/// Why nothing is known of a projection.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The bucket is not there and cannot be made.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] PublishError),
    /// What is there is no JSON of this program.
    #[error("{key} in the bucket {BUCKET} is not understood: {source}")]
    Content {
        /// The key.
        key: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// What is known of one projection.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    connection: Connection,
    /// The bucket of the projection.
    bucket: &'static str,
}

impl Registry {
    /// Makes the bucket if it is missing, as safe as the bucket of the projection.
    pub(crate) async fn open(
        connection: &Connection,
        bucket: &'static str,
    ) -> Result<Self, RegistryError> {
        let jetstream = connection.jetstream();
        if jetstream
            .get_stream(stream_of_bucket(BUCKET))
            .await
            .is_err()
        {
            let of_values = jetstream.get_stream(stream_of_bucket(bucket)).await;
            let replicas = of_values.map_or(1, |stream| stream.cached_info().config.num_replicas);
            let spec = BucketSpec {
                replicas,
                ..self::bucket()
            };
            declare::bucket(&jetstream, &spec).await?;
        }
        Ok(Self {
            connection: connection.clone(),
            bucket,
        })
    }

    fn serving_key(&self) -> String {
        format!("$KV.{BUCKET}.{}.serving", self.bucket)
    }

    fn lease_key(&self) -> String {
        format!("$KV.{BUCKET}.{}.rebuild", self.bucket)
    }

    /// The version that the bucket has. A bucket without a word about it has the first one, unless there is nothing in it
    /// yet: then it has whichever version comes.
    pub(crate) async fn serving(&self) -> Result<Option<u32>, RegistryError> {
        let key = self.serving_key();
        if let Some(message) = self.last(&key).await? {
            let serving: Serving = content(key, &message)?;
            return Ok(Some(serving.version));
        }
        let jetstream = self.connection.jetstream();
        let stream = stream_of_bucket(self.bucket);
        let values = jetstream.get_stream(&stream).await;
        let values = values.map_err(|error| ReadError::new(&stream, ">", error))?;
        Ok((values.cached_info().state.last_sequence > 0).then_some(1))
    }

    /// Says that the bucket has this version from now on.
    pub(crate) async fn serve(&self, version: u32) -> Result<(), RegistryError> {
        let content = serde_json::to_vec(&Serving { version });
        let key = self.serving_key();
        let content = content.map_err(|source| RegistryError::Content {
            key: key.clone(),
            source,
        })?;
        publish(&self.connection, key, HeaderMap::new(), content.into()).await?;
        Ok(())
    }

    /// Something comes when another version may serve. What is said while the connection is down does not come.
    pub(crate) async fn changes(&self) -> Result<Subscriber, RegistryError> {
        let key = self.serving_key();
        let client = self.connection.client();
        let changes = client.subscribe(key.clone()).await;
        changes.map_err(|error| ReadError::new(BUCKET, &key, error).into())
    }

    /// The rebuild that is under way.
    async fn underway(&self) -> Result<Option<Underway>, RegistryError> {
        let key = self.lease_key();
        match self.last(&key).await? {
            Some(message) => Ok(Some(content(key, &message)?)),
            None => Ok(None),
        }
    }

    async fn last(&self, subject: &str) -> Result<Option<StoredMessage>, RegistryError> {
        let last = history::last(&self.connection, &stream_of_bucket(BUCKET), subject).await?;
        // The marker of a deletion has no content.
        Ok(last.filter(|message| !message.payload.is_empty()))
    }

    /// Takes the lease of the rebuild; `None` if somebody else has it.
    pub(crate) async fn lease(
        &self,
        progress: watch::Receiver<Progress>,
    ) -> Result<Option<Lease>, RegistryError> {
        let mut lease = Lease {
            registry: self.clone(),
            owner: uuid::Uuid::new_v4().to_string(),
            progress,
            sequence: 0,
        };
        match lease.renew().await {
            Ok(()) => Ok(Some(lease)),
            Err(RegistryError::Write(PublishError::Conflict)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn content<T: serde::de::DeserializeOwned>(
    key: String,
    message: &StoredMessage,
) -> Result<T, RegistryError> {
    serde_json::from_slice(&message.payload)
        .map_err(|source| RegistryError::Content { key, source })
}

/// The right to rebuild a projection, which ends by itself when it is not renewed.
///
/// It keeps two from doing the same work; what is right does not depend on it, since values are written by compare-and-set.
#[derive(Debug)]
pub(crate) struct Lease {
    registry: Registry,
    owner: String,
    progress: watch::Receiver<Progress>,
    /// Of the message that says so; 0 before the first.
    sequence: u64,
}

impl Lease {
    /// Renews the lease, which tells everybody how far the rebuild has come.
    async fn renew(&mut self) -> Result<(), RegistryError> {
        let key = self.registry.lease_key();
        let underway = Underway {
            owner: self.owner.clone(),
            progress: *self.progress.borrow_and_update(),
        };
        let content = serde_json::to_vec(&underway);
        let content = content.map_err(|source| RegistryError::Content {
            key: key.clone(),
            source,
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, self.sequence.to_string());
        headers.insert(NATS_MESSAGE_TTL, format!("{}s", LEASE.as_secs()));
        let renewed = publish(&self.registry.connection, key, headers, content.into());
        self.sequence = renewed.await?.sequence;
        Ok(())
    }

    /// Renews until somebody else may have it. Cancel-safe only in that the lease then ends by itself.
    pub(crate) async fn keep(&mut self) {
        let mut renewed = Instant::now();
        let mut patience = Patience::default();
        loop {
            tokio::time::sleep(RENEWAL).await;
            loop {
                match timeout(LEASE.saturating_sub(renewed.elapsed()), self.renew()).await {
                    Ok(Ok(())) => break,
                    Ok(Err(RegistryError::Write(PublishError::Conflict))) | Err(_) => return,
                    Ok(Err(error)) => {
                        tracing::warn!(bucket = self.registry.bucket, "{error}; will try again");
                        patience.wait().await;
                    }
                }
            }
            renewed = Instant::now();
            patience.reset();
        }
    }

    /// Gives it back. If that fails, it ends by itself.
    pub(crate) async fn release(self) {
        let registry = &self.registry;
        let jetstream = registry.connection.jetstream();
        let released = async {
            let stream = jetstream
                .get_stream_no_info(stream_of_bucket(BUCKET))
                .await
                .map_err(|error| error.to_string())?;
            let purge = stream.purge().filter(registry.lease_key());
            purge.await.map_err(|error| error.to_string())
        };
        if let Err(error) = released.await {
            tracing::warn!(
                bucket = registry.bucket,
                "the lease of the rebuild was not given back, and ends within {LEASE:?}: {error}"
            );
        }
    }
}
