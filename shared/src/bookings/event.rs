//! What happened to the nights of a room. The names are the storage format.
//!
//! Whatever decides about a night is here, in one order for each room: stays and holds, the blocks of rooms that are out
//! of order, retirement. An event about a stay says the nights the stay has after it, and one that changes them says
//! what they were, so that a read model of nights needs no other event to understand it.

use serde::{Deserialize, Serialize};

use super::{BookingId, Client, Nights, Span, StayStatus};
use crate::cloud_event::MessageId;
use crate::rooms::{Block, BlockKind, RoomRef, RoomType};
use crate::text::Note;
use crate::{Date, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum BookingEvent {
    /// A client has the room for some nights.
    #[serde(rename = "vacancy.booking.room-booked.v1")]
    RoomBooked(RoomBooked),
    /// A client has the room for some nights, if it is confirmed in time.
    #[serde(rename = "vacancy.booking.room-held.v1")]
    RoomHeld(RoomHeld),
    /// A hold has become a booking.
    #[serde(rename = "vacancy.booking.hold-confirmed.v1")]
    HoldConfirmed(StayFacts),
    /// Nobody confirmed a hold in time. Its nights are free.
    #[serde(rename = "vacancy.booking.hold-expired.v1")]
    HoldExpired(StayFacts),
    /// The nights are free.
    #[serde(rename = "vacancy.booking.booking-cancelled.v1")]
    BookingCancelled(StayFacts),
    #[serde(rename = "vacancy.booking.stay-changed.v1")]
    StayChanged(StayChanged),
    #[serde(rename = "vacancy.booking.stay-moved-out.v1")]
    StayMovedOut(StayMovedOut),
    #[serde(rename = "vacancy.booking.stay-moved-in.v1")]
    StayMovedIn(StayMovedIn),
    /// The guest is to have this very room.
    #[serde(rename = "vacancy.booking.stay-pinned.v1")]
    StayPinned(StayFacts),
    /// The guest need not have this very room.
    #[serde(rename = "vacancy.booking.stay-unpinned.v1")]
    StayUnpinned(StayFacts),
    /// A guest has taken the room.
    #[serde(rename = "vacancy.booking.guest-checked-in.v2")]
    GuestCheckedIn(GuestCheckedIn),
    /// A guest has left the room.
    #[serde(rename = "vacancy.booking.guest-checked-out.v1")]
    GuestCheckedOut(StayShortened),
    /// The guest did not come. The first night is the guest's nevertheless, the others are free.
    #[serde(rename = "vacancy.booking.no-show-noted.v1")]
    NoShowNoted(StayShortened),
    #[serde(rename = "vacancy.booking.room-blocked.v1")]
    RoomBlocked(RoomBlocked),
    #[serde(rename = "vacancy.booking.room-released.v1")]
    RoomReleased(RoomReleased),
    /// The hotel has the room no longer.
    #[serde(rename = "vacancy.booking.room-retired.v1")]
    RoomRetired(RoomRetired),
    #[serde(rename = "vacancy.booking.change-undone.v1")]
    ChangeUndone(ChangeUndone),
    /// The hotel no longer knows the name of the stay's guest.
    #[serde(rename = "vacancy.booking.guest-erased.v1")]
    GuestErased(StayFacts),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomBooked {
    pub room: RoomRef,
    /// The type the room had when it was sold.
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub client: Client,
    pub arrival: Date,
    pub nights: Nights,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomHeld {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub client: Client,
    pub arrival: Date,
    pub nights: Nights,
    /// When the hold expires unless it is confirmed.
    pub until: Timestamp,
}

/// Which stay an event is about, and the nights the stay has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayFacts {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub booking: BookingId,
    pub arrival: Date,
    pub nights: Nights,
    /// What the stay is after the event.
    pub status: StayStatus,
}

/// A stay has other nights in the same room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayChanged {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub booking: BookingId,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// The nights before.
    pub before: Span,
}

/// A stay has left for another room, where it is from the `stay-moved-in` of the same batch on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayMovedOut {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub booking: BookingId,
    /// The nights that it had here.
    pub arrival: Date,
    pub nights: Nights,
    pub to: RoomRef,
}

/// A stay has come from another room, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayMovedIn {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub booking: BookingId,
    pub client: Client,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// When it expires, if it is a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub from: RoomRef,
}

