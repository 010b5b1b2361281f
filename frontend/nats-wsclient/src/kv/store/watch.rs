//! Watching keys.

use std::time::Duration;

use super::Store;
use crate::LiveBucket;
use crate::jetstream::stream::Config;
use crate::kv::config::key_prefix;
use crate::kv::{KvError, Watch, WatchOptions};

impl Store {
    /// Watches without a consumer on the server: see [`live`](crate::live). The bucket has to
    /// [republish](crate::kv::Config::republish) all its keys; if it is not known where, it is taken for
    /// `live.<bucket>.>`.
    ///
    /// # Errors
    /// [`KvError::NotRepublished`] when the bucket does not; otherwise when a filter is none, or the client is closed. Whatever
    /// happens later is an item of the stream.
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
