//! Rooms out of order, out of service, and gone.

use super::world::{calendar, done, given, refused};

#[test]
fn the_nights_of_a_room_out_of_order_are_not_sold() {
    let world = given(["out-of-order 12 3 new windows"]);
    let message = "Room 101 is out of order from 2022-12-12 to 2022-12-15: new windows";
    for text in [
        "book 1 12 1",
        "book 1 14 5",
        "hold 1 10 9",
        "out-of-order 13 1 paint",
    ] {
        refused(&world, text, "out-of-order", "date", message);
    }
    let world = done(done(world, "book 1 15 1"), "book 2 10 2");
    refused(&world, "change 2_10 10 3", "out-of-order", "date", message);
}

#[test]
fn a_room_with_guests_is_not_out_of_order() {
    refused(
        &given(["book 1 12 3"]),
        "out-of-order 14 9 new windows",
        "room-taken",
        "date",
        "Room 101 is taken from 2022-12-12 to 2022-12-15 by booking 1_2022-12-12.",
    );
}

#[test]
fn a_room_is_back_in_order_early_or_was_never_out_of_it() {
    let world = given(["out-of-order 12 3 new windows"]);
    let early = done(world.clone(), "back-in-order 12 13");
    done(early.clone(), "book 1 13 3");
    refused(
        &early,
        "book 1 12 1",
        "out-of-order",
        "date",
        "Room 101 is out of order from 2022-12-12 to 2022-12-13: new windows",
    );
    for text in ["back-in-order 12 12", "back-in-order 12 5"] {
        done(done(world.clone(), text), "book 1 12 3");
    }
    refused(
        &world,
        "back-in-order 12 15",
        "block-over",
        "date",
        "Room 101 is out of order until 2022-12-15 only.",
    );
    refused(
        &world,
        "back-in-order 13 14",
        "no-such-block",
        "from",
        "Room 101 is not out of order from 2022-12-13.",
    );
}

#[test]
fn a_room_out_of_service_is_sold_all_the_same() {
    let world = given(["book 1 12 3", "out-of-service 12 2 no hot water"]);
    let world = done(done(world, "book 2 15 3"), "out-of-service 15 1 paint");
    assert_eq!(
        calendar(&world, 1),
        ["1_12 booked 12-15", "2_15 booked 15-18"]
    );
    refused(
        &world,
        "out-of-service 13 1 again",
        "out-of-service",
        "date",
        "Room 101 is out of service from 2022-12-12 to 2022-12-14: no hot water",
    );
    refused(
        &world,
        "back-in-order 12 13",
        "no-such-block",
        "from",
        "Room 101 is not out of order from 2022-12-12.",
    );
}

#[test]
fn a_room_leaves_the_hotel_when_nobody_is_to_sleep_in_it_any_more() {
    let world = given(["book 1 12 3"]);
    refused(
        &world,
        "retire 14",
        "room-taken",
        "date",
        "Room 101 is taken from 2022-12-12 to 2022-12-15 by booking 1_2022-12-12.",
    );
    let world = done(world, "retire 15");
    let message = "The hotel no longer has room 101 from 2022-12-15 on.";
    for text in [
        "book 2 15 1",
        "hold 2 20 1",
        "change 1_12 12 4",
        "out-of-order 16 1 paint",
        "retire 20",
    ] {
        refused(&world, text, "room-retired", "room.id", message);
    }
    done(world, "book 2 11 1");
    let blocked = given(["out-of-order 12 3 new windows"]);
    refused(
        &blocked,
        "retire 12",
        "out-of-order",
        "date",
        "Room 101 is out of order from 2022-12-12 to 2022-12-15: new windows",
    );
}
