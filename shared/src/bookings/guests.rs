//! The read model `guests`, for the front desk: all stays of a guest, read by the prefix of the client (`7.>`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::view_key::ViewKeyError;
use super::{BookingEvent, BookingId, Nights, StayStatus};
use crate::Date;
use crate::rooms::RoomId;

/// The key of a guest's stay: `7.1.7_2022-12-12` is one of client 7 in room 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestKey {
    pub room: RoomId,
    pub booking: BookingId,
}

/// A stay in a guest's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GuestView {
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// The sequence of the last event about it in the stream `room-booking`.
    pub sequence: u64,
}

impl GuestView {
    /// The value after an event.
    pub fn after(event: &BookingEvent, sequence: u64) -> Option<Self> {
        let effect = event.stay_effect()?;
        Some(Self {
            arrival: effect.span.arrival,
            nights: effect.span.nights,
            status: effect.status,
            sequence,
        })
    }
}

impl GuestKey {
    /// The value that an event changes.
    pub fn of(event: &BookingEvent) -> Option<Self> {
        let booking = event.booking()?;
        Some(Self {
            room: event.room().id,
            booking,
        })
    }
}

impl fmt::Display for GuestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.booking.client, self.room, self.booking)
    }
}

impl FromStr for GuestKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        let form = ViewKeyError::Form("client.room.booking");
        let mut tokens = text.splitn(3, '.');
        let (Some(client), Some(room), Some(booking)) =
            (tokens.next(), tokens.next(), tokens.next())
        else {
            return Err(form);
        };
        let booking: BookingId = booking.parse()?;
        if booking.client != client.parse()? {
            return Err(form);
        }
        Ok(Self {
            room: room.parse()?,
            booking,
        })
    }
}
