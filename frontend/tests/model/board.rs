//! A small hotel as a page of the front desk knows it, and what the tests do to it.

use shared::Date;
use shared::bookings::{BookRoom, Client};
use shared::cloud_event::MessageId;
use shared::housekeeping::Housekeeping;
use shared::rooms::RoomId;
use vacancy_board::model::hotel::Hotel;
use vacancy_board::model::row;
use vacancy_board::model::window::Window;
use vacancy_board::model::wish::Wish;

pub(crate) const TODAY: &str = "2026-11-21";

/// A hotel with the rooms 1 and 2 and what the tests do to it.
pub(crate) struct Board {
    pub(crate) hotel: Hotel,
    pub(crate) revision: u64,
}

impl Board {
    pub(crate) fn new() -> Self {
        let mut board = Self {
            hotel: Hotel::default(),
            revision: 0,
        };
        for room in [1, 2] {
            board.room(room, None, None, 0);
        }
        board
    }

    pub(crate) fn room(
        &mut self,
        id: u32,
        cleaned: Option<&str>,
        occupied: Option<(&str, u16)>,
        cleanup: u64,
    ) {
        let mut value = serde_json::json!({
            "id": id, "name": (100 + id).to_string(), "type": "double", "floor": 1,
            "position": { "room": 1, "room-booking": 0, "room-cleanup": cleanup },
        });
        if let Some(cleaned) = cleaned {
            value["cleaned"] = cleaned.into();
        }
        if let Some((arrival, nights)) = occupied {
            value["occupied"] = serde_json::json!({ "arrival": arrival, "nights": nights });
        }
        self.revision += 1;
        let value = value.to_string();
        let changed = self
            .hotel
            .apply_room(&id.to_string(), self.revision, Some(value.as_bytes()));
        assert_eq!(changed, Ok(Some(room_id(id))));
    }

    pub(crate) fn stay(
        &mut self,
        room: u32,
        booking: &str,
        nights: u16,
        status: &str,
        sequence: u64,
    ) {
        self.put(room, booking, sequence, |stay| {
            stay["nights"] = nights.into();
            stay["status"] = status.into();
        });
    }

    /// A stay that went to another room.
    pub(crate) fn moved_out(&mut self, room: u32, booking: &str, nights: u16, sequence: u64) {
        self.stay(room, booking, nights, "moved", sequence);
    }

    /// A stay that came from another room, for nights from `arrival` on.
    pub(crate) fn moved_in(
        &mut self,
        room: u32,
        booking: &str,
        arrival: &str,
        nights: u16,
        sequence: u64,
    ) {
        self.put(room, booking, sequence, |stay| {
            stay["booked"] = stay["arrival"].take();
            stay["arrival"] = arrival.into();
            stay["nights"] = nights.into();
        });
    }

    pub(crate) fn pinned(&mut self, room: u32, booking: &str, nights: u16, sequence: u64) {
        self.put(room, booking, sequence, |stay| {
            stay["nights"] = nights.into();
            stay["pinned"] = true.into();
        });
    }

    /// The view says so of a stay.
    fn put(
        &mut self,
        room: u32,
        booking: &str,
        sequence: u64,
        say: impl FnOnce(&mut serde_json::Value),
    ) {
        let (client, arrival) = booking.split_once('_').unwrap();
        let mut value = serde_json::json!({
            "room": room, "client": { "id": client.parse::<u64>().unwrap() }, "arrival": arrival,
            "nights": 1, "status": "booked", "sequence": sequence,
        });
        say(&mut value);
        self.revision += 1;
        let key = format!("{room}.{booking}");
        let value = value.to_string();
        let changed = self
            .hotel
            .apply_stay(&key, self.revision, Some(value.as_bytes()));
        assert_eq!(changed, Ok(Some(room_id(room))));
    }

    /// The bars of the room, each as `booking status[?] start+width`, where `?` is a pending one.
    #[track_caller]
    pub(crate) fn shows(&self, room: u32, expected: &[&str]) {
        let window = Window {
            first: date(TODAY),
            days: 14,
        };
        let bars: Vec<String> = row::bars(&self.hotel, room_id(room), window, date(TODAY))
            .iter()
            .map(|bar| {
                let mark = if bar.pending.is_some() { "?" } else { "" };
                let status = bar.status.as_str();
                let span = bar.span;
                format!(
                    "{} {status}{mark} {}+{}",
                    bar.booking, span.start, span.width
                )
            })
            .collect();
        assert_eq!(bars, expected);
    }

    #[track_caller]
    pub(crate) fn mark(&self, room: u32, expected: Housekeeping, pending: bool) {
        let head = row::head(&self.hotel, room_id(room), date(TODAY)).unwrap();
        assert_eq!(
            (head.housekeeping, head.pending.is_some()),
            (expected, pending)
        );
    }

    pub(crate) fn undecided(&self) -> usize {
        self.hotel.undecided().count()
    }
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn room_id(id: u32) -> RoomId {
    i64::from(id).try_into().unwrap()
}

pub(crate) fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

pub(crate) fn book(room: u32, booking: &str, nights: i64) -> Wish {
    let (client, arrival) = booking.split_once('_').unwrap();
    Wish::Book(BookRoom {
        room: room_id(room).into(),
        client: Client {
            id: client.parse().unwrap(),
            name: None,
        },
        date: date(arrival),
        nights: nights.try_into().unwrap(),
        pinned: false,
    })
}
