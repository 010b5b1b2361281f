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

/// How many rooms of the type are free, for each night of the window.
pub fn free(hotel: &Hotel, room_type: &RoomType, window: Window) -> Vec<u32> {
    let rooms: Vec<RoomId> = hotel
        .rooms()
        .filter(|room| room.room_type == *room_type)
        .map(|room| room.id)
        .collect();
    let all = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
    let mut free = vec![all; usize::from(window.days)];
    for room in hotel.rooms().filter(|room| room.room_type == *room_type) {
        // A room that is gone, or out of order, cannot be had either.
        let blocked = |night: Date| {
            let mut blocks = room.blocks.iter();
            blocks.any(|block| block.kind == BlockKind::OutOfOrder && block.span().has(night))
        };
        for (night, free) in window.dates().zip(&mut free) {
            if !room.is_there_on(night) || blocked(night) {
                *free = free.saturating_sub(1);
            }
        }
    }
    hotel.visit_stays(|stay| {
        // The view tells rooms in the order of their ids.
        if rooms.binary_search(&stay.room).is_ok() {
            for night in window.nights(stay.arrival, stay.nights) {
                if let Some(free) = free.get_mut(night) {
                    *free = free.saturating_sub(1);
                }
            }
        }
    });
    free
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
