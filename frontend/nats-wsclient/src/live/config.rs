//! Which bucket is watched, and how.

use std::time::Duration;

use crate::kv::{BucketNameError, KeyError, WatchOptions, check_bucket};

/// A bucket to watch.
///
/// Its stream allows direct get (every bucket does) and republishes `$KV.<bucket>.>`:
///
/// ```json
/// { "name": "KV_stays", "subjects": ["$KV.stays.>"], "allow_direct": true,
///   "republish": { "src": "$KV.stays.>", "dest": "live.stays.>" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveBucket {
    pub(super) bucket: String,
    pub(super) live_prefix: String,
    pub(super) api_prefix: String,
    pub(super) page_size: u32,
    pub(super) page_bytes: u32,
    pub(super) page_timeout: Duration,
    pub(super) settle_after: Duration,
    pub(super) check_interval: Duration,
    pub(super) markers_last: Duration,
    pub(super) options: WatchOptions,
}

impl LiveBucket {
    /// The bucket of that name, republished as `live.<bucket>.>`.
    ///
    /// # Errors
    /// When the name has other characters than ASCII letters and digits, `-` and `_` (ADR-8).
    pub fn new(bucket: impl Into<String>) -> Result<Self, BucketNameError> {
        let bucket = bucket.into();
        check_bucket(&bucket)?;
        Ok(Self {
            live_prefix: format!("live.{bucket}"),
            bucket,
            api_prefix: "$JS.API".to_owned(),
            page_size: 20_000,
            page_bytes: 4 * 1_024 * 1_024,
            page_timeout: Duration::from_secs(5),
            settle_after: Duration::from_secs(2),
            check_interval: Duration::from_secs(60),
            markers_last: Duration::from_secs(10 * 60),
            options: WatchOptions::new(),
        })
    }

    /// What the keys are republished under, without the final `.>`. By default `live.<bucket>`.
    #[must_use]
    pub fn live_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.live_prefix = prefix.into();
        self
    }

    /// The prefix of JetStream's API, for a domain or an account that imports it under another name. By default
    /// `$JS.API`.
    #[must_use]
    pub fn api_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.api_prefix = prefix.into();
        self
    }

    /// How many revisions are asked for at once, and up to how many bytes of them. Each page costs the time of a request,
    /// and the server counts what it has for each. By default 20,000 and 4 MiB.
    #[must_use]
    pub fn page_size(mut self, revisions: u32, bytes: u32) -> Self {
        self.page_size = revisions.max(1);
        self.page_bytes = bytes.max(1);
        self
    }

    /// How long the next message of a page may take. By default 5 seconds.
    #[must_use]
    pub fn page_timeout(mut self, timeout: Duration) -> Self {
        self.page_timeout = timeout;
        self
    }

    /// How long after a catch-up, and then how often, it is asked whether anything was missed. By default 2 seconds and
    /// then every minute. It finds what no hole in the sequences tells of: the last write before a quiet time, lost
    /// while the stream changed its leader, or while a cluster learned of the subscription.
    #[must_use]
    pub fn check(mut self, settle_after: Duration, interval: Duration) -> Self {
        self.settle_after = settle_after;
        self.check_interval = interval;
        self
    }

    /// How long the bucket keeps the marker of a deleted key. Whoever was away for longer cannot learn what was deleted
    /// by catching up, and takes a whole snapshot. By default 10 minutes; `Duration::MAX` if markers are kept for ever.
    #[must_use]
    pub fn markers_last(mut self, duration: Duration) -> Self {
        self.markers_last = duration;
        self
    }

    /// What is told of the bucket. By default everything, beginning with what it has.
    ///
    /// The watch learns of holes by the sequences of all keys, so it receives all of them, and leaves out here what is not
    /// wanted. To watch few keys of a large bucket, an ordered consumer costs less.
    ///
    /// # Errors
    /// When one of the filters is none.
    pub fn options(mut self, options: WatchOptions) -> Result<Self, KeyError> {
        options.check()?;
        self.options = options;
        Ok(self)
    }

    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The subject to subscribe to.
    pub fn live_subject(&self) -> String {
        format!("{}.>", self.live_prefix)
    }

    /// The subject to send a [`PageRequest`](super::PageRequest) to.
    pub fn page_subject(&self) -> String {
        format!("{}.DIRECT.GET.KV_{}", self.api_prefix, self.bucket)
    }

    /// The subjects of the values are the keys after this.
    pub(super) fn key_prefix(&self) -> String {
        format!("$KV.{}.", self.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let bucket = LiveBucket::new("a-1_B").expect("a name");
        assert_eq!(bucket.live_subject(), "live.a-1_B.>");
        assert_eq!(bucket.page_subject(), "$JS.API.DIRECT.GET.KV_a-1_B");
        assert_eq!(bucket.key_prefix(), "$KV.a-1_B.");
        let bucket = bucket.live_prefix("x.y").api_prefix("$JS.hub.API");
        assert_eq!(bucket.live_subject(), "x.y.>");
        assert_eq!(bucket.page_subject(), "$JS.hub.API.DIRECT.GET.KV_a-1_B");
        for bad in ["", "a.b", "a b", "ä", "\""] {
            assert!(LiveBucket::new(bad).is_err(), "{bad:?}");
        }
    }
}
