//! Rooms being made ready.

use shared::housekeeping::Housekeeping;

use super::world::{World, day, done, given, refused};

fn status(world: &World, date: i32) -> Housekeeping {
    Housekeeping::on(day(date), &world.log(1), world.ledger(1).occupied())
}

#[test]
fn a_room_goes_from_dirty_to_inspected() {
    let world = given(["book 1 12 2", "checkin 1 12", "checkout 1_12 14"]);
    assert_eq!(status(&world, 14), Housekeeping::Dirty);
    let world = done(world, "request-cleanup 14");
    assert_eq!(status(&world, 14), Housekeeping::Asked);
    let world = done(world, "fail-cleanup 14 the tap leaks");
    assert_eq!(status(&world, 14), Housekeeping::Failed);
    let world = done(world, "request-cleanup 14");
    assert_eq!(status(&world, 14), Housekeeping::Asked);
    let world = done(world, "cleanup 14");
    assert_eq!(status(&world, 14), Housekeeping::Clean);
    let world = done(world, "inspect 14");
    assert_eq!(status(&world, 14), Housekeeping::Inspected);
    assert_eq!(status(&world, 20), Housekeeping::Inspected);
}

#[test]
fn an_inspection_lasts_until_the_next_guest_or_cleanup() {
    let story = ["cleanup 11", "inspect 11", "book 1 12 2", "checkin 1 12"];
    let world = given(story);
    assert_eq!(status(&world, 12), Housekeeping::Inspected);
    assert_eq!(status(&world, 13), Housekeeping::Dirty);
    assert_eq!(
        status(&done(world, "cleanup 13"), 13),
        Housekeeping::Clean,
        "nobody has looked since"
    );
}

#[test]
fn a_cleanup_noted_late_does_not_do_what_was_asked_for_today() {
    let world = done(given(["request-cleanup 14"]), "cleanup 13");
    assert_eq!(status(&world, 14), Housekeeping::Asked);
    assert_eq!(status(&done(world, "cleanup 14"), 14), Housekeeping::Clean);
}

#[test]
fn a_dirty_room_does_not_pass_the_inspection() {
    let message =
        "Room 101 is not clean on 2022-12-13: it is to be cleaned before somebody inspects it.";
    for story in [
        vec!["book 1 12 2", "checkin 1 12"],
        vec!["request-cleanup 13"],
        vec!["fail-cleanup 13 the tap leaks"],
    ] {
        refused(&given(story), "inspect 13", "not-clean", "date", message);
    }
}

#[test]
fn a_room_that_is_not_there_cannot_be_cleaned() {
    let message = "There is no room 9 in this hotel.";
    for text in [
        "cleanup 12 in 9",
        "inspect 12 in 9",
        "request-cleanup 12 in 9",
        "fail-cleanup 12 the tap leaks in 9",
    ] {
        refused(&given([]), text, "unknown-room", "room.id", message);
    }
}
