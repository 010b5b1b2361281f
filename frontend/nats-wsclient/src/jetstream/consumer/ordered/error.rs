//! Why an ordered consumer is not live.

use crate::jetstream::{ApiError, ErrorCode, JetStreamError};

/// Why an ordered consumer is not live. It tries again by itself unless [`is_final`](Self::is_final).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderedError {
    #[error("there is no stream {stream:?}: make it, or look at its name")]
    StreamMissing { stream: String },
    /// The server refused to make the consumer.
    #[error(transparent)]
    Refused(ApiError),
    #[error(
        "JetStream does not answer: it is not enabled for this account, or its API has another prefix"
    )]
    NoResponders,
    #[error("the server did not answer in time when it was asked for a consumer of {stream:?}")]
    NoAnswer { stream: String },
    /// The last item.
    #[error("an ordered consumer needs the permission for {subject:?}: ask for it")]
    Denied { subject: String },
    #[error("what the server sent cannot be read: does a proxy or an import change its subjects?")]
    Malformed,
}

impl OrderedError {
    /// Whether the consumer has given up.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    pub(super) fn of(stream: &str, error: JetStreamError) -> Self {
        match error {
            JetStreamError::Api(error) if error.err_code == ErrorCode::STREAM_NOT_FOUND => {
                Self::StreamMissing {
                    stream: stream.to_owned(),
                }
            }
            JetStreamError::Api(error) => Self::Refused(error),
            _ => Self::Malformed,
        }
    }
}
