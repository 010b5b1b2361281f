//! The read model `vacancy`: what there is of a room type. It is public and holds no personal data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::BookingEvent;
use super::view_key::ViewKeyError;
use crate::Date;
use crate::rooms::{RoomEvent, RoomType};

/// The key of a value in the bucket `vacancy`: `standard` is all rooms of a type, `standard.2022-12-12` is one night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VacancyKey {
    Type(RoomType),
    Night(RoomType, Date),
}

/// What there is of a room type. Free on a night = [`rooms_on`](VacancyView::rooms_on) it − `taken`; a night without a
/// value has nothing taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum VacancyView {
    /// How many rooms of the type the hotel has.
    Type {
        rooms: u32,
        /// Those of them that it has no longer, by the day.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        retired: Vec<Retired>,
        /// The last event of the stream `room`.
        sequence: u64,
        /// The last event of the stream `room-booking`.
        #[serde(default, skip_serializing_if = "is_zero")]
        booking: u64,
    },
    /// How many of them are taken or out of order on the night, up to `sequence` of the stream `room-booking`.
    Night { taken: u32, sequence: u64 },
}

/// So many rooms leave the hotel on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Retired {
    /// The first night without them.
    pub from: Date,
    pub rooms: u32,
}

pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Retired {
    pub(super) fn note(retired: &mut Vec<Self>, from: Date) {
        match retired.binary_search_by_key(&from, |retired| retired.from) {
            Ok(index) => retired[index].rooms += 1,
            Err(index) => retired.insert(index, Self { from, rooms: 1 }),
        }
    }

    pub(super) fn by(retired: &[Self], night: Date) -> u32 {
        let gone = retired.iter().take_while(|retired| retired.from <= night);
        gone.map(|retired| retired.rooms).sum()
    }
}

impl VacancyView {
    /// How many rooms of the type there are on the night, if this is the value of a type.
    pub fn rooms_on(&self, night: Date) -> u32 {
        match self {
            Self::Type { rooms, retired, .. } => rooms.saturating_sub(Retired::by(retired, night)),
            Self::Night { .. } => 0,
        }
    }

    /// The value of a type after one more room at `sequence` of the stream `room`.
    pub fn after_room(view: Option<Self>, event: &RoomEvent, sequence: u64) -> Self {
        let RoomEvent::RoomAdded(_) = event;
        let (rooms, retired, _, booking) = Self::type_parts(view);
        Self::Type {
            rooms: rooms + 1,
            retired,
            sequence,
            booking,
        }
    }

    /// The value of `key` after an event at `sequence` of the stream `room-booking`.
    pub fn after_booking(
        key: &VacancyKey,
        view: Option<Self>,
        event: &BookingEvent,
        sequence: u64,
    ) -> Self {
        match key {
            VacancyKey::Type(_) => {
                let (rooms, mut retired, room_sequence, _) = Self::type_parts(view);
                if let BookingEvent::RoomRetired(event) = event {
                    Retired::note(&mut retired, event.date);
                }
                Self::Type {
                    rooms,
                    retired,
                    sequence: room_sequence,
                    booking: sequence,
                }
            }
            VacancyKey::Night(_, night) => {
                let before = match view {
                    Some(Self::Night { taken, .. }) => taken,
                    Some(Self::Type { .. }) | None => 0,
                };
                let change = event.night_change(*night);
                let by = i32::from(change.sold) + i32::from(change.out_of_order);
                Self::Night {
                    taken: before.saturating_add_signed(by),
                    sequence,
                }
            }
        }
    }

    fn type_parts(view: Option<Self>) -> (u32, Vec<Retired>, u64, u64) {
        match view {
            Some(Self::Type {
                rooms,
                retired,
                sequence,
                booking,
            }) => (rooms, retired, sequence, booking),
            Some(Self::Night { .. }) | None => (0, Vec::new(), 0, 0),
        }
    }
}

impl VacancyKey {
    /// The values that an event of the stream `room-booking` changes.
    pub fn of(event: &BookingEvent) -> Vec<Self> {
        if let BookingEvent::RoomRetired(event) = event {
            return vec![Self::Type(event.room_type.clone())];
        }
        let Some((room_type, nights)) = event.changed_nights() else {
            return Vec::new();
        };
        nights
            .map(|night| Self::Night(room_type.clone(), night))
            .collect()
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
