//! What the board shows of rooms and stays while views and outcomes come in, in whatever order.

use shared::bookings::{CheckIn, ClientRef, StayKey, StayStatus, Undo};
use shared::housekeeping::{Cleanup, Housekeeping};
use shared::outcome::{Code, EventPointer, Refusal, ViewValue};
use vacancy_board::model::day::{self, List};
use vacancy_board::model::errand::Progress;
use vacancy_board::model::occupancy::{self, Today};
use vacancy_board::model::row::{self, Spot};
use vacancy_board::model::search::{self, MOST};
use vacancy_board::model::window::Window;
use vacancy_board::model::wish::Wish;

use crate::board::{Board, TODAY, book, date, id, room_id};

fn check_in(room: u32, client: &str) -> Wish {
    Wish::CheckIn(CheckIn {
        room: room_id(room).into(),
        client: ClientRef {
            id: client.parse().unwrap(),
        },
        date: date(TODAY),
    })
}

fn clean(room: u32) -> Wish {
    Wish::Clean(Cleanup {
        room: room_id(room).into(),
        date: date(TODAY),
    })
}

fn event(sequence: u64) -> EventPointer {
    EventPointer {
        stream: "room-booking".into(),
        sequence,
    }
}

#[test]
fn a_booking_is_shown_at_once_and_marked_until_the_view_has_it() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    board.shows(1, &["7_2026-11-22 booked? 3+4"]);
    board.hotel.done(&id("c1"), event(5), None);
    board.shows(1, &["7_2026-11-22 booked? 3+4"]);
    assert_eq!(board.undecided(), 0);
    board.stay(1, "7_2026-11-22", 2, "booked", 5);
    board.shows(1, &["7_2026-11-22 booked 3+4"]);
}

/// The value of the view in an outcome.
fn told(text: serde_json::Value) -> Option<Box<ViewValue>> {
    serde_json::from_value(text).unwrap()
}

fn told_stay(status: &str, sequence: u64) -> Option<Box<ViewValue>> {
    told(
        serde_json::json!({"stays": {"key": "1.7_2026-11-22", "value": {
            "room": 1, "client": {"id": 7}, "arrival": "2026-11-22", "nights": 2, "status": status, "sequence": sequence,
        }}}),
    )
}

#[test]
fn the_value_in_an_outcome_settles_a_booking_before_the_view_has_it() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    let hotel = &mut board.hotel;
    hotel.done(&id("c1"), event(5), told_stay("booked", 5));
    board.shows(1, &["7_2026-11-22 booked 3+4"]);
    // What others have done since is newer.
    board.stay(1, "7_2026-11-22", 2, "in-house", 6);
    board.shows(1, &["7_2026-11-22 in-house 3+4"]);
    board.stay(1, "7_2026-11-22", 2, "checked-out", 7);
    board.shows(1, &["7_2026-11-22 checked-out 3+4"]);
}

#[test]
fn an_undo_shows_as_soon_as_it_is_done() {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-22", 2, "booked", 5);
    let undo = Wish::Undo(Undo {
        room: room_id(1).into(),
        command: id("c1"),
    });
    assert!(board.hotel.is_last(&undo, &event(5)));
    board.hotel.wish(id("c2"), undo.clone()).unwrap();
    assert!(!board.hotel.is_last(&undo, &event(5)));
    board.shows(1, &["7_2026-11-22 booked 3+4"]);
    let hotel = &mut board.hotel;
    hotel.done(&id("c2"), event(6), told_stay("cancelled", 6));
    board.shows(1, &[]);
    board.stay(1, "7_2026-11-22", 2, "cancelled", 6);
    board.shows(1, &[]);
    assert!(!board.hotel.is_last(&undo, &event(5)));
}

#[test]
fn the_value_in_an_outcome_settles_a_cleanup_too() {
    let mut board = Board::new();
    board.room(1, None, Some(("2026-11-20", 3)), 0);
    board.hotel.wish(id("c1"), clean(1)).unwrap();
    let value = told(serde_json::json!({"housekeeping": {"key": 1, "value": {
        "id": 1, "name": "101", "type": "double", "floor": 1, "cleanups": {"cleaned": TODAY},
        "position": {"room": 1, "room-booking": 0, "room-cleanup": 9},
    }}}));
    board.hotel.done(&id("c1"), event(9), value);
    board.mark(1, Housekeeping::Clean, false);
    board.room(1, Some(TODAY), Some(("2026-11-20", 3)), 9);
    board.mark(1, Housekeeping::Clean, false);
    board.room(1, Some(TODAY), Some(("2026-11-22", 3)), 10);
    board.mark(1, Housekeeping::Clean, false);
}

