//! JetStream: publish with an acknowledgement, and direct get.

mod direct_get;
mod publish;

use crate::client::{Client, RequestError};
use crate::proto::HeaderError;

pub use direct_get::DirectMessage;
pub use publish::{PubAck, Publish};

/// JetStream over a client's connection: see [`Client::jetstream`].
#[derive(Debug, Clone)]
pub struct JetStream {
    client: Client,
}

/// Why JetStream did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JetStreamError {
    /// The server refused it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There was no answer. [`RequestError::NoResponders`]: no stream takes the subject.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It was not sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the answer of JetStream cannot be read: {reason}")]
    Malformed { reason: String },
}

/// An error of JetStream's API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Deserialize)]
#[error("JetStream refused it: {description} ({err_code})")]
pub struct ApiError {
    /// As in HTTP.
    pub code: u16,
    /// Which error it is, such as 10071 for "wrong last sequence".
    #[serde(default)]
    pub err_code: u32,
    #[serde(default)]
    pub description: String,
}

impl JetStream {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }
}
