//! What happened to a stay. The names are the storage format.

use serde::{Deserialize, Serialize};

use super::{BookingId, Client, ClientRef, Nights};
use crate::Date;
use crate::rooms::{RoomRef, RoomType};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum BookingEvent {
    #[serde(rename = "vacancy.booking.room-booked.v1")]
    RoomBooked(RoomBooked),
    #[serde(rename = "vacancy.booking.guest-checked-in.v1")]
    GuestCheckedIn(GuestCheckedIn),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomBooked {
    pub room: RoomRef,
    /// The type the room had when it was sold.
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub client: Client,
    pub arrival: Date,
    pub nights: Nights,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestCheckedIn {
    pub room: RoomRef,
    pub client: ClientRef,
    /// The day of arrival that was booked, which tells the stay.
    pub arrival: Date,
    /// The nights that the guest stays, counted from `arrival`.
    pub nights: Nights,
    /// The day the guest was checked in on.
    pub date: Date,
}

impl BookingEvent {
    pub fn room(&self) -> RoomRef {
        match self {
            Self::RoomBooked(event) => event.room,
            Self::GuestCheckedIn(event) => event.room,
        }
    }

    pub fn booking(&self) -> BookingId {
        match self {
            Self::RoomBooked(event) => BookingId {
                client: event.client.id,
                arrival: event.arrival,
            },
            Self::GuestCheckedIn(event) => BookingId {
                client: event.client.id,
                arrival: event.arrival,
            },
        }
    }
}
