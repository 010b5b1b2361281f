//! A stay that is carried over the board, and put down.

use shared::bookings::StayKey;
use shared::outcome::EventPointer;
use vacancy_board::model::carry::{self, Carried, Grip, Plan};
use vacancy_board::model::hotel::Hotel;
use vacancy_board::model::wish::Wish;

use crate::board::{Board, TODAY, date, id, room_id};

fn key(text: &str) -> StayKey {
    text.parse().unwrap()
}

/// Client 7 has room 1 from the 22nd to the 25th, clients 8 and 9 have room 2 to the 24th and from then on.
fn board() -> Board {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-22", 3, "booked", 5);
    board.stay(2, "8_2026-11-21", 3, "booked", 6);
    board.stay(2, "9_2026-11-24", 2, "booked", 7);
    board
}

fn take_up(hotel: &Hotel, stay: &str, grip: Grip) -> Carried {
    Carried::take_up(hotel, key(stay), grip).unwrap()
}

#[track_caller]
fn plans(hotel: &Hotel, carried: &Carried, fit: &str, told: &[&str]) -> Plan {
    let plan = carry::plan(hotel, carried);
    assert_eq!(plan.as_str(), fit, "{plan:?}");
    assert_eq!(carry::told(hotel, carried, &plan), told);
    plan
}

/// The way back from it is as it says, once it is there.
#[track_caller]
fn put_down(board: &mut Board, plan: Plan) -> Option<Wish> {
    let Plan::Do(wish) = plan else {
        panic!("{plan:?}");
    };
    let back = carry::way_back(&board.hotel, &wish);
    board.hotel.wish(id("c1"), *wish).unwrap();
    back
}

#[test]
fn a_stay_goes_where_there_is_space() {
    let mut board = board();
    let hotel = &board.hotel;
    let carried = take_up(hotel, "1.7_2026-11-22", Grip::Whole);
    plans(hotel, &carried, "same", &[]);
    // Held by its second night.
    let over = carried.over(room_id(2), date("2026-11-29"), 1);
    let plan = plans(
        hotel,
        &over,
        "free",
        &[
            "Room: 101 → 102",
            "Arrival: Sun 22 Nov → Sat 28 Nov",
            "Departure: Wed 25 Nov → Tue 1 Dec",
        ],
    );
    let back = put_down(&mut board, plan).unwrap();
    board.shows(1, &[]);
    board.shows(
        2,
        &[
            "8_2026-11-21 booked 1+6",
            "9_2026-11-24 booked 7+4",
            "7_2026-11-22 booked? 15+6",
        ],
    );
    board.hotel.done(&id("c1"), event(9), None);
    board.moved_out(1, "7_2026-11-22", 3, 8);
    board.moved_in(2, "7_2026-11-22", "2026-11-28", 3, 9);
    board.shows(1, &[]);
    assert_eq!(board.undecided(), 0);
    board.hotel.wish(id("c2"), back).unwrap();
    board.shows(1, &["7_2026-11-22 booked? 3+6"]);
}

#[test]
fn who_has_the_nights_is_told_by_name() {
    let board = board();
    let carried = take_up(&board.hotel, "1.7_2026-11-22", Grip::Whole);
    let over = carried.over(room_id(2), date("2026-11-23"), 0);
    let reason = "Guest 8 has room 102 from Sat 21 Nov to Tue 24 Nov.";
    plans(&board.hotel, &over, "no", &[reason]);
}

#[test]
fn stays_that_fit_each_other_change_places() {
    let mut board = board();
    let hotel = &board.hotel;
    let carried = take_up(hotel, "1.7_2026-11-22", Grip::Whole).over_room(room_id(2));
    let plan = plans(
        hotel,
        &carried,
        "swap",
        &[
            "Room: 101 → 102",
            "Guest 8 → room 101",
            "Guest 9 → room 101",
        ],
    );
    let back = put_down(&mut board, plan).unwrap();
    let swapped = [
        (
            1,
            ["8_2026-11-21 booked? 1+6", "9_2026-11-24 booked? 7+4"].as_slice(),
        ),
        (2, &["7_2026-11-22 booked? 3+6"]),
    ];
    for (room, bars) in swapped {
        board.shows(room, bars);
    }
    board.hotel.wish(id("c2"), back).unwrap();
    board.shows(1, &["7_2026-11-22 booked? 3+6"]);
    board.shows(2, &["8_2026-11-21 booked? 1+6", "9_2026-11-24 booked? 7+4"]);
}

