//! The stays of one room, as its events tell them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BookingEvent, BookingId, ClientId, GuestCheckedIn, Nights, RoomBooked};
use crate::Date;
use crate::housekeeping::Occupancy;

/// All stays of one room. No two of them share a night, so the day of arrival tells them apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomLedger {
    stays: BTreeMap<Date, Stay>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub client: ClientId,
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
}

/// Where a stay is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StayStatus {
    Booked,
    InHouse,
}

impl StayStatus {
    /// The value of `data-status` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::InHouse => "in-house",
        }
    }
}

impl Stay {
    pub fn departure(&self) -> Date {
        self.nights.departure(self.arrival)
    }

    pub fn booking(&self) -> BookingId {
        BookingId {
            client: self.client,
            arrival: self.arrival,
        }
    }
}

impl RoomLedger {
    #[must_use]
    pub fn evolve(mut self, event: &BookingEvent) -> Self {
        match event {
            BookingEvent::RoomBooked(RoomBooked {
                client,
                arrival,
                nights,
                ..
            }) => {
                let (client, arrival, nights) = (client.id, *arrival, *nights);
                self.stays.insert(
                    arrival,
                    Stay {
                        client,
                        arrival,
                        nights,
                        status: StayStatus::Booked,
                    },
                );
            }
            BookingEvent::GuestCheckedIn(GuestCheckedIn { arrival, .. }) => {
                if let Some(stay) = self.stays.get_mut(arrival) {
                    stay.status = StayStatus::InHouse;
                }
            }
        }
        self
    }

    /// The stay that takes one of the `nights` from `arrival`, the first one if there are several.
    pub fn conflict(&self, arrival: Date, nights: Nights) -> Option<&Stay> {
        let before = self
            .stays
            .range(..=arrival)
            .next_back()
            .map(|(_, stay)| stay);
        let within = || {
            self.stays
                .range(arrival..nights.departure(arrival))
                .next()
                .map(|(_, stay)| stay)
        };
        before
            .filter(|stay| stay.departure() > arrival)
            .or_else(within)
    }

    /// The stay of `client` that a check-in on `date` is about: the last one with `arrival <= date <= departure`. The
    /// day of departure is among them because a guest who is late arrives after midnight.
    pub fn stay_on(&self, client: ClientId, date: Date) -> Option<&Stay> {
        let arrived = self.stays.range(..=date).rev().map(|(_, stay)| stay);
        arrived
            .take_while(|stay| stay.departure() >= date)
            .find(|stay| stay.client == client)
    }

    /// The nights of the guest who was in the room last before `arrival`.
    pub fn occupied_before(&self, arrival: Date) -> Option<Occupancy> {
        let earlier = self.stays.range(..arrival).rev().map(|(_, stay)| stay);
        let mut in_house = earlier.filter(|stay| stay.status == StayStatus::InHouse);
        in_house.next().map(|stay| Occupancy {
            arrival: stay.arrival,
            nights: stay.nights,
        })
    }
}

impl FromIterator<Stay> for RoomLedger {
    /// The stays must not share a night, as the stays of one room never do.
    fn from_iter<I: IntoIterator<Item = Stay>>(stays: I) -> Self {
        Self {
            stays: stays.into_iter().map(|stay| (stay.arrival, stay)).collect(),
        }
    }
}
