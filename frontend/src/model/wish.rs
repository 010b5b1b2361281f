//! What the staff can ask the hotel for.

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::bookings::{
    BookRoom, BookingEvent, BookingId, Cancel, ChangeStay, CheckIn, CheckOut, Confirm, NoShow, Pin,
    RoomLedger, Side, Span, StayKey, SwapStays, Undo, Unpin,
};
use shared::cloud_event::MessageId;
use shared::housekeeping::{
    Cleanup, CleanupEvent, CleanupLog, FailCleanup, Inspect, RequestCleanup,
};
use shared::outcome::Refusal;
use shared::rooms::{Room, RoomId};
use shared::text::Token;

use super::ask::Ask;

/// A command before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    Book(BookRoom),
    Confirm(Confirm),
    CheckIn(CheckIn),
    CheckOut(CheckOut),
    NoShow(NoShow),
    Cancel(Cancel),
    Change(ChangeStay),
    Swap(SwapStays),
    Pin(Pin),
    Unpin(Unpin),
    Clean(Cleanup),
    Inspect(Inspect),
    FailCleanup(FailCleanup),
    RequestCleanup(RequestCleanup),
    Undo(Undo),
}

/// A room as the rules see it.
#[derive(Debug, Clone)]
pub struct RoomState {
    pub room: Option<Room>,
    pub ledger: RoomLedger,
    pub cleanups: CleanupLog,
    /// The nights of the guest who was in it last: not every page knows the stays that tell it.
    pub occupied: Option<Span>,
    /// The other one, where a command is about two.
    pub other: Option<Box<RoomState>>,
}

impl RoomState {
    fn side(&self) -> Side<'_> {
        Side {
            room: self.room.as_ref(),
            ledger: &self.ledger,
        }
    }
}

/// What a command about a room can be asked.
trait Asked: Ask {
    fn room(&self) -> RoomId;
    fn decide(&self, state: &RoomState) -> Result<Vec<BookingEvent>, Refusal>;
}

/// The commands of these types, each with how the rules decide it in a state.
macro_rules! asked {
    ($($command:ty: |$of:ident, $state:ident| $decide:expr;)*) => {$(
        impl Asked for $command {
            fn room(&self) -> RoomId {
                self.room.id
            }

            fn decide(&self, $state: &RoomState) -> Result<Vec<BookingEvent>, Refusal> {
                let $of = self;
                $decide
            }
        }
    )*};
}

asked! {
    BookRoom: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    Confirm: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    CheckIn: |command, state| {
        Ok(command.decide(state.room.as_ref(), &state.ledger, &state.cleanups)?)
    };
    CheckOut: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    NoShow: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    Cancel: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    ChangeStay: |command, state| Ok(match (command.other_room(), &state.other) {
        (Some(to), Some(other)) => {
            let moved = command.decide_move(to, state.side(), other.side())?;
            [moved.here, moved.there].concat()
        }
        _ => command.decide(state.room.as_ref(), &state.ledger)?,
    });
    SwapStays: |command, state| {
        let other = state.other.as_deref().unwrap_or(state);
        let swapped = command.decide(state.side(), other.side())?;
        Ok([swapped.here, swapped.there].concat())
    };
    Pin: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    Unpin: |command, state| Ok(command.decide(state.room.as_ref(), &state.ledger)?);
    // The events of these four are laid over the room itself: see `cleanups`.
    Cleanup: |command, state| {
        command.decide(state.room.as_ref())?;
        Ok(Vec::new())
    };
    Inspect: |command, state| {
        command.decide(state.room.as_ref(), &state.cleanups, state.occupied)?;
        Ok(Vec::new())
    };
    FailCleanup: |command, state| {
        command.decide(state.room.as_ref())?;
        Ok(Vec::new())
    };
    RequestCleanup: |command, state| {
        command.decide(state.room.as_ref())?;
        Ok(Vec::new())
    };
    // Views do not tell what was last, so what it undoes is not known.
    Undo: |_command, _state| Ok(Vec::new());
}

