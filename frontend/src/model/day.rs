//! The lists of a day: who comes, who leaves, who is in the house, who did not come.

use std::cmp::Ordering;

use shared::Date;
use shared::bookings::{StayKey, StayStatus, StayView};
use shared::housekeeping::Housekeeping;

use super::deeds::{self, Deed};
use super::due::Due;
use super::errand::Progress;
use super::hotel::{Hotel, ShownStay};
use super::in_order;
use super::lines::natural;
use super::row;
use super::words;

/// A list of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Arrivals,
    Departures,
    InHouse,
    NoShows,
}

/// A stay on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: StayKey,
    /// What is painted on the room's door.
    pub room: String,
    pub guest: String,
    pub due: Due,
    /// How the room is for those who are to have it.
    pub housekeeping: Option<Housekeeping>,
    /// When the stay begins or ends.
    pub dates: String,
    /// How far one's own wish is that is shown here and that is not decided yet.
    pub pending: Option<Progress>,
    /// What is to be done with one tap, if anything is.
    pub deed: Option<Deed>,
}

impl List {
    pub const ALL: [Self; 4] = [
        Self::Arrivals,
        Self::Departures,
        Self::InHouse,
        Self::NoShows,
    ];

    /// The value of `data-list`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrivals => "arrivals",
            Self::Departures => "departures",
            Self::InHouse => "in-house",
            Self::NoShows => "no-shows",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Arrivals => "Arrivals",
            Self::Departures => "Departures",
            Self::InHouse => "In house",
            Self::NoShows => "Did not come",
        }
    }

    /// The list that the stay is on today; `None` when it is on none. Those who should have come or left before are on it still.
    fn of(stay: &StayView, today: Date) -> Option<Self> {
        match Due::of(stay, today) {
            Due::Arrival | Due::LateArrival => Some(Self::Arrivals),
            Due::Departure | Due::LateDeparture => Some(Self::Departures),
            Due::InHouse => Some(Self::InHouse),
            // The night counts as slept until it is over, and is noted on the day after.
            Due::Over => {
                let is_of_now = stay.arrival.plus_days(1) >= today;
                let is_no_show = stay.status == StayStatus::NoShow;
                (is_no_show && is_of_now).then_some(Self::NoShows)
            }
            Due::Confirmation | Due::NotToday => None,
        }
    }
}

/// The stays on the list today: those that are late first, and then by door.
pub fn items(hotel: &Hotel, list: List, today: Date) -> Vec<Item> {
    let mut keys = Vec::new();
    hotel.visit_stays(|stay| {
        if List::of(stay, today) == Some(list) {
            keys.push(stay.key());
        }
    });
    let mut items = Vec::new();
    for stay in keys.into_iter().filter_map(|key| hotel.stay(key)) {
        in_order::put(&mut items, item(hotel, &stay, today), Item::place);
    }
    items
}

fn item(hotel: &Hotel, stay: &ShownStay, today: Date) -> Item {
    let view = &stay.view;
    let due = Due::of(view, today);
    let is_to_come = matches!(due, Due::Arrival | Due::LateArrival);
    let room = hotel.room(view.room).filter(|_| is_to_come);
    let deed = deeds::deeds(view, today).into_iter().next();
    Item {
        key: view.key(),
        room: hotel.door(view.room),
        guest: row::guest(view),
        due,
        housekeeping: room.map(|room| room.view.housekeeping(today)),
        dates: format!(
            "{} to {}, {}",
            words::day(view.arrival),
            words::day(view.departure()),
            words::nights(view.nights)
        ),
        pending: stay.pending,
        // Whoever stays is not sent away with one tap.
        deed: deed.filter(|_| due != Due::InHouse),
    }
}

impl Item {
    fn place(&self) -> Place {
        let is_late = matches!(self.due, Due::LateArrival | Due::LateDeparture);
        Place {
            is_late,
            room: self.room.clone(),
        }
    }
}

/// Where an item stands on its list.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    is_late: bool,
    room: String,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_door = || natural(&self.room, &other.room);
        other.is_late.cmp(&self.is_late).then_with(by_door)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
