//! Read models, folded from the events alone.

use std::collections::BTreeMap;

use shared::bookings::{
    DayKey, DayView, GuestKey, GuestView, OccupancyKey, OccupancyView, Part, StayKey, StayView,
    VacancyKey, VacancyView,
};
use shared::rooms::{RoomAdded, RoomEvent, RoomId, RoomView};

use super::world::{ROOMS, World, booking, day, given, room};

/// All read models of the stream `room-booking`, as their projectors would fill them.
#[derive(Debug, Default)]
pub(crate) struct Views {
    pub(crate) rooms: BTreeMap<RoomId, RoomView>,
    pub(crate) stays: BTreeMap<StayKey, StayView>,
    pub(crate) vacancy: BTreeMap<VacancyKey, VacancyView>,
    pub(crate) occupancy: BTreeMap<OccupancyKey, OccupancyView>,
    pub(crate) days: BTreeMap<DayKey, DayView>,
    pub(crate) guests: BTreeMap<GuestKey, GuestView>,
}

impl Views {
    pub(crate) fn of(world: &World) -> Self {
        let mut views = Self::default();
        for id in 1..=ROOMS {
            let added = RoomAdded {
                room: room(id),
                name: format!("10{id}").parse().unwrap(),
                room_type: "double".parse().unwrap(),
                floor: 1,
            };
            let sequence = id.into();
            let view = RoomView::new(&added, sequence);
            views.rooms.insert(added.room.id, view);
            let key = VacancyKey::Type(added.room_type.clone());
            let event = RoomEvent::RoomAdded(added);
            let before = views.vacancy.remove(&key);
            let after = VacancyView::after_room(before, &event, sequence);
            views.vacancy.insert(key, after);
            let before = views.occupancy.remove(&OccupancyKey::House);
            let after = OccupancyView::after_room(before, &event, sequence);
            views.occupancy.insert(OccupancyKey::House, after);
        }
        for (event, sequence) in world.events.iter().zip(1..) {
            let id = event.room().id;
            let view = views.rooms.remove(&id).unwrap();
            views.rooms.insert(id, view.after_booking(event, sequence));
            if let Some(booking) = event.booking() {
                let key = StayKey { room: id, booking };
                let before = views.stays.remove(&key);
                let after = StayView::evolve(before, event, sequence).unwrap();
                assert_eq!(after.key(), key);
                views.stays.insert(key, after);
            }
            for key in VacancyKey::of(event) {
                let before = views.vacancy.remove(&key);
                let after = VacancyView::after_booking(&key, before, event, sequence);
                views.vacancy.insert(key, after);
            }
            for key in OccupancyKey::of(event) {
                let before = views.occupancy.remove(&key);
                let after = OccupancyView::after_booking(key, before, event, sequence);
                views.occupancy.insert(key, after);
            }
            for key in DayKey::of(event) {
                views
                    .days
                    .insert(key, DayView::after(event, sequence).unwrap());
            }
            if let Some(key) = GuestKey::of(event) {
                views
                    .guests
                    .insert(key, GuestView::after(event, sequence).unwrap());
            }
        }
        views
    }

    pub(crate) fn taken(&self, night: i32) -> u32 {
        let key = VacancyKey::Night("double".parse().unwrap(), day(night));
        match self.vacancy.get(&key) {
            Some(VacancyView::Night { taken, .. }) => *taken,
            _ => 0,
        }
    }

    pub(crate) fn rooms_on(&self, night: i32) -> u32 {
        self.occupancy[&OccupancyKey::House].rooms_on(day(night))
    }

    /// Sold and out of order.
    pub(crate) fn occupancy(&self, night: i32) -> (u32, u32) {
        match self.occupancy.get(&OccupancyKey::Night(day(night))) {
            Some(OccupancyView::Night {
                sold, out_of_order, ..
            }) => (*sold, *out_of_order),
            _ => (0, 0),
        }
    }
}

#[test]
fn the_house_is_as_full_as_its_nights_are_taken() {
    let views = Views::of(&given([
        "book 1 12 2",
        "hold 2 12 1 in 2",
        "out-of-order 12 3 paint in 3",
        "retire 20 in 3",
    ]));
    assert_eq!(
        (views.taken(12), views.taken(13), views.taken(14)),
        (3, 2, 1)
    );
    assert_eq!(views.occupancy(12), (2, 1));
    let night = &views.occupancy[&OccupancyKey::Night(day(12))];
    assert_eq!(night.percent(views.rooms_on(12)).round(), 100.0);
    let night = &views.occupancy[&OccupancyKey::Night(day(13))];
    assert_eq!(night.percent(views.rooms_on(13)).round(), 50.0);
    assert_eq!((views.rooms_on(19), views.rooms_on(20)), (3, 2));
}

#[test]
fn a_day_says_who_arrives_stays_and_leaves() {
    let views = Views::of(&given(["book 1 12 2", "book 2 14 1", "change 1_12 13 1"]));
    let parts = |date: i32| -> Vec<(u64, Part)> {
        let date = day(date);
        let of_day = views.days.iter().filter(|(key, _)| key.date == date);
        of_day
            .filter_map(|(key, view)| Some((key.booking.client.get(), view.part(date)?)))
            .collect()
    };
    assert_eq!(parts(12), []);
    assert_eq!(parts(13), [(1, Part::Arrives)]);
    assert_eq!(parts(14), [(1, Part::Leaves), (2, Part::Arrives)]);
    assert_eq!(parts(15), [(2, Part::Leaves)]);
}

#[test]
fn a_guest_has_all_stays_wherever_they_are() {
    let views = Views::of(&given(["book 1 12 2", "book 1 20 1 in 3", "move 1_12 2"]));
    let keys: Vec<String> = views.guests.keys().map(ToString::to_string).collect();
    assert_eq!(
        keys,
        ["1.1.1_2022-12-12", "1.2.1_2022-12-12", "1.3.1_2022-12-20"]
    );
    for key in keys {
        assert_eq!(key.parse::<GuestKey>().unwrap().to_string(), key);
    }
    let stay = &views.stays[&StayKey {
        room: room(2).id,
        booking: booking(1, 12),
    }];
    assert_eq!(stay.status.as_str(), "booked");
}

#[test]
fn a_room_shows_its_blocks_and_its_last_guest() {
    let story = [
        "book 1 10 4",
        "checkin 1 10",
        "checkout 1_10 12",
        "out-of-order 14 2 paint",
        "out-of-service 20 2 cold",
        "back-in-service 20 21",
        "retire 25",
    ];
    let views = Views::of(&given(story));
    let view = &views.rooms[&room(1).id];
    assert_eq!(view.occupied.unwrap().departure(), day(12));
    let blocks: Vec<_> = view
        .blocks
        .iter()
        .map(|block| (block.kind.as_str(), block.from, block.until()))
        .collect();
    assert_eq!(
        blocks,
        [
            ("out-of-order", day(14), day(16)),
            ("out-of-service", day(20), day(21))
        ]
    );
    assert!(view.is_there_on(day(24)) && !view.is_there_on(day(25)));
    assert_eq!(view.position.booking, 7);
}
