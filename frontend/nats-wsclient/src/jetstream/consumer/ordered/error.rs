//! Why an ordered consumer is not live.

use crate::jetstream::{ApiError, ErrorCode, JetStreamError};

/// Why an ordered consumer is not live. It tries again by itself unless [`is_final`](Self::is_final).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderedError {
    /// The server knows no such stream (error 10059). The consumer begins once there is one.
    #[error("there is no stream \"{stream}\": make it, or look at its name")]
    StreamMissing {
        /// The name that was asked for.
        stream: String,
    },
    /// The server refused to make the consumer.
    #[error(transparent)]
    Refused(ApiError),
    /// The request for a consumer was sent, and nobody took it. It is sent again.
    #[error(
        "JetStream does not answer: it is not enabled for this account, or its API has another prefix"
    )]
    NoResponders,
    /// The request was sent, and is sent again.
    #[error("the server did not answer in time when it was asked for a consumer of \"{stream}\"")]
    NoAnswer {
        /// The name of the stream to be read.
        stream: String,
    },
    /// The last item.
    #[error("an ordered consumer needs the permission for \"{subject}\": ask for it")]
    Denied {
        /// What the client may not publish or subscribe to.
        subject: String,
    },
    /// A message does not tell in its reply subject where in the stream it is, or an answer of the API is none.
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
