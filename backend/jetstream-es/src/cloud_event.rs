//! The envelope of events and plain messages: [CloudEvents 1.0.2], in the [NATS protocol binding].
//!
//! What this crate writes is in *structured* mode: the payload is one JSON object that holds the attributes and the
//! data, and `Content-Type` is `application/cloudevents+json`. It reads *binary* mode as well, in which each attribute
//! is a header `ce-<name>` and the payload is the data alone; other programs write that.
//!
//! Besides the attributes of the specification there are three extensions: `correlationid`, the id of the first message
//! of a chain; `causationid`, the id of the message that directly led to this one (for an event, its command); and
//! `actor`, who asked.
//!
//! An event type of the user's is an enum that serde tags adjacently, so that `type` and `data` are attributes:
//!
//! ```
//! #[derive(serde::Serialize, serde::Deserialize)]
//! #[serde(tag = "type", content = "data")]
//! enum AccountEvent {
//!     #[serde(rename = "bank.deposited.v1")]
//!     Deposited { amount: u32 },
//! }
//! ```
//!
//! [CloudEvents 1.0.2]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//! [NATS protocol binding]: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md

mod binary;
pub(crate) mod rfc3339;
mod structured;
mod typed;

use std::time::SystemTime;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::upcast::{self, UpcastError, Upcaster};

/// The media type of a message in structured mode, in the header `Content-Type`.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// What led to an event: it goes from a command to its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The id of the command, by which it is recognised when it comes again, for ever. The event's `causationid`.
    pub command: String,
    /// The id of the first message of the chain, which is the command's own if it began there.
    pub correlation: String,
    /// Who asked.
    pub actor: Option<String>,
    /// When it is decided. It is written in whole milliseconds.
    pub time: SystemTime,
}

impl Cause {
    /// A command that begins a chain, is decided now and has no actor.
    pub fn new(command: impl Into<String>) -> Self {
        let command = command.into();
        Self {
            correlation: command.clone(),
            command,
            actor: None,
            time: SystemTime::now(),
        }
    }

    /// Whether both actors are known, and are not the same.
    pub(crate) fn is_of_another_than(&self, actor: Option<&str>) -> bool {
        let asks = self.actor.as_deref();
        asks.is_some() && actor.is_some() && asks != actor
    }
}

/// The attributes of a CloudEvent but its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Its id, unique within the source.
    pub id: String,
    /// A URI reference that says which program made it.
    pub source: String,
    /// What it is, with its version, as it was written: older than the event's own type if it was lifted
    /// ([`upcast`]).
    pub event_type: String,
    /// What it is about within the source. Not the NATS subject.
    pub subject: Option<String>,
    /// When it happened.
    pub time: Option<SystemTime>,
    /// The id of the first message of the chain.
    pub correlation: Option<String>,
    /// The id of the message that led to it; for an event the id of its command.
    pub causation: Option<String>,
    /// Who asked.
    pub actor: Option<String>,
}

/// A message to be written, but its `type` and `data`.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// Its id, unique within the source; `None` for a new one (a UUID of version 7).
    pub id: Option<&'a str>,
    /// See [`Metadata::source`].
    pub source: &'a str,
    /// See [`Metadata::subject`].
    pub subject: Option<&'a str>,
    /// When it happened.
    pub time: SystemTime,
    /// See [`Metadata::correlation`].
    pub correlation: Option<&'a str>,
    /// See [`Metadata::causation`].
    pub causation: Option<&'a str>,
    /// See [`Metadata::actor`].
    pub actor: Option<&'a str>,
}

/// Why an event cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// serde does not write it.
    #[error("the event cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// What was written cannot be read.
    #[error(
        "the event could not be read again: {0}; is it an enum with `#[serde(tag = \"type\", content = \"data\")]`?"
    )]
    Lost(#[from] DecodeError),
}

/// Why a message is not understood. It stays so until somebody changes the program.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The payload is no CloudEvent in structured mode.
    #[error("not a CloudEvent in JSON: {0}")]
    Envelope(#[source] serde_json::Error),
    /// An attribute that must be there is not (binary mode).
    #[error("not a CloudEvent: the header ce-{0} is missing")]
    Missing(&'static str),
    /// An attribute is not what the specification says.
    #[error("not a CloudEvent: the attribute {name} is {found:?}, expected {expected}")]
    Attribute {
        /// Its name.
        name: &'static str,
        /// What is there.
        found: String,
        /// What should be.
        expected: &'static str,
    },
    /// A newer program has written it.
    #[error(
        "the type {found} is newer than {newest}, the newest version that is known here: update this program"
    )]
    FutureVersion {
        /// The type that was found.
        found: String,
        /// The newest version of it that is known.
        newest: String,
    },
    /// Nobody here knows what this is.
    #[error("the type {found} is not known here; known are {}", known.join(", "))]
    UnknownType {
        /// The type that was found.
        found: String,
        /// The types that are known.
        known: &'static [&'static str],
    },
    /// The type is known and its data is something else.
    #[error("the data of a {event_type} is not what it should be: {reason}")]
    Data {
        /// The type, after upcasting.
        event_type: String,
        /// What serde says.
        reason: String,
    },
    /// An old version could not be lifted to the present one.
    #[error(transparent)]
    Upcast(#[from] UpcastError),
}

/// Writes a CloudEvent in structured mode: the headers and the payload.
///
/// # Errors
/// When serde does not write the event.
pub fn write<E: Serialize>(
    event: &E,
    attributes: &Attributes<'_>,
) -> Result<(HeaderMap, Bytes), serde_json::Error> {
    let payload = structured::write(event, attributes)?;
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", CONTENT_TYPE);
    Ok((headers, payload.into()))
}

/// Reads a CloudEvent in either mode, and lifts its data if its type is an old version.
///
/// A message is in binary mode if it has a header `ce-specversion`, unless its `Content-Type` says that it is structured.
///
/// # Errors
/// See [`DecodeError`].
pub fn read<E: DeserializeOwned>(
    headers: &HeaderMap,
    payload: &[u8],
    upcasters: &[Upcaster],
) -> Result<(E, Metadata), DecodeError> {
    let (metadata, data) = read_parts(headers, payload)?;
    let event = match upcast::lift(&metadata.event_type, data, upcasters)? {
        None => typed::read(&metadata.event_type, typed::Data::Raw(data))?,
        Some((event_type, data)) => typed::read(event_type, typed::Data::Value(data))?,
    };
    Ok((event, metadata))
}

/// Reads the attributes of a CloudEvent in either mode, whatever its data is.
///
/// # Errors
/// See [`DecodeError`].
pub fn read_metadata(headers: &HeaderMap, payload: &[u8]) -> Result<Metadata, DecodeError> {
    read_parts(headers, payload).map(|(metadata, _)| metadata)
}

/// Whether the message is in binary mode.
#[cfg(feature = "shred")]
pub(crate) fn is_binary(headers: &HeaderMap) -> bool {
    binary::is_binary(headers)
}

fn read_parts<'a>(
    headers: &HeaderMap,
    payload: &'a [u8],
) -> Result<(Metadata, Option<&'a RawValue>), DecodeError> {
    if binary::is_binary(headers) {
        binary::read(headers, payload)
    } else {
        structured::read(payload)
    }
}

#[cfg(test)]
mod tests;
