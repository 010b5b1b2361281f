//! What the one who asked can do now.

use std::borrow::Cow;

use serde::Serialize;

use super::{Code, Refusal, view};
use crate::bookings::{BookingId, Confirm, Undo};
use crate::cloud_event::{Command, MessageId};
use crate::identity::Account;
use crate::rooms::{RoomId, RoomRef};
use crate::subjects::HOUSEKEEPING;

/// Something to do. How it looks is the client's affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Next {
    /// Show this sentence.
    Message { text: String },
    /// Go to what this key of the bucket `view` has.
    Open {
        view: Cow<'static, str>,
        key: String,
    },
    /// Offer to undo the command, by the command `undo` with this data, as long as it is the last one of the room.
    Undo { room: RoomRef, command: MessageId },
    /// Offer to make the hold a booking, by the command `confirm` with this data, before it ends.
    Confirm { room: RoomRef, booking: BookingId },
    /// Correct the command's data at this path, and send it as a new command.
    Correct { field: Cow<'static, str> },
    /// What a newer hotel says and this program does not know yet.
    Unknown,
}

impl Next {
    pub(crate) fn message(text: impl Into<String>) -> Self {
        Self::Message { text: text.into() }
    }

    /// Whether somebody of the account can do it.
    pub fn is_for(&self, account: Account) -> bool {
        match self {
            Self::Open { view, .. } => view::may_read(account, view),
            Self::Undo { .. } => may_send::<Undo>(account),
            Self::Confirm { .. } => may_send::<Confirm>(account),
            Self::Message { .. } | Self::Correct { .. } | Self::Unknown => true,
        }
    }

    /// What follows a command that was done before, so that all that is left of it is its event.
    pub fn after_repetition() -> Vec<Self> {
        vec![Self::message("This was done before.")]
    }

    /// What follows a command that could not be decided.
    pub fn after_parking(letter: &str) -> Vec<Self> {
        let text = format!(
            "It could not be decided and waits for the operator, as the dead letter {letter}."
        );
        vec![Self::message(text)]
    }
}

fn may_send<C: Command>(account: Account) -> bool {
    account == Account::Hotel || C::SENDERS.contains(&account)
}

impl Refusal {
    /// What follows a command about the room that was refused for this reason.
    pub fn next(&self, room: Option<RoomId>) -> Vec<Next> {
        let mut next = vec![Next::message(self.message.as_str())];
        match room {
            Some(room) if self.is(Code::RoomNotReady) => next.push(Next::Open {
                view: HOUSEKEEPING.name().into(),
                key: room.to_string(),
            }),
            _ => {}
        }
        let field = self.field.clone();
        next.extend(field.map(|field| Next::Correct { field }));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_and_corrected_where_it_is_about_something() {
        let taken = Refusal::new(Code::RoomTaken, "date", "Room 101 is taken.");
        let message = Next::message("Room 101 is taken.");
        let correct = Next::Correct {
            field: "date".into(),
        };
        assert_eq!(taken.next(None), [message.clone(), correct]);
        let forbidden = Refusal {
            field: None,
            ..taken
        };
        assert_eq!(forbidden.next(None), [message]);
    }

    #[test]
    fn who_cannot_check_in_finds_the_room_on_the_list_of_housekeeping() {
        let dirty = Refusal::new(Code::RoomNotReady, "room.id", "Room 101 is not ready.");
        let next = dirty.next(RoomId::try_from(1).ok());
        let open = Next::Open {
            view: "housekeeping".into(),
            key: "1".to_owned(),
        };
        assert_eq!(next[1], open);
        assert!(open.is_for(Account::FrontDesk) && !open.is_for(Account::Guest));
    }
}
