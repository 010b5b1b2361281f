//! What a consumer answers in place of messages.

use super::PullError;
use crate::proto::Message;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It goes on.
    Heartbeat,
    /// It is over as it should be: its time is, or there is no more, or it has all that it asked for.
    Over,
    /// It is over, since the next message has more bytes than it had left.
    NoRoom,
    /// It is over, since the client is not the one any more that is pinned.
    Unpinned,
    /// It is over, and another one may fare better.
    Failed(PullError),
    /// No request will fare better.
    Final(PullError),
}

impl Answer {
    /// `None`: it is a message of the stream.
    pub(super) fn of(message: &Message) -> Option<Self> {
        let status = message.status()?.as_u16();
        let description = message.headers.description();
        Some(match (status, description) {
            (100, _) => Self::Heartbeat,
            (404 | 408, _) | (409, "Batch Completed") => Self::Over,
            (409, "Message Size Exceeds MaxBytes") => Self::NoRoom,
            (409, "Consumer Deleted") => Self::Final(PullError::ConsumerDeleted),
            (409, "Consumer is push based") => Self::Final(PullError::PushConsumer),
            (423, _) => Self::Unpinned,
            (503, _) => Self::Failed(PullError::NoResponders),
            (409, _) if !description.starts_with("Exceeded MaxRequest") => {
                Self::Failed(PullError::Interrupted {
                    description: description.to_owned(),
                })
            }
            _ => Self::Final(PullError::Refused {
                status,
                description: description.to_owned(),
            }),
        })
    }
}
