//! A stay and its life.
//!
//! ```text
//! hold ──► tentative ── confirm ──► booked ── checkin ──► in-house ── checkout ──► checked-out
//!              │ │                   ▲ │ │
//!     expire-hold│cancel   book-room─┘ │ └── no-show ──► no-show
//!              ▼ ▼                     ▼
//!        expired cancelled ◄── cancel ─┘          change-stay to another room: moved here, as it was there
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BookingEvent, BookingId, Client, Nights, Span, StayState, Undone};
use crate::{Date, Timestamp};

/// A stay in a room, whether it is still to come, going on or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub client: Client,
    /// The arrival as it was first booked, which is a part of the booking's id for ever.
    pub booked: Date,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// The guest is to have this very room. A stay that is not pinned floats: it may be moved to make space.
    pub pinned: bool,
    /// When it expires, while it is a hold.
    pub until: Option<Timestamp>,
}

/// Where a stay is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StayStatus {
    /// Held, until it is confirmed or expires.
    Tentative,
    Booked,
    InHouse,
    CheckedOut,
    Cancelled,
    /// The guest did not come.
    NoShow,
    /// A hold that nobody confirmed.
    Expired,
    /// It is in another room now.
    Moved,
}

impl StayStatus {
    pub const ALL: [Self; 8] = [
        Self::Tentative,
        Self::Booked,
        Self::InHouse,
        Self::CheckedOut,
        Self::Cancelled,
        Self::NoShow,
        Self::Expired,
        Self::Moved,
    ];

    /// The value of `data-status` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tentative => "tentative",
            Self::Booked => "booked",
            Self::InHouse => "in-house",
            Self::CheckedOut => "checked-out",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no-show",
            Self::Expired => "expired",
            Self::Moved => "moved",
        }
    }

    /// Whether nobody else can have the nights of a stay with this status.
    pub const fn takes_nights(self) -> bool {
        match self {
            Self::Tentative | Self::Booked | Self::InHouse | Self::CheckedOut | Self::NoShow => {
                true
            }
            Self::Cancelled | Self::Expired | Self::Moved => false,
        }
    }

    /// Whether the guest is still to come.
    pub const fn is_to_come(self) -> bool {
        matches!(self, Self::Tentative | Self::Booked)
    }

    /// Whether the guest sleeps, or has slept, in the room.
    pub const fn is_or_was_there(self) -> bool {
        matches!(self, Self::InHouse | Self::CheckedOut)
    }
}

/// As it completes the sentence "the booking is …".
impl fmt::Display for StayStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tentative => "only held",
            Self::Booked => "booked",
            Self::InHouse => "checked in",
            Self::CheckedOut => "checked out",
            Self::Cancelled => "cancelled",
            Self::NoShow => "a no-show",
            Self::Expired => "a hold that has expired",
            Self::Moved => "in another room",
        })
    }
}

impl Stay {
    pub fn booking(&self) -> BookingId {
        BookingId {
            client: self.client.id,
            arrival: self.booked,
        }
    }

    pub fn span(&self) -> Span {
        Span::new(self.arrival, self.nights)
    }

    pub fn departure(&self) -> Date {
        self.span().departure()
    }

    /// All of it that may change.
    pub fn state(&self) -> StayState {
        StayState {
            arrival: self.arrival,
            nights: self.nights,
            status: self.status,
            pinned: self.pinned,
            until: self.until,
        }
    }

    fn with(self, state: &StayState) -> Self {
        Self {
            arrival: state.arrival,
            nights: state.nights,
            status: state.status,
            pinned: state.pinned,
            until: state.until,
            ..self
        }
    }

    /// The stay after an event about it; `stay` is `None` before there is one. An event about a stay that is not there
    /// makes none, unless it says all of it.
    pub fn evolve(stay: Option<Self>, event: &BookingEvent) -> Option<Self> {
        match event {
            BookingEvent::RoomBooked(event) => Some(Self {
                client: event.client.clone(),
                booked: event.arrival,
                arrival: event.arrival,
                nights: event.nights,
                status: StayStatus::Booked,
                pinned: event.pinned,
                until: None,
            }),
            BookingEvent::RoomHeld(event) => Some(Self {
                client: event.client.clone(),
                booked: event.arrival,
                arrival: event.arrival,
                nights: event.nights,
                status: StayStatus::Tentative,
                pinned: false,
                until: Some(event.until),
            }),
            BookingEvent::StayMovedIn(event) => Some(Self {
                client: event.client.clone(),
                booked: event.booking.arrival,
                arrival: event.arrival,
                nights: event.nights,
                status: event.status,
                pinned: false,
                until: event.until,
            }),
            BookingEvent::StayPinned(_) => stay.map(|stay| Self {
                pinned: true,
                ..stay
            }),
            BookingEvent::StayUnpinned(_) => stay.map(|stay| Self {
                pinned: false,
                ..stay
            }),
            BookingEvent::GuestErased(_) => stay.map(|stay| {
                let id = stay.client.id;
                let client = Client { id, name: None };
                Self { client, ..stay }
            }),
            BookingEvent::ChangeUndone(event) => match &event.undone {
                Undone::Stay(undone) => stay.map(|stay| stay.with(&undone.is)),
                Undone::Block(_) => stay,
            },
            BookingEvent::HoldConfirmed(_)
            | BookingEvent::HoldExpired(_)
            | BookingEvent::BookingCancelled(_)
            | BookingEvent::StayChanged(_)
            | BookingEvent::StayMovedOut(_)
            | BookingEvent::GuestCheckedIn(_)
            | BookingEvent::GuestCheckedOut(_)
            | BookingEvent::NoShowNoted(_) => {
                let (stay, effect) = (stay?, event.stay_effect()?);
                let status = effect.status;
                Some(Self {
                    arrival: effect.span.arrival,
                    nights: effect.span.nights,
                    status,
                    // Whoever has slept in a room is not moved to make space.
                    pinned: stay.pinned || status == StayStatus::InHouse,
                    until: stay.until.filter(|_| status == StayStatus::Tentative),
                    ..stay
                })
            }
            BookingEvent::RoomBlocked(_)
            | BookingEvent::RoomReleased(_)
            | BookingEvent::RoomRetired(_) => stay,
        }
    }
}
