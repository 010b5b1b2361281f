//! A value as a message of its bucket.

use async_nats::HeaderMap;
use bytes::Bytes;

use crate::boundary::StoredMessage;
use crate::projection::{Position, Projection};
use crate::publish::EXPECTED_SEQUENCE;

/// The header with the version of the projection that wrote the value. The first version does without.
const VERSION: &str = "Jetstream-Es-Version";
/// The header of a marker that a key was deleted (ADR-8).
pub(crate) const OPERATION: &str = "KV-Operation";

/// What a bucket has under a key.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The sequence it was written with; 0 if nothing ever was.
    pub(crate) revision: u64,
    /// The version of the projection that wrote it.
    pub(crate) version: u32,
    /// The value as JSON; `None` if there is none, or it was deleted.
    pub(crate) json: Option<Bytes>,
}

impl Stored {
    /// Where nothing was ever written.
    pub(crate) fn nothing() -> Self {
        Self {
            revision: 0,
            version: 1,
            json: None,
        }
    }

    pub(crate) fn of(message: StoredMessage) -> Self {
        let header = |name: &str| message.headers.get(name).map(|value| value.as_str());
        let version = header(VERSION).and_then(|version| version.parse().ok());
        let deleted = header(OPERATION).is_some() || message.payload.is_empty();
        Self {
            revision: message.sequence,
            version: version.unwrap_or(1),
            json: (!deleted).then_some(message.payload),
        }
    }
}

/// The headers of a value that is written on the condition that `revision` is still the last one.
pub(crate) fn headers<P: Projection>(revision: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EXPECTED_SEQUENCE, revision.to_string());
    if P::VERSION != 1 {
        headers.insert(VERSION, P::VERSION.to_string());
    }
    headers
}

/// The headers of a marker that deletes a value on the condition that `revision` is still the last one.
pub(crate) fn headers_of_deletion(revision: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EXPECTED_SEQUENCE, revision.to_string());
    headers.insert(OPERATION, "DEL");
    headers
}

/// Where a value of a projection is in its bucket.
pub(crate) fn subject<P: Projection>(key: &impl std::fmt::Display) -> String {
    format!("$KV.{}.{key}", P::BUCKET)
}

/// Whether the value has an event that is later than these.
pub(crate) fn is_ahead<P: Projection>(value: &P::Value, of: &[Position]) -> bool {
    of.iter()
        .any(|at| P::position(value, at.stream) > at.sequence)
}
