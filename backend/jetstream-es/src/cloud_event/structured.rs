//! Structured mode: attributes and data in one JSON object.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::rfc3339;
use super::{Attributes, DecodeError, Metadata};

pub(super) const VERSION: &str = "1.0";

/// The attributes in the order in which they are read best: what it is about first, the data last.
#[derive(Serialize)]
struct Written<'a, E> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    time: rfc3339::Written,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    /// `type` and `data`.
    #[serde(flatten)]
    event: &'a E,
}

#[derive(Deserialize)]
struct Read<'a> {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    subject: Option<String>,
    time: Option<String>,
    correlationid: Option<String>,
    causationid: Option<String>,
    actor: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

pub(super) fn write<E: Serialize>(
    event: &E,
    attributes: &Attributes<'_>,
) -> Result<Vec<u8>, serde_json::Error> {
    let Attributes {
        id,
        source,
        subject,
        time,
        correlation,
        causation,
        actor,
    } = *attributes;
    let mut buffer = Uuid::encode_buffer();
    let id = match id {
        Some(id) => id,
        None => Uuid::now_v7().hyphenated().encode_lower(&mut buffer),
    };
    serde_json::to_vec(&Written {
        specversion: VERSION,
        id,
        source,
        subject,
        time: rfc3339::Written(time),
        datacontenttype: "application/json",
        correlationid: correlation,
        causationid: causation,
        actor,
        event,
    })
}

pub(super) fn read(payload: &[u8]) -> Result<(Metadata, Option<&RawValue>), DecodeError> {
    let read: Read<'_> = serde_json::from_slice(payload).map_err(DecodeError::Envelope)?;
    check_version(read.specversion)?;
    let metadata = Metadata {
        id: read.id,
        source: read.source,
        event_type: read.event_type,
        subject: read.subject,
        time: read.time.as_deref().map(rfc3339::read).transpose()?,
        correlation: read.correlationid,
        causation: read.causationid,
        actor: read.actor,
    };
    Ok((metadata, read.data))
}

pub(super) fn check_version(found: String) -> Result<(), DecodeError> {
    if found == VERSION {
        return Ok(());
    }
    Err(DecodeError::Attribute {
        name: "specversion",
        found,
        expected: "1.0",
    })
}
