//! The read model `stays`, for the front desk: a value per stay.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::view_key::ViewKeyError;
use super::{BookingEvent, BookingId, Client, Nights, Stay, StayStatus};
use crate::rooms::RoomId;
use crate::{Date, Timestamp, text};

/// The key of a stay in the bucket `stays`: `1.7_2022-12-12` is the booking `7_2022-12-12` in room 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StayKey {
    pub room: RoomId,
    pub booking: BookingId,
}

/// A stay as the board's bar shows it. One that was cancelled, has expired or went to another room keeps its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StayView {
    pub room: RoomId,
    pub client: Client,
    /// The arrival as it was first booked, if it is another one now. It is a part of the booking's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked: Option<Date>,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// When it expires, while it is a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The sequence of the stay's last event in the stream `room-booking`.
    pub sequence: u64,
}

impl StayView {
    /// What `stay` looks like after its event at `sequence`.
    pub fn new(room: RoomId, stay: Stay, sequence: u64) -> Self {
        Self {
            room,
            booked: (stay.booked != stay.arrival).then_some(stay.booked),
            client: stay.client,
            arrival: stay.arrival,
            nights: stay.nights,
            status: stay.status,
            pinned: stay.pinned,
            until: stay.until,
            sequence,
        }
    }

    /// The value after an event about the stay.
    pub fn evolve(view: Option<Self>, event: &BookingEvent, sequence: u64) -> Option<Self> {
        let stay = Stay::evolve(view.map(Self::into_stay), event)?;
        Some(Self::new(event.room().id, stay, sequence))
    }

    pub fn key(&self) -> StayKey {
        StayKey {
            room: self.room,
            booking: self.booking(),
        }
    }

    pub fn booking(&self) -> BookingId {
        BookingId {
            client: self.client.id,
            arrival: self.booked.unwrap_or(self.arrival),
        }
    }

    pub fn departure(&self) -> Date {
        self.nights.departure(self.arrival)
    }

    /// The stay as the rules see it.
    pub fn stay(&self) -> Stay {
        self.clone().into_stay()
    }

    fn into_stay(self) -> Stay {
        Stay {
            booked: self.booked.unwrap_or(self.arrival),
            client: self.client,
            arrival: self.arrival,
            nights: self.nights,
            status: self.status,
            pinned: self.pinned,
            until: self.until,
        }
    }
}

impl fmt::Display for StayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.room, self.booking)
    }
}

impl FromStr for StayKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        let form = ViewKeyError::Form("room.client_YYYY-MM-DD");
        let (room, booking) = text.split_once('.').ok_or(form.clone())?;
        // A stay has one key.
        if room.starts_with(['+', '0']) {
            return Err(form);
        }
        Ok(Self {
            room: room.parse()?,
            booking: booking.parse()?,
        })
    }
}

impl Serialize for StayKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StayKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a stay as room.client_YYYY-MM-DD")
    }
}