#[test]
fn what_is_said_of_a_swap_settles_all_of_it() {
    let mut board = board();
    let carried = take_up(&board.hotel, "1.7_2026-11-22", Grip::Whole).over_room(room_id(2));
    let plan = carry::plan(&board.hotel, &carried);
    put_down(&mut board, plan);
    let told = serde_json::json!({"stays": {"key": "2.7_2026-11-22", "value": {
        "room": 2, "client": {"id": 7}, "arrival": "2026-11-22", "nights": 3, "status": "booked", "sequence": 13,
    }}});
    let told = serde_json::from_value(told).unwrap();
    board.hotel.done(&id("c1"), event(13), told);
    board.shows(2, &["7_2026-11-22 booked 3+6"]);
    board.shows(1, &["8_2026-11-21 booked? 1+6", "9_2026-11-24 booked? 7+4"]);
    // As the views tell it, in the order of the events.
    board.moved_out(1, "7_2026-11-22", 3, 8);
    board.moved_in(1, "8_2026-11-21", "2026-11-21", 3, 9);
    board.moved_in(1, "9_2026-11-24", "2026-11-24", 2, 10);
    board.moved_out(2, "8_2026-11-21", 3, 11);
    board.moved_out(2, "9_2026-11-24", 2, 12);
    board.shows(1, &["8_2026-11-21 booked 1+6", "9_2026-11-24 booked 7+4"]);
    board.shows(2, &["7_2026-11-22 booked 3+6"]);
    board.moved_in(2, "7_2026-11-22", "2026-11-22", 3, 13);
    board.shows(2, &["7_2026-11-22 booked 3+6"]);
}

#[test]
fn either_end_of_a_stay_can_be_pulled() {
    let board = board();
    let hotel = &board.hotel;
    let departure = take_up(hotel, "1.7_2026-11-22", Grip::Departure);
    let later = departure.over(room_id(2), date("2026-11-27"), 0);
    plans(
        hotel,
        &later,
        "free",
        &["Departure: Wed 25 Nov → Fri 27 Nov", "Nights: 3 → 5"],
    );
    let none = departure.over(room_id(1), date("2026-11-20"), 0);
    plans(hotel, &none, "same", &[]);
    let arrival = take_up(hotel, "2.9_2026-11-24", Grip::Arrival);
    plans(
        hotel,
        &arrival.over(room_id(2), date("2026-11-25"), 0),
        "free",
        &["Arrival: Tue 24 Nov → Wed 25 Nov", "Nights: 2 → 1"],
    );
    let reason = "Guest 8 has room 102 from Sat 21 Nov to Tue 24 Nov.";
    let earlier = arrival.over(room_id(2), date("2026-11-23"), 0);
    plans(hotel, &earlier, "no", &[reason]);
}

#[test]
fn step_by_step_it_comes_to_the_same() {
    let board = board();
    let carried = take_up(&board.hotel, "1.7_2026-11-22", Grip::Whole);
    let at = carried.later(7).longer(-1).over_room(room_id(2)).at;
    assert_eq!(at.room, room_id(2));
    assert_eq!(at.span.arrival, date("2026-11-29"));
    assert_eq!(at.span.nights.get(), 2);
    assert_eq!(carried.longer(-9).at, carried.at, "no stay without a night");
    assert_eq!(carried.longer(900).at, carried.at, "nor for ever");
}

#[test]
fn a_guest_in_the_house_and_a_pinned_stay_stay_where_they_are() {
    let mut board = Board::new();
    board.room(1, Some(TODAY), Some((TODAY, 3)), 2);
    board.stay(1, "7_2026-11-21", 3, "in-house", 5);
    let carried = take_up(&board.hotel, "1.7_2026-11-21", Grip::Whole);
    let reason = "Guest 7 is in the house: only the day of departure can change.";
    plans(
        &board.hotel,
        &carried.over_room(room_id(2)),
        "no",
        &[reason],
    );
    plans(&board.hotel, &carried.later(1), "no", &[reason]);
    let longer = ["Departure: Tue 24 Nov → Wed 25 Nov", "Nights: 3 → 4"];
    plans(&board.hotel, &carried.longer(1), "free", &longer);
    board.pinned(2, "8_2026-11-21", 3, 6);
    let pinned = take_up(&board.hotel, "2.8_2026-11-21", Grip::Whole);
    let reason = "Guest 8 is pinned to room 102: unpin the stay first.";
    plans(
        &board.hotel,
        &pinned.over(room_id(1), date("2026-12-21"), 0),
        "no",
        &[reason],
    );
    let later = [
        "Arrival: Sat 21 Nov → Sun 22 Nov",
        "Departure: Tue 24 Nov → Wed 25 Nov",
    ];
    plans(&board.hotel, &pinned.later(1), "free", &later);
}

fn event(sequence: u64) -> EventPointer {
    EventPointer {
        stream: "room-booking".into(),
        sequence,
    }
}
