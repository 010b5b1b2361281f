//! Why a message was not stored.

use super::{ApiError, ErrorCode, JetStreamError};
use crate::client::RequestError;
use crate::proto::{self, HeaderError};

/// Why a message was not stored, or whether it was is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// It was not sent.
    #[error(transparent)]
    NotSent(#[from] proto::PublishError),
    /// It was not sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// It was sent, and the server dropped it. It was not stored.
    #[error("the server does not permit publishing on \"{subject}\": ask for the permission")]
    PermissionDenied {
        /// What it was published to.
        subject: String,
    },
    /// It was sent, and nobody took it. It was not stored.
    #[error("no stream stores \"{subject}\": create one, or wait until its leader is elected")]
    StreamNotFound {
        /// What it was published to.
        subject: String,
    },
    /// The stream, or the subject, has another last sequence than was expected: somebody else was faster. Read anew, and
    /// decide again. Error 10071 or 10164.
    #[error("{0}: read the last message, and decide again")]
    WrongLastSequence(ApiError),
    /// The stream's last message has another id than was expected. Error 10070.
    #[error("{0}: read the last message, and decide again")]
    WrongLastMessageId(ApiError),
    /// Another stream stores the subject than was expected. Error 10060.
    #[error(transparent)]
    WrongStream(ApiError),
    /// A message of the batch has an id that the stream knows: it was stored before. Error 10201.
    #[error(transparent)]
    Duplicate(ApiError),
    /// The stream does not allow batches. Error 10174.
    #[error("{0}: set allow_atomic_publish in the stream's configuration")]
    BatchDisabled(ApiError),
    /// Something of the batch was lost, or it took too long. Nothing of it was stored. Error 10176.
    #[error("{0}: publish the whole batch again")]
    BatchIncomplete(ApiError),
    /// The batch has too many messages. Nothing of it was stored. Error 10199.
    #[error("a batch has {limit} messages at most: publish several batches")]
    BatchTooLarge {
        /// How many messages a batch may have: [`BatchPublish::MAX_MESSAGES`](super::BatchPublish::MAX_MESSAGES).
        limit: usize,
    },
    /// There was no answer to a message of the batch. Nothing of it was stored.
    #[error("nothing of the batch was stored, for there was no answer to one of its messages: {0}")]
    BatchAbandoned(RequestError),
    /// The server does not know of batches, and has stored each message by itself.
    #[error("the server stores each message of the batch by itself: use nats-server 2.12 or newer")]
    BatchUnsupported,
    /// A message of the batch was refused before. Nothing of it will be stored.
    #[error("the batch has failed already: start another one")]
    BatchFailed,
    /// The server refused it for another reason, which its code and description tell.
    #[error(transparent)]
    Refused(ApiError),
    /// It was sent, and whether it was stored is unknown. With a message id it can be sent again without harm.
    #[error("{0}")]
    Unanswered(RequestError),
    /// It was sent, and whether it was stored is unknown.
    #[error("the answer of JetStream cannot be read: {reason}")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
}

impl PublishError {
    /// Whether it may have been stored all the same.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unanswered(_) | Self::Malformed { .. })
    }

    /// Which error of JetStream's API it is, if it is one.
    pub fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::WrongLastSequence(error)
            | Self::WrongLastMessageId(error)
            | Self::WrongStream(error)
            | Self::Duplicate(error)
            | Self::BatchDisabled(error)
            | Self::BatchIncomplete(error)
            | Self::Refused(error) => Some(error.err_code),
            Self::BatchTooLarge { .. } => Some(ErrorCode::BATCH_TOO_LARGE),
            _ => None,
        }
    }

    /// What became of a message on `subject` whose acknowledgement could not be had.
    pub(super) fn unanswered(error: RequestError, subject: &str) -> Self {
        match error {
            RequestError::Publish(error) => Self::NotSent(error),
            RequestError::NoResponders => Self::StreamNotFound {
                subject: subject.to_owned(),
            },
            // If it is the subject of the answers that is not permitted, the message was sent.
            RequestError::PermissionDenied { subject: denied } if denied == subject => {
                Self::PermissionDenied { subject: denied }
            }
            error => Self::Unanswered(error),
        }
    }

    /// As [`unanswered`](Self::unanswered), of a message that is not the last of its batch.
    pub(super) fn abandoned(error: RequestError, subject: &str) -> Self {
        match Self::unanswered(error, subject) {
            Self::Unanswered(error) => Self::BatchAbandoned(error),
            other => other,
        }
    }
}

impl From<ApiError> for PublishError {
    fn from(error: ApiError) -> Self {
        match error.err_code {
            code if code.is_wrong_last_sequence() => Self::WrongLastSequence(error),
            ErrorCode::WRONG_LAST_MESSAGE_ID => Self::WrongLastMessageId(error),
            ErrorCode::STREAM_NOT_MATCHING => Self::WrongStream(error),
            ErrorCode::BATCH_DUPLICATE => Self::Duplicate(error),
            ErrorCode::BATCH_DISABLED => Self::BatchDisabled(error),
            ErrorCode::BATCH_INCOMPLETE => Self::BatchIncomplete(error),
            ErrorCode::BATCH_TOO_LARGE => Self::BatchTooLarge {
                limit: super::BatchPublish::MAX_MESSAGES,
            },
            _ => Self::Refused(error),
        }
    }
}

/// What an answer of JetStream could not be.
impl From<JetStreamError> for PublishError {
    fn from(error: JetStreamError) -> Self {
        match error {
            JetStreamError::Api(error) => error.into(),
            other => Self::Malformed {
                reason: other.to_string(),
            },
        }
    }
}
