//! Other nights, other rooms.

use super::world::{calendar, done, given, refused};

#[test]
fn a_stay_gets_other_nights_and_keeps_its_id() {
    let world = done(given(["book 1 12 2"]), "change 1_12 13 3");
    assert_eq!(calendar(&world, 1), ["1_12 booked 13-16"]);
    let world = done(world, "change 1_12 20 1");
    assert_eq!(calendar(&world, 1), ["1_12 booked 20-21"]);
    assert_eq!(
        calendar(&done(world, "book 2 12 8"), 1),
        ["2_12 booked 12-20", "1_12 booked 20-21"]
    );
}

#[test]
fn two_stays_never_have_the_same_id() {
    let world = given(["book 1 12 2", "change 1_12 20 2"]);
    let message = "There is a booking 1_2022-12-12 in room 101 already.";
    refused(
        &world,
        "book 1 12 1",
        "booking-exists",
        "client.id",
        message,
    );
    let world = done(world, "book 1 12 1 in 2");
    refused(
        &world,
        "move 1_12 1 in 2",
        "booking-exists",
        "client.id",
        message,
    );
}

#[test]
fn the_nights_of_others_are_theirs() {
    let world = given(["book 1 12 2", "book 2 14 2", "book 3 12 1 in 2"]);
    let message = "Room 101 is taken from 2022-12-14 to 2022-12-16 by booking 2_2022-12-14.";
    refused(&world, "change 1_12 12 3", "room-taken", "date", message);
    let message = "Room 102 is taken from 2022-12-12 to 2022-12-13 by booking 3_2022-12-12.";
    refused(&world, "move 1_12 2", "room-taken", "date", message);
}

#[test]
fn a_change_that_changes_nothing_is_told() {
    let message = "That is how booking 1_2022-12-12 is already.";
    refused(
        &given(["book 1 12 2"]),
        "change 1_12 12 2",
        "no-change",
        "booking",
        message,
    );
}

#[test]
fn a_guest_in_the_house_may_stay_longer_but_not_elsewhere() {
    let world = given(["book 1 12 2", "checkin 1 12"]);
    let message = "The guest of booking 1_2022-12-12 is in the house: check out first.";
    refused(&world, "change 1_12 13 2", "in-house", "booking", message);
    refused(&world, "move 1_12 2", "in-house", "booking", message);
    let world = done(world, "change 1_12 12 5");
    assert_eq!(calendar(&world, 1), ["1_12 in-house 12-17"]);
}

#[test]
fn a_stay_goes_to_another_room_and_back() {
    let world = done(given(["book 1 12 2"]), "move 1_12 2");
    assert_eq!(calendar(&world, 1), [""; 0]);
    assert_eq!(calendar(&world, 2), ["1_12 booked 12-14"]);
    let world = done(world, "move 1_12 1 in 2");
    assert_eq!(calendar(&world, 1), ["1_12 booked 12-14"]);
    assert_eq!(calendar(&world, 2), [""; 0]);
}

#[test]
fn stays_of_two_rooms_change_places() {
    let world = given(["book 1 12 4", "book 2 12 2 in 2", "book 3 14 3 in 2"]);
    let world = done(world, "swap 1_12 2 2_12 3_14");
    assert_eq!(
        calendar(&world, 1),
        ["2_12 booked 12-14", "3_14 booked 14-17"]
    );
    assert_eq!(calendar(&world, 2), ["1_12 booked 12-16"]);
    let world = done(world, "swap 1_12 1 2_12 3_14 in 2");
    assert_eq!(calendar(&world, 1), ["1_12 booked 12-16"]);
    assert_eq!(
        calendar(&world, 2),
        ["2_12 booked 12-14", "3_14 booked 14-17"]
    );
}

#[test]
fn a_swap_is_of_two_rooms_and_needs_space_in_both() {
    let world = given([
        "book 1 12 2",
        "book 4 14 1",
        "book 2 12 3 in 2",
        "book-pinned 3 15 1 in 2",
        "book 5 12 1 in 3",
        "checkin 5 12 in 3",
    ]);
    let message = "That is how booking 1_2022-12-12 is already.";
    refused(&world, "swap 1_12 1 4_14", "no-change", "booking", message);
    let message = "Room 101 is taken from 2022-12-14 to 2022-12-15 by booking 4_2022-12-14.";
    refused(&world, "swap 1_12 2 2_12", "room-taken", "date", message);
    let message = "Room 102 is taken from 2022-12-12 to 2022-12-15 by booking 2_2022-12-12.";
    refused(&world, "swap 1_12 2", "room-taken", "date", message);
    let message = "Booking 3_2022-12-15 is pinned to its room: unpin it first.";
    refused(&world, "swap 1_12 2 3_15", "pinned", "booking", message);
    let message = "The guest of booking 5_2022-12-12 is in the house: check out first.";
    refused(&world, "swap 1_12 3 5_12", "in-house", "booking", message);
    let message = "Booking 2_2022-12-12 is in another room, so it cannot be changed.";
    refused(
        &world,
        "swap 1_12 2 2_12 2_12",
        "wrong-status",
        "booking",
        message,
    );
}

#[test]
fn a_pinned_stay_stays_in_its_room() {
    let world = given(["book-pinned 1 12 2"]);
    let message = "Booking 1_2022-12-12 is pinned to its room: unpin it first.";
    refused(&world, "move 1_12 2", "pinned", "booking", message);
    assert_eq!(
        calendar(&done(world, "change 1_12 13 2"), 1),
        ["1_12 booked 13-15"]
    );
}

#[test]
fn a_guest_who_leaves_early_gives_back_the_other_nights() {
    for (date, calendar_then) in [
        (12, "1_12 checked-out 12-13"),
        (13, "1_12 checked-out 12-13"),
        (14, "1_12 checked-out 12-14"),
        (16, "1_12 checked-out 12-16"),
        (18, "1_12 checked-out 12-16"),
    ] {
        let world = given(["book 1 12 4", "checkin 1 12"]);
        let world = done(world, &format!("checkout 1_12 {date}"));
        assert_eq!(calendar(&world, 1), [calendar_then]);
    }
    let world = given(["book 1 12 4", "checkin 1 12", "checkout 1_12 14"]);
    done(world, "book 2 14 2");
}

#[test]
fn nobody_leaves_before_coming() {
    refused(
        &given(["book 1 12 4"]),
        "checkout 1_12 12",
        "wrong-status",
        "booking",
        "Booking 1_2022-12-12 is booked, so it cannot be checked out.",
    );
    refused(
        &given(["book 1 12 4", "checkin 1 12"]),
        "checkout 1_12 11",
        "too-early",
        "date",
        "Booking 1_2022-12-12 arrives on 2022-12-12: 2022-12-11 is too early for that.",
    );
}

#[test]
fn whoever_does_not_come_keeps_the_first_night_alone() {
    let world = done(given(["book 1 12 4"]), "no-show 1_12 13");
    assert_eq!(calendar(&world, 1), ["1_12 no-show 12-13"]);
    let world = done(world, "book 2 13 3");
    refused(
        &world,
        "checkin 1 13",
        "wrong-status",
        "booking",
        "Booking 1_2022-12-12 is a no-show, so it cannot be checked in.",
    );
}

#[test]
fn a_schedule_from_before_the_arrival_was_put_off_changes_nothing() {
    let world = given(["book 1 12 4", "change 1_12 20 4"]);
    refused(
        &world,
        "no-show 1_12 13",
        "too-early",
        "date",
        "Booking 1_2022-12-12 arrives on 2022-12-20: 2022-12-13 is too early for that.",
    );
}