#[test]
fn a_wish_from_before_a_reload_is_shown_and_says_how_far_it_is() {
    let mut board = Board::new();
    let hotel = &mut board.hotel;
    hotel.resume(id("c1"), book(1, "7_2026-11-22", 2), Progress::Unsure);
    board.shows(1, &["7_2026-11-22 booked? 3+4"]);
    assert!(!board.hotel.progress(&id("c1"), Progress::Unsure, None));
    assert!(board.hotel.progress(&id("c1"), Progress::Late, None));
    let label = row::label(&board.hotel.stays_of(room_id(1))[0], date(TODAY));
    assert!(
        label.ends_with(", accepted, will show up shortly"),
        "{label}"
    );
    // It was decided meanwhile, and somebody else has the room now: the rules show nothing of it.
    board.stay(1, "8_2026-11-22", 1, "booked", 5);
    board.shows(1, &["8_2026-11-22 booked 3+2"]);
}

#[test]
fn the_view_may_be_ahead_of_the_outcome() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    board.stay(1, "7_2026-11-22", 2, "booked", 5);
    board.shows(1, &["7_2026-11-22 booked 3+4"]);
    board.hotel.done(&id("c1"), event(5), None);
    board.shows(1, &["7_2026-11-22 booked 3+4"]);
    assert_eq!(board.undecided(), 0);
}

#[test]
fn a_refused_booking_is_taken_back() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    board.hotel.take_back(&id("c1"));
    board.shows(1, &[]);
}

#[test]
fn the_loser_of_a_race_gives_way_before_it_is_told_so() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    board.stay(1, "8_2026-11-23", 1, "booked", 5);
    board.shows(1, &["8_2026-11-23 booked 5+2"]);
    assert_eq!(board.undecided(), 1);
}

#[test]
fn what_is_visibly_impossible_is_refused_without_asking() {
    let mut board = Board::new();
    board.stay(1, "8_2026-11-23", 1, "booked", 5);
    let refusal = board.hotel.wish(id("c1"), book(1, "7_2026-11-22", 2));
    assert_eq!(
        refusal,
        Err(Refusal::new(
            Code::RoomTaken,
            "date",
            "Room 101 is taken from 2026-11-23 to 2026-11-24 by booking 8_2026-11-23."
        ))
    );
    assert_eq!(board.undecided(), 0);
}

#[test]
fn ones_own_undecided_booking_counts_as_taken() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    let refusal = board.hotel.wish(id("c2"), book(1, "9_2026-11-23", 1));
    assert_eq!(refusal.unwrap_err().code, "room-taken");
    board
        .hotel
        .wish(id("c3"), book(1, "9_2026-11-24", 1))
        .unwrap();
    board.shows(1, &["7_2026-11-22 booked? 3+4", "9_2026-11-24 booked? 7+2"]);
}

#[test]
fn a_check_in_builds_on_an_undecided_booking() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-21", 2))
        .unwrap();
    board.hotel.wish(id("c2"), check_in(1, "7")).unwrap();
    board.shows(1, &["7_2026-11-21 in-house? 1+4"]);
    board.stay(1, "7_2026-11-21", 2, "booked", 5);
    board.hotel.done(&id("c1"), event(5), None);
    board.shows(1, &["7_2026-11-21 in-house? 1+4"]);
    board.hotel.done(&id("c2"), event(6), None);
    board.stay(1, "7_2026-11-21", 2, "in-house", 6);
    board.shows(1, &["7_2026-11-21 in-house 1+4"]);
}

#[test]
fn nobody_is_checked_in_to_a_dirty_room() {
    let mut board = Board::new();
    board.room(1, None, Some(("2026-11-19", 2)), 0);
    board.stay(1, "6_2026-11-19", 2, "in-house", 4);
    board.stay(1, "7_2026-11-21", 2, "booked", 5);
    let refusal = board.hotel.wish(id("c1"), check_in(1, "7"));
    assert_eq!(refusal.unwrap_err().code, "room-not-ready");
    board.hotel.wish(id("c2"), clean(1)).unwrap();
    board.hotel.wish(id("c3"), check_in(1, "7")).unwrap();
    board.shows(
        1,
        &["6_2026-11-19 in-house 0+1", "7_2026-11-21 in-house? 1+4"],
    );
}