/// Version 1 had `client` in the place of `booking`: until dates could be changed, `arrival` told the stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GuestCheckedIn {
    pub room: RoomRef,
    pub booking: BookingId,
    /// The first night of the stay.
    pub arrival: Date,
    /// The nights that the guest stays, counted from `arrival`.
    pub nights: Nights,
    /// The day the guest was checked in on.
    pub date: Date,
}

/// A stay has ended, perhaps before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayShortened {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub booking: BookingId,
    pub arrival: Date,
    /// The nights that count.
    pub nights: Nights,
    /// The nights that were booked. Those beyond `nights` are free.
    pub before: Nights,
    /// The day it was noted on.
    pub date: Date,
}

/// A room is out of order or out of service for some nights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomBlocked {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    #[serde(flatten)]
    pub block: Block,
}

/// A block has ended before its time, or before it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomReleased {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub kind: BlockKind,
    /// The first night of the block, which tells it.
    pub from: Date,
    /// The nights that it had.
    pub before: Nights,
    /// The first day it blocks no more.
    pub date: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomRetired {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    /// The first night on which the hotel no longer has it.
    pub date: Date,
}

/// The last command of the room has been undone: what it changed is again as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeUndone {
    pub room: RoomRef,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    /// The command that was undone.
    pub command: MessageId,
    pub undone: Undone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Undone {
    Stay(UndoneStay),
    Block(UndoneBlock),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UndoneStay {
    pub booking: BookingId,
    pub was: StayState,
    pub is: StayState,
    /// Where a check-in or a check-out was undone: who counts as having been in the room last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UndoneBlock {
    pub kind: BlockKind,
    pub from: Date,
    pub reason: Note,
    /// The nights that it had; none if it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Nights>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Nights>,
}

/// All of a stay that may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayState {
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// When it expires, while it is a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What an event is about, which is also a part of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Stay(BookingId),
    Block(BlockKind, Date),
    /// The room leaves the hotel on this day.
    Retirement(Date),
}

impl BookingEvent {
    pub fn room(&self) -> RoomRef {
        match self {
            Self::RoomBooked(event) => event.room,
            Self::RoomHeld(event) => event.room,
            Self::HoldConfirmed(event)
            | Self::HoldExpired(event)
            | Self::BookingCancelled(event)
            | Self::StayPinned(event)
            | Self::StayUnpinned(event)
            | Self::GuestErased(event) => event.room,
            Self::StayChanged(event) => event.room,
            Self::StayMovedOut(event) => event.room,
            Self::StayMovedIn(event) => event.room,
            Self::GuestCheckedIn(event) => event.room,
            Self::GuestCheckedOut(event) | Self::NoShowNoted(event) => event.room,
            Self::RoomBlocked(event) => event.room,
            Self::RoomReleased(event) => event.room,
            Self::RoomRetired(event) => event.room,
            Self::ChangeUndone(event) => event.room,
        }
    }

    pub fn about(&self) -> About {
        match self {
            Self::RoomBooked(event) => About::Stay(BookingId {
                client: event.client.id,
                arrival: event.arrival,
            }),
            Self::RoomHeld(event) => About::Stay(BookingId {
                client: event.client.id,
                arrival: event.arrival,
            }),
            Self::HoldConfirmed(event)
            | Self::HoldExpired(event)
            | Self::BookingCancelled(event)
            | Self::StayPinned(event)
            | Self::StayUnpinned(event)
            | Self::GuestErased(event) => About::Stay(event.booking),
            Self::StayChanged(event) => About::Stay(event.booking),
            Self::StayMovedOut(event) => About::Stay(event.booking),
            Self::StayMovedIn(event) => About::Stay(event.booking),
            Self::GuestCheckedIn(event) => About::Stay(event.booking),
            Self::GuestCheckedOut(event) | Self::NoShowNoted(event) => About::Stay(event.booking),
            Self::RoomBlocked(event) => About::Block(event.block.kind, event.block.from),
            Self::RoomReleased(event) => About::Block(event.kind, event.from),
            Self::RoomRetired(event) => About::Retirement(event.date),
            Self::ChangeUndone(event) => match &event.undone {
                Undone::Stay(stay) => About::Stay(stay.booking),
                Undone::Block(block) => About::Block(block.kind, block.from),
            },
        }
    }

    /// The stay that the event is about, if it is about one.
    pub fn booking(&self) -> Option<BookingId> {
        match self.about() {
            About::Stay(booking) => Some(booking),
            About::Block(..) | About::Retirement(_) => None,
        }
    }
}
