//! How many rooms there are to sell, night by night: a part of the read models that count rooms.

use serde::{Deserialize, Serialize};

use super::BookingEvent;
use crate::Date;
use crate::rooms::RoomEvent;

/// The rooms of the house, or of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inventory {
    /// How many were ever added.
    pub rooms: u32,
    /// Those of them that the hotel has no longer, by the day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// The last event of the stream `room`.
    pub sequence: u64,
    /// The last event of the stream `room-booking`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub booking: u64,
}

/// So many rooms leave the hotel on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Retired {
    /// The first night without them.
    pub from: Date,
    pub rooms: u32,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Inventory {
    /// How many rooms there are on the night.
    pub fn on(&self, night: Date) -> u32 {
        let gone = self.retired.iter().filter(|retired| retired.from <= night);
        let gone = gone.map(|retired| retired.rooms).sum();
        self.rooms.saturating_sub(gone)
    }

    /// With one more room, added at `sequence` of the stream `room`.
    #[must_use]
    pub fn after_room(mut self, RoomEvent::RoomAdded(_): &RoomEvent, sequence: u64) -> Self {
        self.rooms += 1;
        self.sequence = sequence;
        self
    }

    /// After an event at `sequence` of the stream `room-booking`.
    #[must_use]
    pub fn after_booking(mut self, event: &BookingEvent, sequence: u64) -> Self {
        if let BookingEvent::RoomRetired(event) = event {
            self.retire(event.date);
        }
        self.booking = sequence;
        self
    }

    fn retire(&mut self, from: Date) {
        let place = self
            .retired
            .binary_search_by_key(&from, |retired| retired.from);
        match place {
            Ok(index) => self.retired[index].rooms += 1,
            Err(index) => self.retired.insert(index, Retired { from, rooms: 1 }),
        }
    }
}
