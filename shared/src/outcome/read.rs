//! Reads outcomes: structs of optional members, of which the tag says which have to be there.
//!
//! What serde derives for enums that are tagged inside reads each of them into a tree of values first, and the reader of
//! that tree is compiled a second time for every type below the tag. A browser has to load it (ADR 19).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};

use super::{Decision, EventPointer, Next, Outcome, Refusal, ViewValue};
use crate::bookings::BookingId;
use crate::cloud_event::MessageId;
use crate::missing::there;
use crate::rooms::RoomRef;

#[derive(Deserialize)]
struct AnyOutcome {
    command: MessageId,
    decision: Cow<'static, str>,
    event: Option<EventPointer>,
    view: Option<Box<ViewValue>>,
    refusal: Option<Refusal>,
    letter: Option<String>,
    #[serde(default)]
    next: Vec<Next>,
}

#[derive(Deserialize)]
struct AnyNext {
    r#do: Cow<'static, str>,
    text: Option<String>,
    view: Option<Cow<'static, str>>,
    key: Option<String>,
    room: Option<RoomRef>,
    command: Option<MessageId>,
    booking: Option<BookingId>,
    field: Option<Cow<'static, str>>,
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any = AnyOutcome::deserialize(deserializer)?;
        let decision = match &*any.decision {
            "done" => Decision::Done {
                event: there(any.event, "event")?,
                view: any.view,
            },
            "refused" => Decision::Refused {
                refusal: there(any.refusal, "refusal")?,
            },
            "parked" => Decision::Parked {
                letter: there(any.letter, "letter")?,
            },
            other => {
                let known = &["done", "refused", "parked"];
                return Err(de::Error::unknown_variant(other, known));
            }
        };
        Ok(Self {
            command: any.command,
            decision,
            next: any.next,
        })
    }
}

impl<'de> Deserialize<'de> for Next {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any = AnyNext::deserialize(deserializer)?;
        Ok(match &*any.r#do {
            "message" => Self::Message {
                text: there(any.text, "text")?,
            },
            "open" => Self::Open {
                view: there(any.view, "view")?,
                key: there(any.key, "key")?,
            },
            "undo" => Self::Undo {
                room: there(any.room, "room")?,
                command: there(any.command, "command")?,
            },
            "confirm" => Self::Confirm {
                room: there(any.room, "room")?,
                booking: there(any.booking, "booking")?,
            },
            "correct" => Self::Correct {
                field: there(any.field, "field")?,
            },
            _ => Self::Unknown,
        })
    }
}
