//! The read models `stays`, for the front desk, and `vacancy`, which is public and holds no personal data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BookingId, BookingIdError, Client, Nights, Stay, StayStatus};
use crate::Date;
use crate::date::DateError;
use crate::rooms::{RoomId, RoomIdError, RoomType};
use crate::text::TokenError;

/// The key of a stay in the bucket `stays`: `1.7_2022-12-12` is the booking `7_2022-12-12` in room 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StayKey {
    pub room: RoomId,
    pub booking: BookingId,
}

/// A stay as the board's bar shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayView {
    pub room: RoomId,
    pub client: Client,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// The sequence of the stay's last event in the stream `room-booking`.
    pub sequence: u64,
}

impl StayView {
    pub fn key(&self) -> StayKey {
        StayKey {
            room: self.room,
            booking: self.booking(),
        }
    }

    pub fn booking(&self) -> BookingId {
        BookingId {
            client: self.client.id,
            arrival: self.arrival,
        }
    }

    pub fn departure(&self) -> Date {
        self.nights.departure(self.arrival)
    }

    /// The stay as the rules see it.
    pub fn stay(&self) -> Stay {
        Stay {
            client: self.client.id,
            arrival: self.arrival,
            nights: self.nights,
            status: self.status,
        }
    }
}

/// The key of a value in the bucket `vacancy`: `standard` is all rooms of a type, `standard.2022-12-12` is one night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VacancyKey {
    Type(RoomType),
    Night(RoomType, Date),
}

/// What there is of a room type. Free on a night = `rooms` of the type − `taken` of the night; a night without a
/// value has nothing taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum VacancyView {
    /// How many rooms of the type the hotel has, up to `sequence` of the stream `room`.
    Type { rooms: u32, sequence: u64 },
    /// How many of them are taken on the night, up to `sequence` of the stream `room-booking`.
    Night { taken: u32, sequence: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewKeyError {
    #[error("a stay's key is room.client_YYYY-MM-DD")]
    StayForm,
    #[error(transparent)]
    Room(#[from] RoomIdError),
    #[error(transparent)]
    Booking(#[from] BookingIdError),
    #[error(transparent)]
    RoomType(#[from] TokenError),
    #[error(transparent)]
    Date(#[from] DateError),
}

impl fmt::Display for StayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.room, self.booking)
    }
}

impl FromStr for StayKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        let (room, booking) = text.split_once('.').ok_or(ViewKeyError::StayForm)?;
        Ok(Self {
            room: room.parse()?,
            booking: booking.parse()?,
        })
    }
}

impl fmt::Display for VacancyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(room_type) => room_type.fmt(f),
            Self::Night(room_type, date) => write!(f, "{room_type}.{date}"),
        }
    }
}

impl FromStr for VacancyKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        Ok(match text.split_once('.') {
            None => Self::Type(text.parse()?),
            Some((room_type, date)) => Self::Night(room_type.parse()?, date.parse()?),
        })
    }
}
