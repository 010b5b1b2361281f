//! Free rooms per type and night, and the figures of today.

use std::collections::{BTreeMap, HashMap};

use shared::Date;
use shared::bookings::StayStatus;
use shared::housekeeping::Housekeeping;
use shared::rooms::{RoomId, RoomType};

use super::hotel::Hotel;
use super::window::Window;

/// What is free of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeOccupancy {
    /// How many rooms of the type there are.
    pub rooms: u32,
    /// How many of them are taken, for each night of the window.
    pub taken: Vec<u32>,
}

impl TypeOccupancy {
    /// How many rooms are free on the night of the window's column.
    pub fn free(&self, column: usize) -> u32 {
        let taken = self.taken.get(column).copied().unwrap_or_default();
        self.rooms.saturating_sub(taken)
    }
}

/// What a front desk wants to know when it opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Guests who are to arrive today and are not checked in.
    pub arrivals: u32,
    /// Guests in house who leave today.
    pub departures: u32,
    /// Rooms that somebody sleeps in tonight and is checked in to.
    pub in_house: u32,
    /// Rooms to clean.
    pub dirty: u32,
}

/// The occupancy of all types in the window.
pub fn occupancy(hotel: &Hotel, window: Window) -> BTreeMap<RoomType, TypeOccupancy> {
    let mut types: BTreeMap<RoomType, TypeOccupancy> = BTreeMap::new();
    let mut type_of: HashMap<RoomId, &RoomType> = HashMap::new();
    for room in hotel.rooms() {
        let of_type = types.entry(room.room_type.clone()).or_default();
        of_type.rooms += 1;
        of_type.taken.resize(usize::from(window.days), 0);
        type_of.insert(room.id, &room.room_type);
    }
    hotel.visit_stays(|stay| {
        let of_type = type_of.get(&stay.room).and_then(|name| types.get_mut(*name));
        let nights = window.nights(stay.arrival, stay.nights);
        if let Some(taken) = of_type.and_then(|of_type| of_type.taken.get_mut(nights)) {
            for night in taken {
                *night += 1;
            }
        }
    });
    types
}

pub fn today(hotel: &Hotel, today: Date) -> Today {
    let mut figures = Today::default();
    hotel.visit_stays(|stay| match stay.status {
        StayStatus::Booked if stay.arrival == today => figures.arrivals += 1,
        StayStatus::InHouse if stay.departure() == today => figures.departures += 1,
        StayStatus::InHouse if stay.arrival <= today && today < stay.departure() => {
            figures.in_house += 1;
        }
        StayStatus::Booked | StayStatus::InHouse => {}
    });
    for room in hotel.rooms().filter_map(|room| hotel.room(room.id)) {
        if room.view.housekeeping(today) == Housekeeping::Dirty {
            figures.dirty += 1;
        }
    }
    figures
}
