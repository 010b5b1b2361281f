//! The read model `vacancy`: what there is of a room type. It is public and holds no personal data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::view_key::ViewKeyError;
use super::{BookingEvent, Inventory, Retired};
use crate::Date;
use crate::missing::there;
use crate::rooms::{RoomEvent, RoomType};

/// The key of a value in the bucket `vacancy`: `standard` is all rooms of a type, `standard.2022-12-12` is one night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VacancyKey {
    Type(RoomType),
    Night(RoomType, Date),
}

/// What there is of a room type. Free on a night are its rooms, less those that are retired by then, less `taken`; a night
/// without a value has nothing taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum VacancyView {
    /// The rooms of the type that the hotel has.
    Type(Inventory),
    /// How many of them are taken or out of order on the night, up to `sequence` of the stream `room-booking`.
    Night { taken: u32, sequence: u64 },
}

/// A [`VacancyView`] as it is read.
#[derive(Deserialize)]
struct Written {
    kind: Kind,
    rooms: Option<u32>,
    #[serde(default)]
    retired: Vec<Retired>,
    #[serde(default)]
    booking: u64,
    taken: Option<u32>,
    sequence: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Type,
    Night,
}

impl<'de> Deserialize<'de> for VacancyView {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let sequence = written.sequence;
        Ok(match written.kind {
            Kind::Type => Self::Type(Inventory {
                rooms: there(written.rooms, "rooms")?,
                retired: written.retired,
                sequence,
                booking: written.booking,
            }),
            Kind::Night => Self::Night {
                taken: there(written.taken, "taken")?,
                sequence,
            },
        })
    }
}

impl VacancyView {
    /// How many rooms of the type there are on the night, if this is the value of a type.
    pub fn rooms_on(&self, night: Date) -> u32 {
        match self {
            Self::Type(of_type) => of_type.on(night),
            Self::Night { .. } => 0,
        }
    }

    /// The value of a type after one more room at `sequence` of the stream `room`.
    pub fn after_room(view: Option<Self>, event: &RoomEvent, sequence: u64) -> Self {
        Self::Type(Self::of_type(view).after_room(event, sequence))
    }

    /// The value of `key` after an event at `sequence` of the stream `room-booking`.
    pub fn after_booking(
        key: &VacancyKey,
        view: Option<Self>,
        event: &BookingEvent,
        sequence: u64,
    ) -> Self {
        match key {
            VacancyKey::Type(_) => Self::Type(Self::of_type(view).after_booking(event, sequence)),
            VacancyKey::Night(_, night) => {
                let before = match view {
                    Some(Self::Night { taken, .. }) => taken,
                    Some(Self::Type(_)) | None => 0,
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

    fn of_type(view: Option<Self>) -> Inventory {
        match view {
            Some(Self::Type(of_type)) => of_type,
            Some(Self::Night { .. }) | None => Inventory::default(),
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
