//! Checking in.

use super::world::{calendar, done, given, refused};

#[test]
fn a_guest_checks_in_on_any_day_of_the_stay_even_after_midnight() {
    for text in ["checkin 1 12", "checkin 1 13"] {
        let world = done(given(["book 1 12 1"]), text);
        assert_eq!(calendar(&world, 1), ["1_12 in-house 12-13"]);
    }
}

#[test]
fn on_the_day_one_stay_ends_and_the_next_begins_the_next_is_checked_in() {
    let world = given(["book 1 12 1", "checkin 1 12", "book 1 13 1", "cleanup 13"]);
    assert_eq!(
        calendar(&done(world, "checkin 1 13"), 1),
        ["1_12 in-house 12-13", "1_13 in-house 13-14"]
    );
}

#[test]
fn nobody_checks_in_without_a_stay() {
    let world = given(["book 1 12 1"]);
    for (client, date) in [(1, 11), (2, 12), (1, 14)] {
        refused(
            &world,
            &format!("checkin {client} {date}"),
            "no-such-stay",
            "client.id",
            &format!("Client {client} has no stay in room 101 on 2022-12-{date}."),
        );
    }
}

#[test]
fn nobody_checks_in_twice() {
    refused(
        &given(["book 1 12 1", "checkin 1 12"]),
        "checkin 1 12",
        "already-checked-in",
        "client.id",
        "Booking 1_2022-12-12 is checked in already.",
    );
}

#[test]
fn nobody_checks_in_to_a_room_that_was_not_cleaned_since_the_guest_before() {
    let before = ["book 1 10 2", "checkin 1 10", "book 2 12 1"];
    let world = done(given(before), "cleanup 11");
    refused(
        &world,
        "checkin 2 12",
        "room-not-ready",
        "room.id",
        "Room 101 is not ready: it has to be cleaned since the guest before left on 2022-12-12.",
    );
    done(done(world, "cleanup 12"), "checkin 2 12");
}

#[test]
fn a_guest_who_never_came_leaves_no_dirt() {
    done(given(["book 1 10 2", "book 2 12 1"]), "checkin 2 12");
    let no_show = ["book 1 10 2", "no-show 1_10 11", "book 2 12 1"];
    done(given(no_show), "checkin 2 12");
}

#[test]
fn nobody_checks_in_to_a_room_that_is_to_be_cleaned() {
    // Cleaned in the morning, left at noon.
    let story = [
        "book 1 10 2",
        "checkin 1 10",
        "book 2 12 1",
        "cleanup 12",
        "checkout 1_10 12",
    ];
    let world = given(story);
    // Nobody has been asked yet.
    refused(
        &world,
        "checkin 2 12",
        "room-not-ready",
        "room.id",
        "Room 101 is not ready: it has to be cleaned since the guest before left on 2022-12-12.",
    );
    let world = done(world, "request-cleanup 12");
    refused(
        &world,
        "checkin 2 12",
        "room-not-ready",
        "room.id",
        "Room 101 is not ready: it was to be cleaned on 2022-12-12, and is not cleaned yet.",
    );
    let failed = done(world.clone(), "fail-cleanup 12 the tap leaks");
    refused(
        &failed,
        "checkin 2 12",
        "room-not-ready",
        "room.id",
        "Room 101 is not ready: it could not be cleaned on 2022-12-12: the tap leaks",
    );
    for world in [world, failed] {
        done(done(world, "cleanup 12"), "checkin 2 12");
    }
}

#[test]
fn a_checkout_that_is_undone_asks_for_no_cleaning() {
    let stayed = [
        "book 1 10 2",
        "checkin 1 10",
        "cleanup 12",
        "checkout 1_10 12",
    ];
    let again = done(given(stayed), "undo");
    let again = done(again, "checkout 1_10 12");
    let world = done(again, "book 2 13 1");
    // Cleaned the day after, whoever has asked.
    done(done(world, "cleanup 13"), "checkin 2 13");
}

#[test]
fn nobody_checks_in_to_a_room_out_of_service() {
    let world = given(["book 1 12 3", "out-of-service 12 2 no hot water"]);
    refused(
        &world,
        "checkin 1 12",
        "out-of-service",
        "date",
        "Room 101 is out of service from 2022-12-12 to 2022-12-14: no hot water",
    );
    done(world.clone(), "checkin 1 14");
    done(done(world, "back-in-service 12 12"), "checkin 1 12");
}

#[test]
fn a_late_guest_does_not_find_a_room_that_is_out_of_order_since() {
    let world = given(["book 1 12 1", "out-of-order 13 2 new windows"]);
    refused(
        &world,
        "checkin 1 13",
        "out-of-order",
        "date",
        "Room 101 is out of order from 2022-12-13 to 2022-12-15: new windows",
    );
}