impl Wish {
    fn asked(&self) -> &dyn Asked {
        match self {
            Self::Book(command) => command,
            Self::Confirm(command) => command,
            Self::CheckIn(command) => command,
            Self::CheckOut(command) => command,
            Self::NoShow(command) => command,
            Self::Cancel(command) => command,
            Self::Change(command) => command,
            Self::Swap(command) => command,
            Self::Pin(command) => command,
            Self::Unpin(command) => command,
            Self::Clean(command) => command,
            Self::Inspect(command) => command,
            Self::FailCleanup(command) => command,
            Self::RequestCleanup(command) => command,
            Self::Undo(command) => command,
        }
    }

    pub fn room(&self) -> RoomId {
        self.asked().room()
    }

    /// The other room, of a wish about two.
    pub fn other_room(&self) -> Option<RoomId> {
        let other = match self {
            Self::Change(command) => command.other_room(),
            Self::Swap(command) => Some(command.to),
            _ => None,
        };
        other.map(|room| room.id)
    }

    /// The rooms that it changes something of.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> {
        [Some(self.room()), self.other_room()].into_iter().flatten()
    }

    /// The stay that it is about, where that is when it is done; `None` where the room alone tells.
    pub fn stay(&self) -> Option<StayKey> {
        let room = self.other_room().unwrap_or_else(|| self.room());
        self.booking().map(|booking| StayKey { room, booking })
    }

    /// What the rules are to know of its rooms, each of which is as `of` says.
    pub fn state(&self, of: impl Fn(RoomId) -> RoomState) -> RoomState {
        RoomState {
            other: self.other_room().map(|room| Box::new(of(room))),
            ..of(self.room())
        }
    }

    fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Book(command) => Some(BookingId {
                client: command.client.id,
                arrival: command.date,
            }),
            Self::Confirm(command) => Some(command.booking),
            Self::CheckOut(command) => Some(command.booking),
            Self::NoShow(command) => Some(command.booking),
            Self::Cancel(command) => Some(command.booking),
            Self::Change(command) => Some(command.booking),
            Self::Swap(command) => Some(command.booking),
            Self::Pin(command) => Some(command.booking),
            Self::Unpin(command) => Some(command.booking),
            Self::CheckIn(_)
            | Self::Clean(_)
            | Self::Inspect(_)
            | Self::FailCleanup(_)
            | Self::RequestCleanup(_)
            | Self::Undo(_) => None,
        }
    }

    /// Whether it is about how clean the room is, and about nothing else.
    pub fn is_of_cleaning(&self) -> bool {
        matches!(
            self,
            Self::Clean(_) | Self::Inspect(_) | Self::FailCleanup(_) | Self::RequestCleanup(_)
        )
    }

    /// What it changes in how clean the room is, by the rules of the backend; nothing where they refuse it, or where it is about
    /// something else.
    pub fn cleanups(
        &self,
        room: &Room,
        log: &CleanupLog,
        occupied: Option<Span>,
    ) -> Vec<CleanupEvent> {
        let decided = match self {
            Self::Clean(command) => command.decide(Some(room)),
            Self::Inspect(command) => command.decide(Some(room), log, occupied),
            Self::FailCleanup(command) => command.decide(Some(room)),
            Self::RequestCleanup(command) => command.decide(Some(room)),
            _ => return Vec::new(),
        };
        decided.unwrap_or_default()
    }

    /// What the hotel would decide about the room's nights if it knew no more than `state`: the rules are the backend's own.
    /// There are no events of what is about cleaning, and of an undo.
    ///
    /// # Errors
    /// The refusal that the backend would give.
    pub fn decide(&self, state: &RoomState) -> Result<Vec<BookingEvent>, Refusal> {
        self.asked().decide(state)
    }
}

impl Ask for Wish {
    fn subject(&self, user: &Token) -> String {
        self.asked().subject(user)
    }

    fn message(&self, id: &MessageId, now: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
        self.asked().message(id, now)
    }
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
