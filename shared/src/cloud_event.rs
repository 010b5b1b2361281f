//! The envelope of every command and every event: CloudEvents 1.0 in structured JSON mode.
//!
//! Besides the attributes of the specification there are three extensions: `correlationid`, the id of the first click
//! of a chain of messages; `causationid`, the id of the message that directly led to this one; and `actor`, who asked.
//! `actor` stands on events alone, where the backend wrote it from the subject the command came in on: what a command
//! says of its sender is not believed.
//!
//! Source: [CloudEvents 1.0.2](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) and its
//! [JSON format](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;
use crate::identity::{Account, Actor};
use crate::text::Token;

/// The media type of a message that holds one CloudEvent, for the header `Content-Type`.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The id of a command or an event, unique wherever it comes from; the same id is the same message.
pub type MessageId = Token;

/// A message with its attributes. `T` is the data: a command of a flow's folder, or raw JSON still to be read.
///
/// Attributes that are not known are passed over, as the specification asks of consumers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CloudEvent<T> {
    pub specversion: SpecVersion,
    pub id: MessageId,
    /// A URI reference that says which program made the message, such as `/board`.
    pub source: Cow<'static, str>,
    /// What the data is, with its version: `vacancy.booking.book-room.v1`.
    #[serde(rename = "type")]
    pub message_type: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    pub data: T,
}

impl<C: Command> CloudEvent<C> {
    /// A command that starts a chain: its correlation id is its own id.
    pub fn command(id: MessageId, source: &'static str, time: Timestamp, data: C) -> Self {
        Self {
            specversion: SpecVersion,
            correlationid: Some(id.clone()),
            id,
            source: source.into(),
            message_type: C::TYPE.into(),
            subject: None,
            time: Some(time),
            datacontenttype: Some("application/json".into()),
            causationid: None,
            actor: None,
            data,
        }
    }
}

/// The data of a command: a wish that the hotel may refuse.
pub trait Command: Serialize + for<'de> Deserialize<'de> {
    /// The command's token in subjects, and its name in `PUT /mutation/…`.
    const NAME: &'static str;
    /// Its `type` as a CloudEvent.
    const TYPE: &'static str;
    /// Who may send it, besides the programs inside the account `HOTEL`. The server's permissions say the same
    /// (`nats-server.conf`).
    const SENDERS: &'static [Account];
}

/// The attribute `specversion`, which is always `1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecVersion;

impl SpecVersion {
    pub const TEXT: &'static str = "1.0";
}

impl Serialize for SpecVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::TEXT)
    }
}

impl<'de> Deserialize<'de> for SpecVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Cow::<'de, str>::deserialize(deserializer)?.as_ref() {
            Self::TEXT => Ok(Self),
            other => Err(de::Error::custom(format_args!(
                "specversion {other:?} is not supported: expected {:?}",
                Self::TEXT
            ))),
        }
    }
}
