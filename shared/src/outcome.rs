//! The answer to a command: what became of it, the new value of the view that it changed, and what can be done next.
//!
//! ```json
//! {
//!   "command": "c1",
//!   "decision": "done",
//!   "event": { "stream": "room-booking", "sequence": 7 },
//!   "view": { "stays": { "key": "1.7_2022-12-12", "value": { "room": 1, "…": "…" } } },
//!   "next": [
//!     { "do": "message", "text": "Room 101 is booked for Ada from 2022-12-12 to 2022-12-14." },
//!     { "do": "open", "view": "stays", "key": "1.7_2022-12-12" },
//!     { "do": "undo", "room": { "id": 1 }, "command": "c1" }
//!   ]
//! }
//! ```

mod code;
mod next;
mod read;
mod view;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cloud_event::MessageId;
use crate::identity::Account;

pub use code::Code;
pub use next::Next;
pub use view::ViewValue;

/// What became of a command so far. Lives for a day in the bucket `outcomes`, and is published to the one who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// The id of the command.
    pub command: MessageId,
    #[serde(flatten)]
    pub decision: Decision,
    /// What the one who asked can do now, in the order in which to offer it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Next>,
}

impl Outcome {
    /// The same as somebody of the account may know it: all users of an account hear each other's outcomes where they
    /// share a log-in, as guests do, and a bucket's audience is the audience of its values wherever they are.
    #[must_use]
    pub fn for_account(mut self, account: Account) -> Self {
        if let Decision::Done { view, .. } = &mut self.decision {
            *view = view.take().filter(|view| view.is_for(account));
        }
        self.next.retain(|next| next.is_for(account));
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// Done. A view shows it as soon as it has reached `event`.
    Done {
        event: EventPointer,
        /// The value of the view that the command has changed, as it will be in the view's bucket. `None` where that is
        /// not known any more, such as for a command that was done long ago, or is nothing for the one who asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        view: Option<Box<ViewValue>>,
    },
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
    /// Stable and meant for programs, a [`Code`] unless a newer hotel has others: `room-taken`.
    pub code: Cow<'static, str>,
    /// The part of the command's data that the reason is about, as a path: `room.id`, `nights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// A sentence for the one who asked.
    pub message: String,
    /// After how many seconds it may be asked for again, by a new command, where it is a matter of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_in: Option<u16>,
}

impl Refusal {
    /// About a part of the command's data.
    pub fn new(code: Code, field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::of_the_whole(code, message)
        }
    }

    /// About the command as a whole.
    pub fn of_the_whole(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str().into(),
            field: None,
            message: message.into(),
            retry_in: None,
        }
    }

    /// Too many commands come from the one who asks.
    pub fn too_many_commands(retry_in: u16) -> Self {
        let when = match retry_in {
            0 | 1 => "in a second".to_owned(),
            seconds => format!("in {seconds} seconds"),
        };
        let message = format!(
            "You ask for more at once than the hotel takes from one. Try this again {when}."
        );
        Self {
            retry_in: Some(retry_in),
            ..Self::of_the_whole(Code::TooManyCommands, message)
        }
    }

    /// Whether this is the reason.
    pub fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }
}
