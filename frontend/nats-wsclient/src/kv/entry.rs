//! A revision of a key, read from the headers that the server gives it.

use bytes::Bytes;

use crate::Timestamp;
use crate::decimal::number;
use crate::proto::{HeaderMap, Message};

/// A revision of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key alone, without the `$KV.<bucket>.` of the subject it is stored under.
    pub key: String,
    /// Empty if the key was deleted. A slice of the buffer that the network filled: copy it to keep it for long.
    pub value: Bytes,
    /// The sequence in the bucket's stream. Newer revisions have larger ones.
    pub revision: u64,
    /// How many revisions were to follow in the answer that brought this one; 0 when it came by itself.
    pub delta: u64,
    /// When the server stored it.
    pub created: Timestamp,
    /// Whether it gives the key a value or takes it away.
    pub operation: Operation,
    /// Why the server itself, and no client, removed what the key had.
    pub marker: Option<MarkerReason>,
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

/// Why the server put a marker in the place of a key's last revision (`Nats-Marker-Reason`, ADR-48).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MarkerReason {
    /// The revision was older than the bucket or its own TTL allows.
    MaxAge,
    /// The revision was removed through the stream's API.
    Remove,
    /// The stream was purged.
    Purge,
}

impl Operation {
    /// Reads the operation of a revision: the header `KV-Operation` of a client, or `Nats-Marker-Reason` of the server
    /// (ADR-48).
    pub fn of(headers: &HeaderMap) -> Self {
        Self::by(
            headers.get("KV-Operation"),
            headers.get("Nats-Marker-Reason"),
        )
    }

    fn by(operation: Option<&str>, marker: Option<&str>) -> Self {
        match (operation, marker) {
            (Some("DEL"), _) | (_, Some("Remove")) => Self::Delete,
            (Some("PURGE"), _) | (_, Some(_)) => Self::Purge,
            _ => Self::Put,
        }
    }
}

impl MarkerReason {
    /// Reads the reason of the server. `None` if the revision is a client's, or the reason is one of later times.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::by(headers.get("Nats-Marker-Reason")?)
    }

    fn by(reason: &str) -> Option<Self> {
        match reason {
            "MaxAge" => Some(Self::MaxAge),
            "Remove" => Some(Self::Remove),
            "Purge" => Some(Self::Purge),
            _ => None,
        }
    }
}

impl Entry {
    /// Whether the key has a value by this revision.
    pub fn is_put(&self) -> bool {
        self.operation == Operation::Put
    }

    /// Reads a revision, republished or answered to a direct get; both carry `Nats-Subject`, `Nats-Sequence` and
    /// `Nats-Time-Stamp`. `prefix` is the bucket's, with its final dot; a message of the stream that is none of the bucket
    /// has an empty key. With it comes `Nats-Last-Sequence`, or 0: what was answered, or written to its key, before. `None` if
    /// it is not one.
    ///
    /// The server's headers come after those of the writer, who may have written some of the same names.
    pub(crate) fn read(message: &Message, prefix: &str) -> Option<(Self, u64)> {
        let (mut key, mut revision, mut created, mut delta) = (None, None, None, None);
        let (mut previous, mut operation, mut marker) = (None, None, None);
        for (name, value) in message.headers.iter() {
            match name {
                "Nats-Subject" => key = Some(value.strip_prefix(prefix).unwrap_or_default()),
                "Nats-Sequence" => revision = number(value.as_bytes()),
                "Nats-Time-Stamp" => created = Timestamp::parse(value),
                "Nats-Num-Pending" => delta = number(value.as_bytes()),
                "Nats-Last-Sequence" => previous = number(value.as_bytes()),
                "KV-Operation" => operation = operation.or(Some(value)),
                "Nats-Marker-Reason" => marker = marker.or(Some(value)),
                _ => {}
            }
        }
        let entry = Self {
            key: key?.to_owned(),
            value: message.payload.clone(),
            revision: revision?,
            delta: delta.unwrap_or(0),
            created: created?,
            operation: Operation::by(operation, marker),
            marker: marker.and_then(MarkerReason::by),
        };
        Some((entry, previous.unwrap_or(0)))
    }
}
