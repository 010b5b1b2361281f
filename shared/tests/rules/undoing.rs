//! Undoing the last command of a room.

use super::world::{booking, calendar, done, given, refused};

#[test]
fn what_was_changed_is_again_as_it_was() {
    let nothing: [&str; 0] = [];
    for (before, text) in [
        (vec![], "book 1 12 2"),
        (vec![], "hold 1 12 2"),
        (vec!["book 1 12 2"], "cancel 1_12"),
        (vec!["hold 1 12 2"], "cancel 1_12"),
        (vec!["book 1 12 2"], "change 1_12 14 5"),
        (vec!["book 1 12 2"], "pin 1_12"),
        (vec!["book-pinned 1 12 2"], "unpin 1_12"),
        (vec!["book 1 12 2"], "checkin 1 12"),
        (vec!["book 1 12 4", "checkin 1 12"], "checkout 1_12 13"),
        (vec!["book 1 12 4"], "no-show 1_12 13"),
        (vec!["book 1 12 2"], "out-of-order 14 2 paint"),
        (vec!["book 1 12 2"], "out-of-service 12 2 paint"),
        (vec!["out-of-order 14 5 paint"], "back-in-order 14 15"),
        (vec!["out-of-order 14 5 paint"], "back-in-order 14 14"),
        (vec!["out-of-service 14 5 paint"], "back-in-service 14 15"),
    ] {
        let before = given(before);
        let after = done(done(before.clone(), text), "undo");
        let facts = |world: &super::world::World| {
            let ledger = world.ledger(1);
            let stay = ledger.stay(booking(1, 12)).map(|stay| stay.state());
            let stay = stay.filter(|stay| stay.status.takes_nights());
            let blocks: Vec<_> = ledger.blocks().cloned().collect();
            (calendar(world, 1), stay, blocks, ledger.occupied())
        };
        assert_eq!(facts(&after), facts(&before), "{text}");
    }
    assert_eq!(calendar(&given(["book 1 12 2", "undo"]), 1), nothing);
}

#[test]
fn only_the_last_thing_that_happened_in_the_room_is_undone() {
    let world = given(["book 1 12 2", "book 2 14 1"]);
    let message = "That was not the last thing that happened in room 101.";
    refused(&world, "undo c1", "not-the-last", "command", message);
    // Another room has a last command of its own.
    let world = done(world, "book 3 12 1 in 2");
    assert_eq!(calendar(&done(world, "undo c2"), 1), ["1_12 booked 12-14"]);
    let message = "Nothing has happened in room 101 that could be undone.";
    refused(&given([]), "undo c1", "nothing-to-undo", "room.id", message);
}

#[test]
fn some_things_cannot_be_undone_and_say_why() {
    for (story, reason) in [
        (
            vec!["book 1 12 2", "move 1_12 2"],
            "A stay that went to another room is brought back by moving it.",
        ),
        (
            vec!["hold 1 12 2", "confirm 1_12"],
            "A confirmed hold is taken back by cancelling it.",
        ),
        (
            vec!["hold 1 12 2", "expire-hold 1_12"],
            "A hold that has expired is made anew by holding the room again.",
        ),
        (
            vec!["retire 12"],
            "A room that was retired does not come back.",
        ),
        (vec!["book 1 12 2", "undo"], "It was an undo itself."),
    ] {
        let message = format!("That cannot be undone. {reason}");
        refused(
            &given(story),
            "undo",
            "cannot-be-undone",
            "command",
            &message,
        );
    }
}

#[test]
fn a_hold_does_not_come_back_after_its_time() {
    let world = given(["hold 1 12 2", "cancel 1_12", "wait 15"]);
    refused(
        &world,
        "undo",
        "cannot-be-undone",
        "command",
        "The hold would have expired meanwhile: hold the room again.",
    );
}

#[test]
fn the_guest_before_counts_again_when_a_check_in_is_undone() {
    let story = [
        "book 1 10 2",
        "checkin 1 10",
        "book 2 12 1",
        "cleanup 12",
        "checkin 2 12",
        "undo",
    ];
    let occupied = given(story).ledger(1).occupied().unwrap();
    assert_eq!(occupied.arrival, super::world::day(10));
}
