//! From a click, or a publish, to the bar painted on the other screen.

use std::collections::HashSet;

use serde_json::json;
use shared::Date;
use shared::bookings::StayView;
use shared::subjects::STAYS;

use crate::bench::{painted, report};
use crate::board::{Board, Role, Wish};
use crate::hotel::{Hotel, booking, room_id, today};

/// How many bookings each of the two ways is measured with.
const BOOKINGS: usize = 110;
/// Not counted: the first ones compile and warm up what the others find ready.
const WARM_UP: usize = 10;
/// The first day of the window that both pages show, in days from today: bars of the seeded stays on its left, and enough
/// free nights on its right.
const FIRST: i32 = 46;
/// How many nights of the window are booked, from its first one.
const NIGHTS: i32 = 29;

/// Books in one browser, and over NATS, and prints how long it took until the bar was painted in another one.
pub(super) async fn measure(hotel: &Hotel) {
    let (here, there) = tokio::join!(
        Board::live(hotel, Role::FrontDesk),
        Board::live(hotel, Role::FrontDesk)
    );
    for board in [&here, &there] {
        let first = today().plus_days(FIRST).to_string();
        painted::go_to(board, &first).await;
        painted::watch(board, "[data-stay]").await;
    }
    let mut free = free_nights(hotel, &there).await.into_iter();
    let mut next = |number: usize| {
        let (room, arrival) = free
            .next()
            .expect("a free night on the visible part of the board");
        Wish {
            room,
            client: 900_000_000 + u64::try_from(number).expect("a small number"),
            guest: "Bench",
            arrival,
            nights: 1,
        }
    };

    let (mut elsewhere, mut own) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + BOOKINGS {
        let wish = next(number);
        here.book(&wish).await;
        let there = painted::at(&there, wish.booking()).await;
        let here_painted = painted::at(&here, wish.booking()).await;
        let clicked = painted::clicked(&here).await;
        if number >= WARM_UP {
            elsewhere.push(there - clicked);
            own.push(here_painted - clicked);
        }
    }
    let details = json!({ "rooms": 40, "browsers": 2 });
    report::percentiles("board.click-to-other-browser", &elsewhere, &details);
    report::percentiles("board.click-to-own-bar", &own, &details);

    let mut published = Vec::new();
    for number in 0..WARM_UP + BOOKINGS {
        let wish = next(WARM_UP + BOOKINGS + number);
        let start = painted::now();
        let command = booking(
            wish.room,
            wish.client,
            wish.guest,
            wish.arrival,
            wish.nights,
        );
        hotel.done(command).await;
        let painted = painted::at(&there, wish.booking()).await;
        if number >= WARM_UP {
            published.push(painted - start);
        }
    }
    report::percentiles("board.publish-to-paint", &published, &details);
}

/// Nights that nobody has booked, in rooms that the page shows without scrolling.
async fn free_nights(hotel: &Hotel, board: &Board) -> Vec<(u32, Date)> {
    let rooms = painted::rooms(board).await;
    let mut taken = HashSet::new();
    for value in hotel.entries(STAYS.name()).await.into_values() {
        let stay: StayView = serde_json::from_slice(&value).expect("a stay");
        for night in 0..i32::from(stay.nights.get()) {
            taken.insert((stay.room, stay.arrival.plus_days(night)));
        }
    }
    let mut free = Vec::new();
    for night in 0..NIGHTS {
        for &room in &rooms {
            let date = today().plus_days(FIRST + night);
            if !taken.contains(&(room_id(room), date)) {
                free.push((room, date));
            }
        }
    }
    let needed = 2 * (WARM_UP + BOOKINGS);
    assert!(
        free.len() >= needed,
        "{} free nights in {} visible rooms are fewer than the {needed} that are needed",
        free.len(),
        rooms.len()
    );
    free
}
