//! The rooms as housekeeping goes through them.

use shared::Date;
use shared::bookings::Span;
use shared::housekeeping::Housekeeping;
use shared::rooms::RoomId;

use super::errand::Progress;
use super::hotel::Hotel;
use super::lines::natural;
use super::words;

/// A room on housekeeping's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chore {
    pub room: RoomId,
    pub name: String,
    pub room_type: String,
    pub floor: i16,
    pub housekeeping: Housekeeping,
    /// How far one's own wish is that the mark shows and that is not decided yet.
    pub pending: Option<Progress>,
    /// Whether the guest stays or has gone. No more is known here, and no name.
    pub note: Option<String>,
}

/// All rooms: dirty ones first, then by door.
pub fn chores(hotel: &Hotel, today: Date) -> Vec<Chore> {
    let rooms = hotel.rooms().filter(|room| room.is_there_on(today));
    let rooms = rooms.filter_map(|room| hotel.room(room.id));
    let mut chores: Vec<Chore> = rooms
        .map(|room| Chore {
            room: room.view.id,
            name: room.view.name.to_string(),
            room_type: words::room_type(&room.view.room_type),
            floor: room.view.floor,
            housekeeping: room.view.housekeeping(today),
            pending: room.pending,
            note: room
                .view
                .occupied
                .and_then(|occupied| note(occupied, today)),
        })
        .collect();
    let is_clean = |chore: &Chore| !chore.housekeeping.needs_cleaning();
    chores.sort_unstable_by(|a, b| {
        let by_mark = is_clean(a).cmp(&is_clean(b));
        let by_door = || natural(&a.name, &b.name);
        by_mark.then_with(by_door).then(a.room.cmp(&b.room))
    });
    chores
}

fn note(occupied: Span, today: Date) -> Option<String> {
    let departure = occupied.departure();
    let is_there = occupied.arrival <= today;
    match departure.days_since(today) {
        1.. if is_there => Some(format!("Guest stays until {}", words::day(departure))),
        0 if is_there => Some("Guest leaves today".to_owned()),
        ..0 => Some(format!("Guest left on {}", words::day(departure))),
        _ => None,
    }
}
