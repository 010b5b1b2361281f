//! What happened to a room's cleanliness. The names are the storage format.

use serde::{Deserialize, Serialize};

use crate::Date;
use crate::rooms::{RoomId, RoomRef};
use crate::text::Note;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum CleanupEvent {
    /// The room has been made ready.
    #[serde(rename = "vacancy.housekeeping.room-cleaned.v1")]
    RoomCleaned(OfRoom),
    /// Somebody has looked, and the room is clean.
    #[serde(rename = "vacancy.housekeeping.room-inspected.v1")]
    RoomInspected(OfRoom),
    /// Somebody is to clean the room.
    #[serde(rename = "vacancy.housekeeping.cleaning-asked.v1")]
    CleaningAsked(OfRoom),
    #[serde(rename = "vacancy.housekeeping.cleaning-failed.v1")]
    CleaningFailed(CleaningFailed),
}

/// A room and a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfRoom {
    pub room: RoomRef,
    pub date: Date,
}

/// Somebody was to clean the room and could not, or it did not pass the inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CleaningFailed {
    pub room: RoomRef,
    pub date: Date,
    pub note: Note,
}

impl CleanupEvent {
    pub fn room(&self) -> RoomId {
        match self {
            Self::RoomCleaned(event) | Self::RoomInspected(event) | Self::CleaningAsked(event) => {
                event.room.id
            }
            Self::CleaningFailed(event) => event.room.id,
        }
    }

    pub fn date(&self) -> Date {
        match self {
            Self::RoomCleaned(event) | Self::RoomInspected(event) | Self::CleaningAsked(event) => {
                event.date
            }
            Self::CleaningFailed(event) => event.date,
        }
    }
}
