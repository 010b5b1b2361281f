//! A revision of a key, read from the headers that the server gives it.

use bytes::Bytes;

use crate::Timestamp;
use crate::proto::{HeaderMap, Message};

/// A revision of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEntry {
    pub key: String,
    /// Empty if the key was deleted. A slice of the buffer that the network filled.
    pub value: Bytes,
    /// The sequence in the bucket's stream. Newer revisions have larger ones.
    pub revision: u64,
    pub operation: Operation,
    /// When the server stored it.
    pub time: Timestamp,
}

/// What a revision does to its key (ADR-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// It has this value now.
    Put,
    /// It has no value any more.
    Delete,
    /// It has no value any more, and its history was removed; also if it expired.
    Purge,
}

impl Operation {
    /// Reads the operation of a revision: the header `KV-Operation` of a client, or `Nats-Marker-Reason` of the server
    /// (ADR-48).
    pub fn of(headers: &HeaderMap) -> Self {
        match (
            headers.get("KV-Operation"),
            headers.get("Nats-Marker-Reason"),
        ) {
            (Some("DEL"), _) | (_, Some("Remove")) => Self::Delete,
            (Some("PURGE"), _) | (_, Some(_)) => Self::Purge,
            _ => Self::Put,
        }
    }
}

impl LiveEntry {
    /// Reads a revision, republished or answered to a direct get; both carry `Nats-Subject`, `Nats-Sequence` and
    /// `Nats-Time-Stamp`. `prefix` is the bucket's, with its final dot. `None` if it is not one.
    pub(crate) fn read(message: &Message, prefix: &str) -> Option<Self> {
        let headers = &message.headers;
        let key = headers.get("Nats-Subject")?.strip_prefix(prefix)?;
        Some(Self {
            key: key.to_owned(),
            value: message.payload.clone(),
            revision: headers.number("Nats-Sequence")?,
            operation: Operation::of(headers),
            time: Timestamp::parse(headers.get("Nats-Time-Stamp")?)?,
        })
    }
}
