//! The read model `rooms`, a value per room, for the hotel's staff. It holds no personal data.

use serde::{Deserialize, Serialize};

use super::{RoomId, RoomType};
use crate::Date;
use crate::bookings::Nights;
use crate::housekeeping::{Housekeeping, Occupancy};
use crate::text::Name;

/// A room as the board's row shows it. Key: the room's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    pub id: RoomId,
    pub name: Name,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub floor: i16,
    /// The last day the room was cleaned on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleaned: Option<Date>,
    /// The nights of the guest who checked in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<Occupancy>,
    /// How far each stream has been read into this value.
    pub position: RoomPosition,
}

/// The sequence of the last event that changed this value, by stream; 0 before the first. A booking changes no room until
/// its guest checks in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPosition {
    pub room: u64,
    #[serde(rename = "room-booking")]
    pub booking: u64,
    #[serde(rename = "room-cleanup")]
    pub cleanup: u64,
}

impl RoomView {
    /// What housekeeping has to know of the room on the day `today`.
    pub fn housekeeping(&self, today: Date) -> Housekeeping {
        Housekeeping::on(today, self.cleaned, self.occupied)
    }

    /// Notes that a guest checked in for `nights` from `arrival`.
    pub fn occupy(&mut self, arrival: Date, nights: Nights) {
        let later = self
            .occupied
            .is_none_or(|occupied| occupied.arrival <= arrival);
        if later {
            self.occupied = Some(Occupancy { arrival, nights });
        }
    }

    /// Notes that the room was cleaned on `date`.
    pub fn clean(&mut self, date: Date) {
        self.cleaned = self.cleaned.max(Some(date));
    }
}
