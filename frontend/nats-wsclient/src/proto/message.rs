//! A received message.

use bytes::Bytes;

use super::{HeaderMap, StatusCode, Subject};

/// A message as it was received.
///
/// Subject, headers and payload are slices of the buffer that the network filled: keeping one of them keeps that
/// buffer. Copy what is to live long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: Subject,
    /// Where an answer is expected, if one is.
    pub reply: Option<Subject>,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

impl Message {
    /// The status, which only answers of the server itself have.
    pub fn status(&self) -> Option<StatusCode> {
        self.headers.status()
    }

    /// Whether the server says that nobody listens on the subject of the request.
    pub fn is_no_responders(&self) -> bool {
        self.status() == Some(StatusCode::NO_RESPONDERS) && self.payload.is_empty()
    }
}
