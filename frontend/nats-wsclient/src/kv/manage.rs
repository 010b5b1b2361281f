//! Making, changing, finding and deleting buckets.

use super::config::{bucket_of, key_prefix, stream_name};
use super::name::check_bucket;
use super::{BucketNameError, Config, KvError, Status, Store};
use crate::jetstream::stream::Stream;
use crate::jetstream::{JetStream, JetStreamError};

impl JetStream {
    /// The bucket of that name. The server is not asked whether there is one, nor how it is: it is taken for one that
    /// allows direct get, as buckets do, and is no mirror. [`get_key_value`](Self::get_key_value) asks.
    ///
    /// # Errors
    /// When the name has other characters than ASCII letters and digits, `-` and `_`.
    pub fn key_value(&self, bucket: impl AsRef<str>) -> Result<Store, BucketNameError> {
        let bucket = bucket.as_ref();
        check_bucket(bucket)?;
        let error = || BucketNameError {
            name: bucket.to_owned(),
        };
        let stream = self.stream(stream_name(bucket)).map_err(|_| error())?;
        Ok(Store::new(stream, bucket))
    }

    /// Gets the bucket of that name, and with it how it is.
    ///
    /// # Errors
    /// [`KvError::BucketMissing`] when there is none; otherwise see [`KvError`].
    pub async fn get_key_value(&self, bucket: impl AsRef<str>) -> Result<Store, KvError> {
        let bucket = bucket.as_ref();
        check_bucket(bucket)?;
        store(bucket, self.get_stream(stream_name(bucket)).await)
    }

    /// Makes a bucket. If there is one with this very configuration already, that is as good.
    ///
    /// # Errors
    /// [`KvError::BucketExists`] when there is one of that name with another configuration; otherwise see [`KvError`].
    pub async fn create_key_value(&self, config: &Config) -> Result<Store, KvError> {
        let made = self.create_stream(&config.stream()?).await;
        let store = store(&config.bucket, made)?;
        check_markers(config, &store)?;
        Ok(store)
    }

    /// Changes a bucket. What `config` does not say is reset to its default; what is set on its stream and is not of a
    /// bucket's configuration stays.
    ///
    /// # Errors
    /// [`KvError::BucketMissing`] when there is none of that name; otherwise see [`KvError`].
    pub async fn update_key_value(&self, config: &Config) -> Result<Store, KvError> {
        config.stream()?;
        let bucket = &*config.bucket;
        let before = self.key_value(bucket)?.stream.info().await;
        let before = before.map_err(|error| KvError::of_bucket(bucket, error))?;
        let mut stream = before.config;
        config.apply(&mut stream)?;
        let store = store(bucket, self.update_stream(&stream).await)?;
        check_markers(config, &store)?;
        Ok(store)
    }

    /// Changes the bucket of that name, or makes it.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn create_or_update_key_value(&self, config: &Config) -> Result<Store, KvError> {
        match self.update_key_value(config).await {
            Err(KvError::BucketMissing { .. }) => self.create_key_value(config).await,
            updated => updated,
        }
    }

    /// Deletes a bucket with all that is in it.
    ///
    /// # Errors
    /// [`KvError::BucketMissing`] when there is none of that name; otherwise see [`KvError`].
    pub async fn delete_key_value(&self, bucket: impl AsRef<str>) -> Result<(), KvError> {
        let bucket = bucket.as_ref();
        check_bucket(bucket)?;
        self.delete_stream(stream_name(bucket))
            .await
            .map_err(|error| KvError::of_bucket(bucket, error))
    }

    /// The names of all buckets. A mirror is not among them: its stream takes no keys.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn key_value_names(&self) -> Result<Vec<String>, KvError> {
        let streams = self.stream_names(Some("$KV.*.>")).await;
        let streams = streams.map_err(KvError::JetStream)?;
        let buckets = streams.iter().filter_map(|name| bucket_of(name));
        Ok(buckets.map(str::to_owned).collect())
    }

    /// How all buckets are. A mirror is not among them: its stream takes no keys.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn key_value_statuses(&self) -> Result<Vec<Status>, KvError> {
        let streams = self.streams(Some("$KV.*.>")).await;
        let streams = streams.map_err(KvError::JetStream)?;
        Ok(streams.into_iter().filter_map(Status::of).collect())
    }
}

/// The bucket of a stream that the server told of.
fn store(bucket: &str, stream: Result<Stream, JetStreamError>) -> Result<Store, KvError> {
    let stream = stream.map_err(|error| KvError::of_bucket(bucket, error))?;
    let Some(info) = stream.cached_info() else {
        return Ok(Store::new(stream, bucket));
    };
    let direct = info.config.allow_direct || info.config.mirror_direct;
    let mirror = info.config.mirror.clone();
    let mut store = Store::new(stream, bucket);
    store.direct = direct;
    if let Some(mirror) = mirror {
        // What it has is stored under the name of its origin, and is written there.
        let origin = bucket_of(&mirror.name).unwrap_or(&mirror.name);
        let prefix = key_prefix(origin);
        store.put_prefix = match mirror.external {
            Some(external) => format!("{}.{prefix}", external.api_prefix).into(),
            None => (*prefix).into(),
        };
        store.prefix = prefix.into();
    }
    Ok(store)
}

/// A server that does not know of limit markers makes a bucket without them, and says nothing.
fn check_markers(config: &Config, store: &Store) -> Result<(), KvError> {
    let marks = store
        .stream
        .cached_info()
        .is_none_or(|info| !info.config.subject_delete_marker_ttl.is_zero());
    if !config.limit_markers.is_zero() && !marks {
        return Err(KvError::TtlDisabled {
            bucket: config.bucket.clone(),
        });
    }
    Ok(())
}
