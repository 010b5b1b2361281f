//! A received message.

use bytes::Bytes;

use super::{HeaderMap, StatusCode, Subject};

/// A message as it was received.
///
/// Subject, headers and payload are slices of the buffer that the network filled: keeping one of them keeps that
/// buffer. Copy what is to live long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject that it was delivered on, without wildcards also where the subscription has some.
    pub subject: Subject,
    /// Where an answer is expected, if one is.
    pub reply: Option<Subject>,
    /// Its headers, and the status if the server itself answers; empty if there are none.
    pub headers: HeaderMap,
    /// What comes after the headers, as it was published; may be empty.
    pub payload: Bytes,
}

impl Message {
    /// The status, which only answers of the server itself have.
    pub fn status(&self) -> Option<StatusCode> {
        self.headers.status()
    }

    /// The bytes of its subject, headers and payload.
    pub(crate) fn size(&self) -> usize {
        self.subject.len() + self.headers.encoded_len() + self.payload.len()
    }

    /// Whether the server says that nobody listens on the subject of the request.
    pub fn is_no_responders(&self) -> bool {
        self.status() == Some(StatusCode::NO_RESPONDERS) && self.payload.is_empty()
    }
}
