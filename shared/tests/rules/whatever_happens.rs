//! What holds after any commands in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::bookings::{RoomLedger, StayView};

use super::views::Views;
use super::world::{Happened, ROOMS, Wish, World, day};

/// A command in words. Few clients, days and rooms, so that they meet.
fn words() -> impl Strategy<Value = String> {
    let (client, date, nights) = (1..4_i64, 1..12_i32, 1..5_i64);
    let (room, other) = (1..=ROOMS, 1..=ROOMS);
    (0..20_u8, client, date, nights, room, other, 1..12_i32).prop_map(
        |(kind, client, date, nights, room, other, arrival)| {
            let stay = format!("{client}_{arrival}");
            let words = match kind {
                0 | 1 => format!("book {client} {date} {nights}"),
                2 => format!("hold {client} {date} {nights}"),
                3 => format!("confirm {stay}"),
                4 => format!("expire-hold {stay}"),
                5 => format!("cancel {stay}"),
                6 => format!("change {stay} {date} {nights}"),
                7 | 8 => format!("move {stay} {other}"),
                9 => format!("pin {stay}"),
                10 => format!("checkin {client} {date}"),
                11 => format!("checkout {stay} {date}"),
                12 => format!("no-show {stay} {date}"),
                13 => format!("out-of-order {date} {nights} paint"),
                14 => format!("out-of-service {date} {nights} paint"),
                15 => format!("back-in-order {arrival} {date}"),
                16 => format!("cleanup {date}"),
                17 => format!("retire {}", date + 8),
                18 => format!("swap {stay} {other} {}_{date}", client % 3 + 1),
                _ => "undo".to_owned(),
            };
            format!("{words} in {room}")
        },
    )
}

/// The hotel after those of the commands that are not refused.
fn after(story: &[String]) -> World {
    let mut world = World::default();
    for text in story {
        let wish = Wish::read(text, &world);
        // A command changes nothing unless it is done.
        if let Ok(events) = world.decide(&wish) {
            assert!(!events.is_empty(), "{text} has led to nothing");
            world.apply(events);
        }
        world.minutes += 1;
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_night_is_sold_twice(story in prop::collection::vec(words(), 1..80)) {
        let world = after(&story);
        for room in 1..=ROOMS {
            let ledger = world.ledger(room);
            for date in 1..40 {
                let (stays, blocks) = ledger.holders_of(day(date));
                prop_assert!(stays + blocks <= 1, "{stays} stays, {blocks} blocks in {room} on {date}");
                let retired = ledger.retired().is_some_and(|retired| retired <= day(date));
                prop_assert!(!retired || stays + blocks == 0, "{room} is gone on {date}");
            }
        }
    }

    #[test]
    fn the_views_count_what_the_ledgers_have(story in prop::collection::vec(words(), 1..80)) {
        let world = after(&story);
        let views = Views::of(&world);
        for date in 1..40 {
            let (mut sold, mut out_of_order, mut rooms) = (0, 0, 0);
            for room in 1..=ROOMS {
                let ledger = world.ledger(room);
                let (stays, blocks) = ledger.holders_of(day(date));
                sold += u32::try_from(stays).unwrap();
                out_of_order += u32::try_from(blocks).unwrap();
                rooms += u32::from(ledger.retired().is_none_or(|retired| day(date) < retired));
            }
            prop_assert_eq!(views.taken(date), sold + out_of_order);
            prop_assert_eq!(views.occupancy(date), (sold, out_of_order));
            prop_assert_eq!(views.rooms_on(date), rooms);
        }
    }

    #[test]
    fn the_ledger_of_the_views_decides_like_the_ledger_of_the_events(
        story in prop::collection::vec(words(), 1..60),
        wish in words(),
    ) {
        prop_assume!(!wish.starts_with("undo"));
        let world = after(&story);
        // Read models do not tell when a guest has left, before somebody is asked to clean.
        let owes = |room| {
            let left = world.ledger(room).left();
            left.is_some_and(|left| world.log(room).owes_cleaning_since(left))
        };
        prop_assume!(!wish.starts_with("checkin") || !(1..=ROOMS).any(owes));
        let views = Views::of(&world);
        let mut told = world.clone();
        told.ledgers = views.rooms.values().map(|room| {
            let stays = views.stays.values().filter(|stay| stay.room == room.id);
            let stays = stays.map(StayView::stay);
            let ledger = RoomLedger::from_parts(stays, room.blocks.clone(), room.retired);
            (room.id.get(), ledger)
        }).collect::<BTreeMap<_, _>>();
        let wish = Wish::read(&wish, &world);
        prop_assert_eq!(told.decide(&wish), world.decide(&wish));
        for (id, ledger) in &world.ledgers {
            let room = views.rooms.values().find(|room| room.id.get() == *id).unwrap();
            prop_assert_eq!(room.occupied, ledger.occupied());
        }
    }

    #[test]
    fn any_events_at_all_are_taken(stories in prop::collection::vec(prop::collection::vec(words(), 1..30), 2..4)) {
        // Events of other histories make no sense here. What happened has happened: nothing panics.
        let mut world = World::default();
        for story in &stories {
            for event in after(story).events {
                world.apply(vec![Happened::Booking(event)]);
            }
        }
        prop_assert!(Views::of(&world).stays.len() <= world.events.len());
    }
}
