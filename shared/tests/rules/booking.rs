//! Booking and cancelling.

use super::world::{booking, calendar, done, given, refused};

#[test]
fn a_free_room_is_booked() {
    let world = done(given([]), "book 1 12 3");
    assert_eq!(calendar(&world, 1), ["1_12 booked 12-15"]);
}

#[test]
fn a_guest_may_arrive_on_the_day_another_leaves() {
    let world = done(given(["book 1 12 2", "book 2 16 1"]), "book 3 14 2");
    assert_eq!(
        calendar(&world, 1),
        [
            "1_12 booked 12-14",
            "3_14 booked 14-16",
            "2_16 booked 16-17"
        ]
    );
}

#[test]
fn no_night_is_sold_twice_and_the_loser_reads_who_was_first() {
    let world = given(["book 1 12 2"]);
    let message = "Room 101 is taken from 2022-12-12 to 2022-12-14 by booking 1_2022-12-12.";
    for text in [
        "book 2 12 1",
        "book 2 13 1",
        "book 2 11 2",
        "book 2 10 30",
        "book 2 12 2",
        "hold 2 12 2",
    ] {
        refused(&world, text, "room-taken", "date", message);
    }
}

#[test]
fn a_room_that_is_not_there_cannot_be_booked() {
    let message = "There is no room 9 in this hotel.";
    for text in ["book 1 12 1 in 9", "hold 1 12 1 in 9", "retire 12 in 9"] {
        refused(&given([]), text, "unknown-room", "room.id", message);
    }
}

#[test]
fn a_cancelled_stay_frees_its_nights() {
    let world = given(["book 1 12 2", "cancel 1_12"]);
    assert_eq!(calendar(&world, 1), [""; 0]);
    let world = done(world, "book 2 12 2");
    assert_eq!(calendar(&world, 1), ["2_12 booked 12-14"]);
}

#[test]
fn who_has_cancelled_may_book_the_same_again() {
    let world = done(given(["book 1 12 2", "cancel 1_12"]), "book 1 12 3");
    assert_eq!(calendar(&world, 1), ["1_12 booked 12-15"]);
}

#[test]
fn only_what_is_still_to_come_is_cancelled() {
    for (story, is) in [
        (vec!["book 1 12 2", "cancel 1_12"], "cancelled"),
        (vec!["book 1 12 2", "checkin 1 12"], "checked in"),
        (
            vec!["book 1 12 2", "checkin 1 12", "checkout 1_12 13"],
            "checked out",
        ),
        (vec!["book 1 12 2", "no-show 1_12 13"], "a no-show"),
        (vec!["book 1 12 2", "move 1_12 2"], "in another room"),
    ] {
        let message = format!("Booking 1_2022-12-12 is {is}, so it cannot be cancelled.");
        refused(
            &given(story),
            "cancel 1_12",
            "wrong-status",
            "booking",
            &message,
        );
    }
    let message = "There is no booking 1_2022-12-12 in room 101.";
    refused(
        &given([]),
        "cancel 1_12",
        "no-such-booking",
        "booking",
        message,
    );
}

#[test]
fn a_stay_is_pinned_to_its_room_and_let_go() {
    let pinned = |world: &super::world::World| {
        let stay = world.ledger(1).stay(booking(1, 12)).cloned();
        stay.unwrap().pinned
    };
    let world = given(["book 1 12 2"]);
    assert!(!pinned(&world), "it floats");
    refused(
        &world,
        "unpin 1_12",
        "not-pinned",
        "booking",
        "Booking 1_2022-12-12 is not pinned to its room.",
    );
    let world = done(world, "pin 1_12");
    assert!(pinned(&world));
    refused(
        &world,
        "pin 1_12",
        "no-change",
        "booking",
        "That is how booking 1_2022-12-12 is already.",
    );
    assert!(!pinned(&done(world, "unpin 1_12")));
    assert!(pinned(&given(["book-pinned 1 12 2"])));
    assert!(pinned(&given(["book 1 12 2", "checkin 1 12"])));
}
