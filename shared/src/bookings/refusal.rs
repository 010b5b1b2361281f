//! Why a command about the nights of a room is refused.

use super::{BookingId, ClientId, HoldMinutes, Obstacle, Span, StayStatus};
use crate::Date;
use crate::outcome::{Code, Refusal};
use crate::rooms::{Block, BlockKind, Room, RoomId, RoomType};
use crate::text::{Name, Note};

/// A room is called by what is painted on its door, as the one who reads it knows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    #[error("There is no room {0} in this hotel.")]
    UnknownRoom(RoomId),
    #[error("There is no room of the type {0} in this hotel.")]
    UnknownRoomType(RoomType),
    #[error("No room of the type {room_type} is free from {} to {}.", .span.arrival, .span.departure())]
    NoneFree { room_type: RoomType, span: Span },
    #[error("Room {room} is taken from {from} to {until} by booking {by}.")]
    RoomTaken {
        room: Name,
        by: BookingId,
        from: Date,
        until: Date,
    },
    #[error("Room {room} is {kind} from {from} to {until}: {reason}")]
    RoomBlocked {
        room: Name,
        kind: BlockKind,
        from: Date,
        until: Date,
        reason: Note,
    },
    #[error("The hotel no longer has room {room} from {from} on.")]
    RoomRetired { room: Name, from: Date },
    #[error("Room {0} is not free on all of these nights.")]
    NotFree(Name),
    #[error("A room is held for {max} minutes at most.", max = .0.get())]
    HoldTooLong(HoldMinutes),
    #[error("There is a booking {booking} in room {room} already.")]
    BookingExists { room: Name, booking: BookingId },
    #[error("There is no booking {booking} in room {room}.")]
    NoSuchBooking { room: Name, booking: BookingId },
    #[error("Booking {booking} is {status}, so it cannot be {wish}.")]
    WrongStatus {
        booking: BookingId,
        status: StayStatus,
        /// As it completes the sentence: `cancelled`.
        wish: &'static str,
    },
    #[error("Client {client} has no stay in room {room} on {date}.")]
    NoSuchStay {
        room: Name,
        client: ClientId,
        date: Date,
    },
    #[error("Booking {0} is checked in already.")]
    AlreadyCheckedIn(BookingId),
    #[error(
        "Room {room} is not ready: it has to be cleaned since the guest before left on {since}."
    )]
    RoomNotReady { room: Name, since: Date },
    #[error("Room {room} is not ready: it was to be cleaned on {asked}, and is not cleaned yet.")]
    CleaningAsked { room: Name, asked: Date },
    #[error("Room {room} is not ready: it could not be cleaned on {date}: {note}")]
    CleaningFailed { room: Name, date: Date, note: Note },
    #[error("Booking {booking} arrives on {arrival}: {date} is too early for that.")]
    TooEarly {
        booking: BookingId,
        arrival: Date,
        date: Date,
    },
    #[error("The hold of booking {0} does not expire then.")]
    OtherHold(BookingId),
    #[error("That is how booking {0} is already.")]
    NoChange(BookingId),
    #[error("The guest of booking {0} is in the house: check out first.")]
    InHouse(BookingId),
    #[error("Booking {0} is pinned to its room: unpin it first.")]
    Pinned(BookingId),
    #[error("Booking {0} is not pinned to its room.")]
    NotPinned(BookingId),
    #[error("Room {room} is not {kind} from {from}.")]
    NoSuchBlock {
        room: Name,
        kind: BlockKind,
        from: Date,
    },
    #[error("Room {room} is {kind} until {until} only.")]
    BlockOver {
        room: Name,
        kind: BlockKind,
        until: Date,
    },
    #[error("Nothing has happened in room {0} that could be undone.")]
    NothingToUndo(Name),
    #[error("That was not the last thing that happened in room {0}.")]
    NotTheLast(Name),
    #[error("That cannot be undone. {0}")]
    CannotBeUndone(&'static str),
    #[error("The hotel knows no client {0}.")]
    NoSuchGuest(ClientId),
    #[error(
        "Booking {booking} in room {room} is {status}, so the hotel still needs the name: end the stay first, by a cancellation, \
         a check-out or a no-show."
    )]
    GuestExpected {
        room: Name,
        booking: BookingId,
        status: StayStatus,
    },
    #[error("The hold would have expired meanwhile: hold the room again.")]
    HoldWouldBeOver,
}

