//! How a bucket is.

use std::time::Duration;

use super::config::bucket_of;
use crate::jetstream::stream::{Compression, Info, Storage};

/// How a bucket is: see [`Store::status`](super::Store::status).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    info: Info,
}

impl Status {
    /// That of a stream, if it is a bucket's.
    pub(super) fn of(info: Info) -> Option<Self> {
        bucket_of(&info.config.name)?;
        Some(Self { info })
    }

    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        let name = &*self.info.config.name;
        bucket_of(name).unwrap_or(name)
    }

    /// How many revisions it has, markers of deleted keys included.
    pub fn values(&self) -> u64 {
        self.info.state.messages
    }

    /// How many keys it has, deleted ones with a marker included.
    pub fn keys(&self) -> u64 {
        self.info.state.num_subjects
    }

    /// How large it is in bytes.
    pub fn bytes(&self) -> u64 {
        self.info.state.bytes
    }

    /// How many revisions of a key it keeps.
    pub fn history(&self) -> i64 {
        self.info.config.max_messages_per_subject
    }

    /// How old a revision gets; 0: as old as it likes.
    pub fn max_age(&self) -> Duration {
        self.info.config.max_age
    }

    /// For how long a marker stays for a key that went by its age; 0: there are none.
    pub fn limit_markers(&self) -> Duration {
        self.info.config.subject_delete_marker_ttl
    }

    /// Whether its files are compressed.
    pub fn is_compressed(&self) -> bool {
        self.info.config.compression != Compression::None
    }

    /// Where its values are.
    pub fn storage(&self) -> Storage {
        self.info.config.storage
    }

    /// Everything that the server said about its stream.
    pub fn stream_info(&self) -> &Info {
        &self.info
    }
}
