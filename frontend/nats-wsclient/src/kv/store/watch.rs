//! Watching keys.

use std::time::Duration;

use super::Store;
use crate::LiveBucket;
use crate::jetstream::stream::Config;
use crate::kv::config::key_prefix;
use crate::kv::{KvError, OrderedWatch, Watch, WatchOptions};

/// For how long a bucket of which nothing is known keeps the marker of a deleted key.
const MARKERS_LAST: Duration = Duration::from_secs(10 * 60);

impl Store {
    /// Watches a key, or the keys that match a filter, by an ordered consumer: their last revisions, and what is written
    /// from now on.
    ///
    /// # Errors
    /// When it is none, or the client is closed. Whatever happens later is an item of the stream.
    pub fn watch(&self, key: impl Into<String>) -> Result<Watch, KvError> {
        self.watch_with(WatchOptions::new().keys([key]))
    }

    /// Watches the keys that match one of the filters: see [`watch`](Self::watch).
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_many<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Watch, KvError> {
        self.watch_with(WatchOptions::new().keys(keys))
    }

    /// Watches all keys: see [`watch`](Self::watch).
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_all(&self) -> Result<Watch, KvError> {
        self.watch_with(WatchOptions::new())
    }

    /// Watches a key, or the keys that match a filter, from the oldest revision on that the bucket keeps.
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_with_history(&self, key: impl Into<String>) -> Result<Watch, KvError> {
        self.watch_with(WatchOptions::new().keys([key]).with_history())
    }

    /// Watches a key, or the keys that match a filter, from that revision on.
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_from_revision(
        &self,
        key: impl Into<String>,
        revision: u64,
    ) -> Result<Watch, KvError> {
        self.watch_with(WatchOptions::new().keys([key]).from_revision(revision))
    }

    /// Watches what the options say, by an [ordered consumer](crate::jetstream::consumer::OrderedConsumer).
    ///
    /// # Errors
    /// As [`watch`](Self::watch).
    pub fn watch_with(&self, options: WatchOptions) -> Result<Watch, KvError> {
        options.check()?;
        let js = self.stream.jetstream();
        let info = self.stream.cached_info();
        let markers_last = info.map_or(MARKERS_LAST, |info| markers_last(&info.config));
        let place = js.place(self.stream.name());
        let watch = OrderedWatch::new(place, self.name(), &self.prefix, options, markers_last);
        let handle = js.client().start_engine(&watch.subject(), watch)?;
        Ok(Watch::ordered(handle))
    }

    /// Watches without a consumer on the server: see [`live`](crate::live). The bucket has to
    /// [republish](crate::kv::Config::republish) all its keys; if it is not known where, it is taken for
    /// `live.<bucket>.>`.
    ///
    /// # Errors
    /// [`KvError::NotRepublished`] when the bucket does not; otherwise as [`watch`](Self::watch).
    pub fn watch_live(&self, options: WatchOptions) -> Result<Watch, KvError> {
        let js = self.stream.jetstream();
        let mut bucket = LiveBucket::new(self.name())?
            .api_prefix(js.prefix())
            .options(options)?;
        if let Some(info) = self.stream.cached_info() {
            let not_republished = || KvError::NotRepublished {
                bucket: self.name().to_owned(),
            };
            let prefix = live_prefix(&info.config, self.name()).ok_or_else(not_republished)?;
            bucket = bucket
                .live_prefix(prefix)
                .markers_last(markers_last(&info.config));
        }
        Ok(js.client().live(bucket)?)
    }
}

/// What the keys of a bucket are republished under, if all of them are, with their values.
fn live_prefix(config: &Config, bucket: &str) -> Option<String> {
    let republish = config.republish.as_ref()?;
    let destination = republish.destination.strip_suffix('>')?;
    let keys = key_prefix(bucket);
    let prefix = if republish.source == format!("{keys}>") {
        destination.to_owned()
    } else if republish.source == ">" && config.mirror.is_none() {
        format!("{destination}{keys}")
    } else {
        return None;
    };
    let whole = !republish.headers_only;
    prefix
        .strip_suffix('.')
        .filter(|_| whole)
        .map(str::to_owned)
}

/// How long a watch may be away without missing that a key was deleted.
fn markers_last(config: &Config) -> Duration {
    let lives = [config.subject_delete_marker_ttl, config.max_age];
    let shortest = lives.into_iter().filter(|life| !life.is_zero()).min();
    shortest.unwrap_or(Duration::MAX)
}
