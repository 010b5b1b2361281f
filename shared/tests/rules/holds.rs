//! Rooms that are held for some minutes.

use shared::bookings::{BookingEvent, HoldMinutes};

use super::world::{Happened, Wish, booking, calendar, done, given, refused};

#[test]
fn a_hold_takes_the_nights_and_expires_after_a_quarter_of_an_hour() {
    let world = given(["hold 1 12 2"]);
    assert_eq!(calendar(&world, 1), ["1_12 tentative 12-14"]);
    let stay = world.ledger(1).stay(booking(1, 12)).cloned().unwrap();
    assert_eq!(stay.until.unwrap().to_string(), "2022-12-01T12:15:00.000Z");
    let world = done(world, "expire-hold 1_12");
    assert_eq!(calendar(&world, 1), [""; 0]);
}

#[test]
fn a_confirmed_hold_is_a_booking_and_does_not_expire() {
    let world = given(["hold 1 12 2"]);
    let expiry = Wish::read("expire-hold 1_12", &world);
    let world = done(world, "confirm 1_12");
    assert_eq!(calendar(&world, 1), ["1_12 booked 12-14"]);
    let refusal = world.decide(&expiry).unwrap_err();
    assert_eq!(
        refusal.message,
        "Booking 1_2022-12-12 is booked, so it cannot be expired."
    );
}

#[test]
fn an_expired_hold_cannot_be_confirmed() {
    let world = given(["hold 1 12 2", "expire-hold 1_12"]);
    refused(
        &world,
        "confirm 1_12",
        "wrong-status",
        "booking",
        "Booking 1_2022-12-12 is a hold that has expired, so it cannot be confirmed.",
    );
}

#[test]
fn the_schedule_of_an_earlier_hold_does_not_end_a_later_one() {
    let world = given(["hold 1 12 2"]);
    let first = Wish::read("expire-hold 1_12", &world);
    let mut world = done(world, "cancel 1_12");
    world.minutes += 5;
    let world = done(world, "hold 1 12 2");
    let refusal = world.decide(&first).unwrap_err();
    assert_eq!(refusal.code, "other-hold");
    assert_eq!(calendar(&world, 1), ["1_12 tentative 12-14"]);
}

#[test]
fn a_hold_that_went_to_another_room_expires_there() {
    let world = done(given(["hold 1 12 2"]), "move 1_12 2");
    assert_eq!(calendar(&world, 2), ["1_12 tentative 12-14"]);
    let world = done(world, "expire-hold 1_12 in 2");
    assert_eq!(calendar(&world, 2), [""; 0]);
}

#[test]
fn a_hold_is_of_no_use_at_the_desk() {
    refused(
        &given(["hold 1 12 2"]),
        "checkin 1 12",
        "wrong-status",
        "booking",
        "Booking 1_2022-12-12 is only held, so it cannot be checked in.",
    );
}

#[test]
fn the_minutes_are_those_that_were_asked_for() {
    let world = given([]);
    let Wish::Hold(mut hold) = Wish::read("hold 1 12 2", &world) else {
        unreachable!()
    };
    hold.minutes = HoldMinutes::try_from(90).unwrap();
    let events = world.decide(&Wish::Hold(hold)).unwrap();
    let [Happened::Booking(BookingEvent::RoomHeld(held))] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(held.until.to_string(), "2022-12-01T13:30:00.000Z");
    for minutes in [0, -1, 1_441] {
        assert!(HoldMinutes::try_from(minutes).is_err(), "{minutes}");
    }
}
