//! The answer to a command.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cloud_event::MessageId;

/// What became of a command so far. Lives for a day in the bucket `outcomes`, and is published to the one who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// The id of the command.
    pub command: MessageId,
    #[serde(flatten)]
    pub decision: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// Done. A view shows it as soon as it has reached `event`.
    Done { event: EventPointer },
    /// Refused, and nothing has changed.
    Refused { refusal: Refusal },
    /// It could not be decided, or waits behind one that could not. An operator sees to it; another outcome may follow.
    Parked {
        /// The name of the dead letter, by which the operator finds it.
        letter: String,
    },
}

/// Where an event is: its stream and the sequence it has there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventPointer {
    pub stream: Cow<'static, str>,
    pub sequence: u64,
}

/// Why a command was not done, for a person to read and for a program to tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// Stable and meant for programs: `room-taken`.
    pub code: Cow<'static, str>,
    /// The part of the command's data that the reason is about, as a path: `room.id`, `nights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// A sentence for the one who asked.
    pub message: String,
}

impl Refusal {
    pub fn new(code: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            field: Some(field.into()),
            message: message.into(),
        }
    }
}
