//! What the staff can ask the hotel for.

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::bookings::{BookRoom, BookingEvent, CheckIn, RoomLedger, Undo};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::housekeeping::{Cleanup, CleanupLog};
use shared::outcome::Refusal;
use shared::rooms::{Room, RoomId};
use shared::subjects::CommandSubject;
use shared::text::Token;

/// Where the commands of this program come from, the attribute `source` of CloudEvents.
const SOURCE: &str = "/board";

/// A command before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    Book(BookRoom),
    CheckIn(CheckIn),
    Clean(Cleanup),
    Undo(Undo),
}

/// A room as the rules see it.
#[derive(Debug, Clone)]
pub struct RoomState {
    pub room: Option<Room>,
    pub ledger: RoomLedger,
    pub cleanups: CleanupLog,
}

impl Wish {
    pub fn room(&self) -> RoomId {
        match self {
            Self::Book(command) => command.room.id,
            Self::CheckIn(command) => command.room.id,
            Self::Clean(command) => command.room.id,
            Self::Undo(command) => command.room.id,
        }
    }

    /// What the hotel would decide if it knew no more than `state`: the rules are the backend's own. The events of a
    /// cleanup are of no interest here, and those of an undo not known, since views do not tell what was last: so there
    /// are none.
    ///
    /// # Errors
    /// The refusal that the backend would give.
    pub fn decide(&self, state: &RoomState) -> Result<Vec<BookingEvent>, Refusal> {
        let room = state.room.as_ref();
        match self {
            Self::Book(command) => Ok(command.decide(room, &state.ledger)?),
            Self::CheckIn(command) => Ok(command.decide(room, &state.ledger, &state.cleanups)?),
            Self::Clean(command) => {
                command.decide(room)?;
                Ok(Vec::new())
            }
            Self::Undo(_) => Ok(Vec::new()),
        }
    }

    /// The subject to publish it on, for the browser of `user`.
    pub fn subject(&self, user: &Token) -> String {
        match self {
            Self::Book(_) => CommandSubject::in_browser::<BookRoom>(user),
            Self::CheckIn(_) => CommandSubject::in_browser::<CheckIn>(user),
            Self::Clean(_) => CommandSubject::in_browser::<Cleanup>(user),
            Self::Undo(_) => CommandSubject::in_browser::<Undo>(user),
        }
    }

    /// The message to publish, a CloudEvent in JSON.
    ///
    /// # Errors
    /// None that the types of the commands allow; `serde_json` cannot know.
    pub fn message(&self, id: &MessageId, now: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Book(command) => message(command, id, now),
            Self::CheckIn(command) => message(command, id, now),
            Self::Clean(command) => message(command, id, now),
            Self::Undo(command) => message(command, id, now),
        }
    }
}

pub(super) fn message<C: Command + Clone + Serialize>(
    command: &C,
    id: &MessageId,
    now: Timestamp,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&CloudEvent::command(
        id.clone(),
        SOURCE,
        now,
        command.clone(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_goes_out_as_a_cloud_event_on_the_users_own_subject() {
        let wish = Wish::Clean(Cleanup {
            room: RoomId::try_from(7).unwrap().into(),
            date: "2022-12-12".parse().unwrap(),
        });
        assert_eq!(
            wish.subject(&"frontdesk".parse().unwrap()),
            "cmd.frontdesk.cleanup"
        );
        let id: MessageId = "c1".parse().unwrap();
        let now = Timestamp::from_unix_milliseconds(0);
        let message: serde_json::Value =
            serde_json::from_slice(&wish.message(&id, now).unwrap()).unwrap();
        assert_eq!(
            message,
            serde_json::json!({
                "specversion": "1.0",
                "id": "c1",
                "source": "/board",
                "type": "vacancy.housekeeping.cleanup.v1",
                "time": "1970-01-01T00:00:00.000Z",
                "datacontenttype": "application/json",
                "correlationid": "c1",
                "data": { "room": { "id": 7 }, "date": "2022-12-12" },
            })
        );
    }
}
