//! The read model `occupancy`, for the front desk: how full the house is on a night.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::view_key::ViewKeyError;
use super::{BookingEvent, Inventory};
use crate::Date;
use crate::rooms::RoomEvent;

/// The key of a value in the bucket `occupancy`: `house` is all rooms, `2022-12-12` is one night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OccupancyKey {
    House,
    Night(Date),
}

/// How full the house is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OccupancyView {
    /// The rooms that the hotel has.
    House(Inventory),
    /// What has become of a night's rooms, up to `sequence` of the stream `room-booking`.
    Night {
        /// Rooms that a stay takes, holds included.
        sold: u32,
        out_of_order: u32,
        sequence: u64,
    },
}

impl OccupancyKey {
    /// The values that an event of the stream `room-booking` changes.
    pub fn of(event: &BookingEvent) -> Vec<Self> {
        if let BookingEvent::RoomRetired(_) = event {
            return vec![Self::House];
        }
        let changed = event.changed_nights();
        let nights = changed.into_iter().flat_map(|(_, nights)| nights);
        nights.map(Self::Night).collect()
    }
}

impl OccupancyView {
    /// How many rooms there are on the night, if this is the value of the house.
    pub fn rooms_on(&self, night: Date) -> u32 {
        match self {
            Self::House(house) => house.on(night),
            Self::Night { .. } => 0,
        }
    }

    /// How much of the inventory is sold, in percent: rooms that are out of order are no inventory. `rooms` is what the
    /// value of the house says of the night.
    pub fn percent(&self, rooms: u32) -> f64 {
        match self {
            Self::Night {
                sold, out_of_order, ..
            } => {
                let inventory = rooms.saturating_sub(*out_of_order);
                if inventory == 0 {
                    return 0.0;
                }
                100.0 * f64::from(*sold) / f64::from(inventory)
            }
            Self::House(_) => 0.0,
        }
    }

    /// The value of the house after one more room at `sequence` of the stream `room`.
    pub fn after_room(view: Option<Self>, event: &RoomEvent, sequence: u64) -> Self {
        Self::House(Self::house(view).after_room(event, sequence))
    }

    /// The value of `key` after an event at `sequence` of the stream `room-booking`.
    pub fn after_booking(
        key: OccupancyKey,
        view: Option<Self>,
        event: &BookingEvent,
        sequence: u64,
    ) -> Self {
        match key {
            OccupancyKey::House => Self::House(Self::house(view).after_booking(event, sequence)),
            OccupancyKey::Night(night) => {
                let (sold, out_of_order) = match view {
                    Some(Self::Night {
                        sold, out_of_order, ..
                    }) => (sold, out_of_order),
                    Some(Self::House(_)) | None => (0, 0),
                };
                let change = event.night_change(night);
                Self::Night {
                    sold: sold.saturating_add_signed(change.sold.into()),
                    out_of_order: out_of_order.saturating_add_signed(change.out_of_order.into()),
                    sequence,
                }
            }
        }
    }

    fn house(view: Option<Self>) -> Inventory {
        match view {
            Some(Self::House(house)) => house,
            Some(Self::Night { .. }) | None => Inventory::default(),
        }
    }
}

impl fmt::Display for OccupancyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::House => f.write_str("house"),
            Self::Night(date) => date.fmt(f),
        }
    }
}

impl FromStr for OccupancyKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        match text {
            "house" => Ok(Self::House),
            date => Ok(Self::Night(date.parse()?)),
        }
    }
}
