//! Why a bucket did not do it.

use super::{BucketNameError, KeyError, WatchError};
use crate::client::{RequestError, SubscribeError};
use crate::jetstream::{ErrorCode, JetStreamError, PublishError};

/// Why a bucket was not made, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KvError {
    /// Nothing was asked.
    #[error(transparent)]
    BucketName(#[from] BucketNameError),
    /// Nothing was asked.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing was asked.
    #[error("a bucket keeps 1 to 64 revisions of a key, and not {history}")]
    History {
        /// What was asked for.
        history: i64,
    },
    /// Nothing was asked.
    #[error("limit markers and lives of keys last a second or longer")]
    TooShort,
    /// JetStream knows no such stream, or nobody took the request.
    #[error(
        "the bucket \"{bucket}\" cannot be reached: it does not exist, or is not exported to this account"
    )]
    BucketMissing {
        /// Its name.
        bucket: String,
    },
    /// It was not made, and the one that is there stays as it is.
    #[error(
        "there is a bucket \"{bucket}\" of another configuration: update it, or take another name"
    )]
    BucketExists {
        /// Its name.
        bucket: String,
    },
    /// It was to be created. Nothing was written.
    #[error("the key \"{key}\" has a value already: update it by its revision")]
    AlreadyExists {
        /// The key that has a value.
        key: String,
    },
    /// Somebody else was faster. Errors 10071 and 10164.
    #[error("the last revision of \"{key}\" is not {expected}: read it, and decide again")]
    WrongLastRevision {
        /// The key that was to be written.
        key: String,
        /// The revision that it should have had; 0: none.
        expected: u64,
    },
    /// Also when the server is too old for them.
    #[error("the bucket \"{bucket}\" does not let keys expire by themselves: set limit_markers")]
    TtlDisabled {
        /// The bucket's name.
        bucket: String,
    },
    /// Of a live watch of a bucket whose configuration is known. There is no watch.
    #[error(
        "the bucket \"{bucket}\" does not republish its keys: set republish, or watch it by a consumer"
    )]
    NotRepublished {
        /// The bucket's name.
        bucket: String,
    },
    /// There is no watch.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
    /// The keys could not be listed.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The keys could not be listed to the end. A purge of deleted keys has removed nothing by then.
    #[error("the client was closed before the answer")]
    Closed,
    /// It was not written for another reason, or [whether it was is unknown](PublishError::is_unknown).
    #[error(transparent)]
    Publish(PublishError),
    /// Everything else.
    #[error(transparent)]
    JetStream(JetStreamError),
}

impl KvError {
    /// What an error of JetStream means for this bucket.
    pub(super) fn of_bucket(bucket: &str, error: JetStreamError) -> Self {
        let bucket = || bucket.to_owned();
        if error == JetStreamError::Request(RequestError::NoResponders) {
            return Self::BucketMissing { bucket: bucket() };
        }
        match error.error_code() {
            Some(ErrorCode::STREAM_NOT_FOUND) => Self::BucketMissing { bucket: bucket() },
            Some(ErrorCode::STREAM_NAME_IN_USE) => Self::BucketExists { bucket: bucket() },
            Some(ErrorCode::MESSAGE_TTL_DISABLED) => Self::TtlDisabled { bucket: bucket() },
            _ => Self::JetStream(error),
        }
    }

    /// What an error of a write means for this bucket.
    pub(super) fn of_write(bucket: &str, error: PublishError) -> Self {
        let bucket = bucket.to_owned();
        match error {
            PublishError::StreamNotFound { .. } => Self::BucketMissing { bucket },
            error if error.error_code() == Some(ErrorCode::MESSAGE_TTL_DISABLED) => {
                Self::TtlDisabled { bucket }
            }
            error => Self::Publish(error),
        }
    }
}
