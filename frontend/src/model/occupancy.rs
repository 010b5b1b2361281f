//! Free rooms per type and night, and the figures of today.

use shared::Date;
use shared::rooms::{BlockKind, RoomType, RoomView};

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
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
    let (told, wished) = (hotel.tally(), hotel.wished_tally());
    let taken = |night| told.taken(room_type, night) + wished.taken(room_type, night);
    // Most rooms are there on every night.
    let of_type = || hotel.rooms().filter(|room| room.room_type == *room_type);
    let is_always_there = |room: &&RoomView| room.blocks.is_empty() && room.retired.is_none();
    let always = of_type().filter(is_always_there).count();
    let others: Vec<&RoomView> = of_type().filter(|room| !is_always_there(room)).collect();
    let night = |date: Date| {
        let is_blocked = |room: &RoomView| {
            let mut blocks = room.blocks.iter();
            blocks.any(|block| block.kind == BlockKind::OutOfOrder && block.span().has(date))
        };
        let is_there = |room: &&&RoomView| room.is_there_on(date) && !is_blocked(room);
        let rooms = always + others.iter().filter(is_there).count();
        let rooms = u32::try_from(rooms).unwrap_or(u32::MAX);
        let free = rooms.saturating_sub_signed(taken(date));
        Night { rooms, free }
    };
    window.dates().map(night).collect()
}

pub fn today(hotel: &Hotel, today: Date) -> Today {
    let mut figures = hotel.tally().figures(today);
    figures += hotel.wished_tally().figures(today);
    let wished = hotel.wished_rooms();
    let is_dirty =
        |room: &RoomView| room.is_there_on(today) && room.housekeeping(today).needs_cleaning();
    let dirty = hotel.rooms().filter(|room| {
        let shown = wished.contains(&room.id).then(|| hotel.room(room.id));
        is_dirty(shown.flatten().as_ref().map_or(room, |shown| &shown.view))
    });
    let count = |number: i32| u32::try_from(number).unwrap_or_default();
    Today {
        arrivals: count(figures.arrivals),
        departures: count(figures.departures),
        in_house: count(figures.in_house),
        dirty: u32::try_from(dirty.count()).unwrap_or(u32::MAX),
    }
}