#[test]
fn a_room_is_clean_at_once_and_marked_until_the_view_has_it() {
    let mut board = Board::new();
    board.room(1, None, Some(("2026-11-20", 3)), 0);
    board.mark(1, Housekeeping::Dirty, false);
    board.hotel.wish(id("c1"), clean(1)).unwrap();
    board.mark(1, Housekeeping::Clean, true);
    board.hotel.done(&id("c1"), event(9), None);
    board.mark(1, Housekeeping::Clean, true);
    board.room(1, Some(TODAY), Some(("2026-11-20", 3)), 9);
    board.mark(1, Housekeeping::Clean, false);
}

#[test]
fn rooms_do_not_mix() {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-21", 1, "booked", 1);
    board.stay(2, "3_2026-11-22", 1, "booked", 2);
    board.stay(1, "2_2026-11-23", 1, "booked", 3);
    board.shows(1, &["7_2026-11-21 booked 1+2", "2_2026-11-23 booked 5+2"]);
    board.shows(2, &["3_2026-11-22 booked 3+2"]);
}

#[test]
fn a_new_snapshot_begins_from_nothing_but_keeps_wishes() {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-21", 1, "booked", 1);
    board
        .hotel
        .wish(id("c1"), book(1, "9_2026-11-24", 1))
        .unwrap();
    board.hotel.clear_stays();
    board.shows(1, &["9_2026-11-24 booked? 7+2"]);
    board.revision = 0;
    board.stay(1, "8_2026-11-21", 1, "booked", 1);
    board.shows(1, &["8_2026-11-21 booked 1+2", "9_2026-11-24 booked? 7+2"]);
}

#[test]
fn a_stay_that_is_gone_settles_what_waited_for_it() {
    let mut board = Board::new();
    board
        .hotel
        .wish(id("c1"), book(1, "7_2026-11-22", 2))
        .unwrap();
    board.hotel.done(&id("c1"), event(5), None);
    let changed = board.hotel.apply_stay("1.7_2026-11-22", 50, None);
    assert_eq!(changed, Ok(Some(room_id(1))));
    board.shows(1, &[]);
}

#[test]
fn a_stay_is_found_by_its_key_and_by_its_place() {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-21", 2, "booked", 1);
    let booking = "7_2026-11-21".parse().unwrap();
    let room = room_id(1);
    let stay = board.hotel.stay(StayKey { room, booking }).unwrap();
    assert_eq!(stay.view.status, StayStatus::Booked);
    let spot = |day| row::spot(&board.hotel, room, date(day));
    assert_eq!(spot("2026-11-20"), Spot::Free);
    assert_eq!(spot("2026-11-22"), Spot::Taken(booking));
    assert_eq!(spot("2026-11-23"), Spot::Free);
}

#[test]
fn the_figures_count_wishes_too() {
    let mut board = Board::new();
    board.stay(1, "7_2026-11-21", 2, "booked", 1);
    board
        .hotel
        .wish(id("c1"), book(2, "9_2026-11-22", 1))
        .unwrap();
    let window = Window {
        first: date(TODAY),
        days: 3,
    };
    let nights = |room_type: &str| {
        let nights = occupancy::nights(&board.hotel, &room_type.parse().unwrap(), window);
        nights
            .into_iter()
            .map(|night| (night.free, night.occupancy()))
    };
    assert!(nights("double").eq([(1, 50), (0, 100), (2, 0)]));
    // A hotel without such rooms has none left.
    assert!(nights("suite").eq([(0, 100); 3]));
    let arrival = Today {
        arrivals: 1,
        ..Today::default()
    };
    assert_eq!(occupancy::today(&board.hotel, date(TODAY)), arrival);
    board.hotel.wish(id("c2"), check_in(1, "7")).unwrap();
    let in_house = Today {
        in_house: 1,
        ..Today::default()
    };
    assert_eq!(occupancy::today(&board.hotel, date(TODAY)), in_house);
}

