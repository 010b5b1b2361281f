//! A bucket, read and written.

mod history;
mod keys;
mod read;
mod watch;
mod write;

use std::rc::Rc;

use super::config::key_prefix;
use super::name::check_key;
use super::{KvError, Status};
use crate::jetstream::stream::Stream;
use crate::jetstream::{DEFAULT_PREFIX, JetStreamError};

/// A bucket of keys and values: see [`JetStream::get_key_value`](crate::JetStream::get_key_value). Clones are cheap.
///
/// A key is one or more tokens with dots between them; a token has ASCII letters, digits and `-/_=` (ADR-8). Keys that
/// begin with `_kv` are reserved.
///
/// What is read comes from any server that has the bucket, if the bucket allows direct get, as it does by default. It may
/// lag a little behind what was just written.
///
/// ```no_run
/// # async fn f(client: nats_wsclient::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use nats_wsclient::kv::{Config, KvError};
///
/// let js = client.jetstream();
/// let config = Config { bucket: "prices".to_owned(), ..Config::default() };
/// let prices = js.create_or_update_key_value(&config).await?;
/// let revision = prices.put("room.17", "120").await?;
/// match prices.update("room.17", "130", revision).await {
///     Err(KvError::WrongLastRevision { .. }) => println!("somebody else was faster"),
///     updated => assert!(updated? > revision),
/// }
/// assert_eq!(prices.get("room.17").await?.as_deref(), Some(&b"130"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) stream: Stream,
    bucket: Rc<str>,
    /// What the stored subjects begin with.
    pub(super) prefix: Rc<str>,
    /// What the subjects of writes begin with.
    pub(super) put_prefix: Rc<str>,
    /// Whether the stream allows direct get.
    pub(super) direct: bool,
}

impl Store {
    /// The bucket of a stream, which is no mirror and allows direct get.
    pub(super) fn new(stream: Stream, bucket: &str) -> Self {
        let prefix: Rc<str> = key_prefix(bucket).into();
        let js = stream.jetstream();
        let put_prefix = if js.prefix() == DEFAULT_PREFIX {
            Rc::clone(&prefix)
        } else {
            // The prefix of another domain's API leads to its keys, too.
            js.api_subject(&prefix).into()
        };
        Self {
            bucket: bucket.into(),
            prefix,
            put_prefix,
            direct: true,
            stream,
        }
    }

    /// The name of the bucket.
    pub fn name(&self) -> &str {
        &self.bucket
    }

    /// The stream that the bucket is.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Tells how the bucket is.
    ///
    /// # Errors
    /// [`KvError::BucketMissing`] when there is none; otherwise see [`KvError`].
    pub async fn status(&self) -> Result<Status, KvError> {
        let info = self.stream.info().await;
        let info = info.map_err(|error| self.error(error))?;
        Status::of(info).ok_or_else(|| KvError::BucketMissing {
            bucket: self.name().to_owned(),
        })
    }

    /// The subject under which a key is stored.
    fn subject(&self, key: &str) -> Result<String, KvError> {
        check_key(key)?;
        Ok(format!("{}{key}", self.prefix))
    }

    fn error(&self, error: JetStreamError) -> KvError {
        KvError::of_bucket(&self.bucket, error)
    }
}
