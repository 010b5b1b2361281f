//! A page of a bucket: a batch of direct gets in one request, and what the server answers (ADR-31).

use super::PageRequest;
use super::config::LiveBucket;
use crate::kv::{Entry, WatchError};
use crate::proto::{Message, StatusCode};

/// The request for up to `batch` revisions from sequence `from` on.
///
/// It is for all subjects, of which the bucket's are all that there is, as a rule: with the bucket's own the server looks at
/// each subject to count what is pending, which for 20,000 keys takes longer than everything else after a reconnect.
pub(super) fn request(config: &LiveBucket, id: u64, from: u64, batch: u32) -> PageRequest {
    let bytes = config.page_bytes;
    let body =
        format!(r#"{{"seq":{from},"next_by_subj":">","batch":{batch},"max_bytes":{bytes}}}"#);
    PageRequest { id, body }
}

/// The request for the newest revision. It has one reply, and no end.
pub(super) fn newest(config: &LiveBucket, id: u64) -> PageRequest {
    let prefix = config.key_prefix();
    // The name of a bucket has no character that JSON would escape.
    let body = format!(r#"{{"last_by_subj":"{prefix}>"}}"#);
    PageRequest { id, body }
}

/// One of the many replies to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// A revision. `previous` is the sequence of the one before it in this page, 0 for the first.
    Entry {
        entry: Entry,
        previous: u64,
    },
    /// The page ends. `last` is the sequence of its last revision; so many are `pending` after it.
    End {
        last: u64,
        pending: u64,
    },
    /// There is no revision from the asked sequence on.
    Nothing,
    Failed(WatchError),
}

impl Reply {
    /// The subjects of the bucket's keys begin with `key_prefix`.
    pub(super) fn read(config: &LiveBucket, key_prefix: &str, message: &Message) -> Self {
        let headers = &message.headers;
        let read = match message.status() {
            None => Entry::read(message, key_prefix)
                .map(|(entry, previous)| Self::Entry { entry, previous }),
            Some(StatusCode::END_OF_BATCH) => headers
                .number("Nats-Last-Sequence")
                .zip(headers.number("Nats-Num-Pending"))
                .map(|(last, pending)| Self::End { last, pending }),
            Some(StatusCode::NOT_FOUND) => Some(Self::Nothing),
            Some(StatusCode::NO_RESPONDERS) => Some(Self::Failed(WatchError::BucketMissing {
                bucket: config.bucket.clone(),
            })),
            Some(code) => Some(Self::Failed(WatchError::Unexpected {
                bucket: config.bucket.clone(),
                code: code.as_u16(),
                description: headers.description().to_owned(),
            })),
        };
        read.unwrap_or_else(|| {
            Self::Failed(WatchError::Malformed {
                subject: config.page_subject(),
            })
        })
    }
}