impl BookingRefusal {
    /// Why the room cannot have the nights.
    pub(crate) fn obstacle(room: &Room, obstacle: Obstacle<'_>) -> Self {
        let name = room.name.clone();
        match obstacle {
            Obstacle::Stay(stay) => Self::RoomTaken {
                room: name,
                by: stay.booking(),
                from: stay.arrival,
                until: stay.departure(),
            },
            Obstacle::OutOfOrder(block) => Self::blocked(room, block),
            Obstacle::Retired(from) => Self::RoomRetired { room: name, from },
        }
    }

    pub(crate) fn blocked(room: &Room, block: &Block) -> Self {
        let Span { arrival, .. } = block.span();
        Self::RoomBlocked {
            room: room.name.clone(),
            kind: block.kind,
            from: arrival,
            until: block.until(),
            reason: block.reason.clone(),
        }
    }
}

impl From<BookingRefusal> for Refusal {
    fn from(reason: BookingRefusal) -> Self {
        use {BookingRefusal as R, Code as C};
        let (code, field) = match reason {
            R::UnknownRoom(_) => (C::UnknownRoom, "room.id"),
            R::UnknownRoomType(_) => (C::UnknownRoomType, "type"),
            R::NoneFree { .. } => (C::NoneFree, "date"),
            R::RoomTaken { .. } => (C::RoomTaken, "date"),
            R::RoomBlocked { kind, .. } => match kind {
                BlockKind::OutOfOrder => (C::OutOfOrder, "date"),
                BlockKind::OutOfService => (C::OutOfService, "date"),
            },
            R::RoomRetired { .. } => (C::RoomRetired, "room.id"),
            R::NotFree(_) => (C::RoomTaken, "date"),
            R::HoldTooLong(_) => (C::HoldTooLong, "minutes"),
            R::BookingExists { .. } => (C::BookingExists, "client.id"),
            R::NoSuchBooking { .. } => (C::NoSuchBooking, "booking"),
            R::WrongStatus { .. } => (C::WrongStatus, "booking"),
            R::NoSuchStay { .. } => (C::NoSuchStay, "client.id"),
            R::AlreadyCheckedIn(_) => (C::AlreadyCheckedIn, "client.id"),
            R::RoomNotReady { .. } | R::CleaningAsked { .. } | R::CleaningFailed { .. } => {
                (C::RoomNotReady, "room.id")
            }
            R::TooEarly { .. } => (C::TooEarly, "date"),
            R::OtherHold(_) => (C::OtherHold, "until"),
            R::NoChange(_) => (C::NoChange, "booking"),
            R::InHouse(_) => (C::InHouse, "booking"),
            R::Pinned(_) => (C::Pinned, "booking"),
            R::NotPinned(_) => (C::NotPinned, "booking"),
            R::NoSuchBlock { .. } => (C::NoSuchBlock, "from"),
            R::BlockOver { .. } => (C::BlockOver, "date"),
            R::NothingToUndo(_) => (C::NothingToUndo, "room.id"),
            R::NotTheLast(_) => (C::NotTheLast, "command"),
            R::CannotBeUndone(_) => (C::CannotBeUndone, "command"),
            R::NoSuchGuest(_) => (C::NoSuchGuest, "client.id"),
            R::GuestExpected { .. } => (C::GuestExpected, "client.id"),
            R::HoldWouldBeOver => (C::CannotBeUndone, "command"),
        };
        Self::new(code, field, reason.to_string())
    }
}
