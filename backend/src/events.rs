//! How events are written and read: CloudEvents whose `type` and `data` are those of a flow's enum of events.

use std::borrow::Cow;

use async_nats::HeaderMap;
use jetstream_es::{CodecError, NewEvent, Recorded, StoredMessage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::cloud_event::{CONTENT_TYPE, MessageId, SpecVersion};
use shared::identity::Actor;
use uuid::Uuid;

/// What led to an event.
#[derive(Debug, Clone)]
pub struct Cause {
    pub command: MessageId,
    pub correlation: MessageId,
    pub actor: Actor,
    /// When it was decided.
    pub time: Timestamp,
}

/// The attributes in the order in which they are read best: what it is about first, the data last.
#[derive(Serialize)]
struct Written<'a, E> {
    specversion: SpecVersion,
    id: String,
    source: &'static str,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    correlationid: &'a MessageId,
    causationid: &'a MessageId,
    actor: &'a Actor,
    #[serde(flatten)]
    event: &'a E,
}

#[derive(Deserialize)]
struct Read<'a, E> {
    #[expect(dead_code, reason = "reading it checks it")]
    specversion: SpecVersion,
    #[serde(borrow)]
    causationid: Option<Cow<'a, str>>,
    #[serde(flatten)]
    event: E,
}

/// An event about `about` (the attribute `subject`), to be appended to the NATS subject `subject`.
pub fn encode<E: Serialize>(
    event: &E,
    subject: String,
    about: &str,
    cause: &Cause,
) -> Result<NewEvent, CodecError> {
    let written = Written {
        specversion: SpecVersion,
        id: Uuid::now_v7().to_string(),
        source: "/vacancy",
        subject: about,
        time: cause.time,
        datacontenttype: "application/json",
        correlationid: &cause.correlation,
        causationid: &cause.command,
        actor: &cause.actor,
        event,
    };
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", CONTENT_TYPE);
    Ok(NewEvent {
        subject,
        headers,
        payload: serde_json::to_vec(&written)?.into(),
    })
}

/// The event of a message, with the command that led to it.
pub fn decode<E: DeserializeOwned>(message: &StoredMessage) -> Result<Recorded<E>, CodecError> {
    let read: Read<'_, E> = serde_json::from_slice(&message.payload)?;
    Ok(Recorded {
        event: read.event,
        command: read.causationid.map(Cow::into_owned),
    })
}
