//! What is counted of the stays, kept up change by change: a large hotel has a hundred thousand of them, and a board that shows
//! each change cannot count them all for each.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use shared::Date;
use shared::bookings::{StayStatus, StayView};
use shared::rooms::RoomType;

/// How many stays there are of each kind, by day; of changes, how many more or fewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Each has a place in [`Day::taken`].
    types: Vec<RoomType>,
    days: BTreeMap<Date, Day>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Day {
    figures: Figures,
    /// Rooms taken in the night that begins on this day, by type.
    taken: Vec<i32>,
}

/// Of the stays of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// They begin, and nobody is checked in.
    pub arrivals: i32,
    /// Their guests are in the house, and leave.
    pub departures: i32,
    /// Their guests are in the house, and stay.
    pub in_house: i32,
}

impl Tally {
    /// Counts a stay in a room of this type `by` times; -1 takes it out.
    pub fn add(&mut self, room_type: Option<&RoomType>, stay: &StayView, by: i32) {
        if !stay.status.takes_nights() {
            return;
        }
        let place = room_type.map(|room_type| self.place(room_type));
        let is_in_house = stay.status == StayStatus::InHouse;
        match stay.status {
            StayStatus::Tentative | StayStatus::Booked => {
                self.day(stay.arrival).figures.arrivals += by;
            }
            StayStatus::InHouse => self.day(stay.departure()).figures.departures += by,
            _ => {}
        }
        for night in 0..i32::from(stay.nights.get()) {
            let day = self.day(stay.arrival.plus_days(night));
            if is_in_house {
                day.figures.in_house += by;
            }
            if let Some(place) = place {
                if day.taken.len() <= place {
                    day.taken.resize(place + 1, 0);
                }
                day.taken[place] += by;
            }
        }
    }

    /// How many rooms of the type are taken in a night.
    pub fn taken(&self, room_type: &RoomType, night: Date) -> i32 {
        let mut types = self.types.iter();
        let taken = types
            .position(|other| other == room_type)
            .and_then(|place| {
                let day = self.days.get(&night)?;
                day.taken.get(place).copied()
            });
        taken.unwrap_or_default()
    }

    pub fn figures(&self, day: Date) -> Figures {
        let day = self.days.get(&day);
        day.map(|day| day.figures).unwrap_or_default()
    }

    fn place(&mut self, room_type: &RoomType) -> usize {
        let known = self.types.iter().position(|other| other == room_type);
        known.unwrap_or_else(|| {
            self.types.push(room_type.clone());
            self.types.len() - 1
        })
    }

    fn day(&mut self, date: Date) -> &mut Day {
        self.days.entry(date).or_default()
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.arrivals += other.arrivals;
        self.departures += other.departures;
        self.in_house += other.in_house;
    }
}