#[test]
fn the_figures_follow_each_change_in_whatever_order_the_views_come() {
    let mut board = Board::new();
    let window = Window {
        first: date(TODAY),
        days: 2,
    };
    let check = |board: &Board, free: [u32; 2], [arrivals, departures, in_house]: [u32; 3]| {
        let double = "double".parse().unwrap();
        let nights = occupancy::nights(&board.hotel, &double, window);
        assert!(nights.iter().map(|night| night.free).eq(free));
        let figures = Today {
            arrivals,
            departures,
            in_house,
            dirty: 0,
        };
        assert_eq!(occupancy::today(&board.hotel, date(TODAY)), figures);
    };
    // The view of the stays is read before that of the rooms has the third one.
    board.stay(3, "7_2026-11-21", 2, "booked", 1);
    check(&board, [2, 2], [1, 0, 0]);
    board.room(3, None, None, 0);
    check(&board, [2, 2], [1, 0, 0]);
    board.stay(3, "7_2026-11-21", 2, "in-house", 2);
    check(&board, [2, 2], [0, 0, 1]);
    board.stay(1, "8_2026-11-20", 1, "in-house", 3);
    check(&board, [2, 2], [0, 1, 1]);
    board.stay(3, "7_2026-11-21", 2, "cancelled", 4);
    check(&board, [3, 3], [0, 1, 0]);
    board.stay(2, "9_2026-11-22", 1, "booked", 5);
    check(&board, [3, 2], [0, 1, 0]);

    board.hotel.clear_rooms();
    check(&board, [0, 0], [0, 1, 0]);
    for room in [2, 3] {
        board.room(room, None, None, 0);
    }
    check(&board, [2, 1], [0, 1, 0]);
    board.hotel.clear_stays();
    check(&board, [2, 2], [0, 0, 0]);
}

#[test]
fn the_lists_of_a_day_have_who_is_late_first_and_one_deed_for_each() {
    let mut board = Board::new();
    for room in [3, 10] {
        board.room(room, None, None, 0);
    }
    board.stay(1, "1_2026-11-21", 2, "booked", 1);
    board.stay(2, "2_2026-11-20", 2, "booked", 1);
    board.stay(3, "3_2026-11-19", 2, "in-house", 1);
    board.stay(10, "4_2026-11-19", 1, "in-house", 1);
    board.stay(1, "5_2026-11-24", 2, "booked", 1);
    let listed = |list| {
        let items = day::items(&board.hotel, list, date(TODAY)).into_iter();
        let told = items.map(|item| {
            let deed = item.deed.map_or("", |deed| deed.action);
            format!("{} {} {deed}", item.room, item.key.booking)
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        listed(List::Arrivals),
        ["102 2_2026-11-20 check-in", "101 1_2026-11-21 check-in"]
    );
    assert_eq!(
        listed(List::Departures),
        ["110 4_2026-11-19 check-out", "103 3_2026-11-19 check-out"]
    );
    assert_eq!(listed(List::InHouse), [""; 0]);
    board.hotel.wish(id("c1"), check_in(1, "1")).unwrap();
    let items = day::items(&board.hotel, List::InHouse, date(TODAY));
    assert!(
        matches!(&*items, [item] if item.deed.is_none() && item.pending.is_some()),
        "{items:?}"
    );
}

#[test]
fn a_stay_is_found_by_what_one_knows_of_it_the_nearest_first() {
    let mut board = Board::new();
    board.stay(1, "7_2026-12-24", 2, "booked", 1);
    board.stay(1, "8_2026-11-20", 3, "in-house", 1);
    board.stay(2, "78_2026-11-23", 1, "booked", 1);
    board.stay(2, "79_2026-11-25", 1, "cancelled", 1);
    let found = |text| {
        let hits = search::hits(&board.hotel, text, date(TODAY)).into_iter();
        hits.map(|hit| hit.key.booking.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("gUEST"),
        ["8_2026-11-20", "78_2026-11-23", "7_2026-12-24"]
    );
    assert_eq!(found("101 7"), ["7_2026-12-24"]);
    assert_eq!(found("7_2026-12-24"), ["7_2026-12-24"]);
    assert_eq!(found("guest nobody"), [""; 0]);
    assert_eq!(found("  "), [""; 0]);
    for client in 100..150 {
        board.stay(2, &format!("{client}_2027-01-01"), 1, "booked", 1);
    }
    assert_eq!(search::hits(&board.hotel, "guest", date(TODAY)).len(), MOST);
}
