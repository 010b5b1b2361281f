//! Free rooms per type and night, and the figures of today.

use shared::Date;
use shared::bookings::StayStatus;
use shared::rooms::{BlockKind, RoomId, RoomType};

use super::hotel::Hotel;
use super::window::Window;

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

/// A night of a room type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Night {
    /// How many rooms there are to sell: those out of order and those that the hotel no longer has are none.
    pub rooms: u32,
    /// How many of them nobody has.
    pub free: u32,
}

impl Night {
    /// How many of a hundred rooms are taken; 100 where there is no room.
    pub fn occupancy(self) -> u32 {
        let taken = self.rooms.saturating_sub(self.free);
        (taken * 100).checked_div(self.rooms).unwrap_or(100)
    }
}

/// How many rooms of the type there are and are free, for each night of the window.
pub fn nights(hotel: &Hotel, room_type: &RoomType, window: Window) -> Vec<Night> {
    let mut rooms: Vec<RoomId> = Vec::new();
    let mut nights = vec![Night::default(); usize::from(window.days)];
    for room in hotel.rooms().filter(|room| room.room_type == *room_type) {
        rooms.push(room.id);
        let blocked = |night: Date| {
            let mut blocks = room.blocks.iter();
            blocks.any(|block| block.kind == BlockKind::OutOfOrder && block.span().has(night))
        };
        for (date, night) in window.dates().zip(&mut nights) {
            if room.is_there_on(date) && !blocked(date) {
                night.rooms += 1;
                night.free += 1;
            }
        }
    }
    hotel.visit_stays(|stay| {
        // The view tells rooms in the order of their ids.
        if rooms.binary_search(&stay.room).is_ok() {
            for night in window.nights(stay.arrival, stay.nights) {
                if let Some(night) = nights.get_mut(night) {
                    night.free = night.free.saturating_sub(1);
                }
            }
        }
    });
    nights
}

pub fn today(hotel: &Hotel, today: Date) -> Today {
    let mut figures = Today::default();
    hotel.visit_stays(|stay| match stay.status {
        StayStatus::Tentative | StayStatus::Booked if stay.arrival == today => {
            figures.arrivals += 1;
        }
        StayStatus::InHouse if stay.departure() == today => figures.departures += 1,
        StayStatus::InHouse if stay.arrival <= today && today < stay.departure() => {
            figures.in_house += 1;
        }
        _ => {}
    });
    for room in hotel.rooms().filter_map(|room| hotel.room(room.id)) {
        if room.view.is_there_on(today) && room.view.housekeeping(today).needs_cleaning() {
            figures.dirty += 1;
        }
    }
    figures
}
