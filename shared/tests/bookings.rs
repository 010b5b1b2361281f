//! The rules of booking and checking in, as a hotelier would tell them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use shared::Date;
use shared::bookings::{BookRoom, BookingEvent, CheckIn, Client, ClientId, Nights, RoomLedger};
use shared::housekeeping::{Cleanup, CleanupLog};
use shared::outcome::Refusal;
use shared::rooms::{Room, RoomRef};

/// Room 1 with what has happened in it so far.
#[derive(Default)]
struct Given {
    ledger: RoomLedger,
    cleanups: CleanupLog,
}

enum When {
    Book(BookRoom),
    CheckIn(CheckIn),
}

fn given(events: impl IntoIterator<Item = BookingEvent>) -> Given {
    let ledger = events
        .into_iter()
        .fold(RoomLedger::default(), |ledger, event| ledger.evolve(&event));
    Given {
        ledger,
        ..Given::default()
    }
}

impl Given {
    fn cleaned_on(mut self, date: &str) -> Self {
        let cleanup = Cleanup {
            room: room_1(),
            date: day(date),
        };
        self.cleanups = cleanup
            .decide(Some(&double_101()), &self.cleanups)
            .unwrap()
            .iter()
            .fold(self.cleanups, CleanupLog::evolve);
        self
    }

    fn when(&self, command: When) -> Result<Vec<BookingEvent>, Refusal> {
        let room = double_101();
        match command {
            When::Book(command) => command.decide(Some(&room), &self.ledger),
            When::CheckIn(command) => command.decide(Some(&room), &self.ledger, &self.cleanups),
        }
        .map_err(Refusal::from)
    }
}

#[track_caller]
fn then_done(
    events: Result<Vec<BookingEvent>, Refusal>,
    expected: impl IntoIterator<Item = BookingEvent>,
) {
    assert_eq!(events, Ok(expected.into_iter().collect()));
}

#[track_caller]
fn then_refused(
    events: Result<Vec<BookingEvent>, Refusal>,
    code: &str,
    field: &str,
    message: &str,
) {
    let refusal = events.expect_err("a refusal");
    assert_eq!(
        (refusal.code.as_ref(), refusal.field.as_deref()),
        (code, Some(field))
    );
    assert_eq!(refusal.message, message);
}

fn double_101() -> Room {
    Room {
        name: "101".parse().unwrap(),
        room_type: "double".parse().unwrap(),
    }
}

fn room_1() -> RoomRef {
    RoomRef {
        id: 1.try_into().unwrap(),
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn client(id: i64) -> ClientId {
    id.try_into().unwrap()
}

fn book(id: i64, date: &str, nights: i64) -> When {
    let client = Client {
        id: client(id),
        name: None,
    };
    let nights = Nights::try_from(nights).unwrap();
    When::Book(BookRoom {
        room: room_1(),
        client,
        date: day(date),
        nights,
    })
}

fn check_in(id: i64, date: &str) -> When {
    let client = shared::bookings::ClientRef { id: client(id) };
    When::CheckIn(CheckIn {
        room: room_1(),
        client,
        date: day(date),
    })
}

fn booked(id: i64, arrival: &str, nights: i64) -> BookingEvent {
    BookingEvent::RoomBooked(shared::bookings::RoomBooked {
        room: room_1(),
        room_type: "double".parse().unwrap(),
        client: Client {
            id: client(id),
            name: None,
        },
        arrival: day(arrival),
        nights: Nights::try_from(nights).unwrap(),
    })
}

fn checked_in(id: i64, arrival: &str, nights: i64, date: &str) -> BookingEvent {
    BookingEvent::GuestCheckedIn(shared::bookings::GuestCheckedIn {
        room: room_1(),
        client: shared::bookings::ClientRef { id: client(id) },
        arrival: day(arrival),
        nights: Nights::try_from(nights).unwrap(),
        date: day(date),
    })
}

#[test]
fn a_free_room_is_booked() {
    then_done(
        given([]).when(book(1, "2022-12-12", 3)),
        [booked(1, "2022-12-12", 3)],
    );
}

#[test]
fn a_guest_may_arrive_on_the_day_another_leaves() {
    let given = given([booked(1, "2022-12-12", 2), booked(2, "2022-12-16", 1)]);
    then_done(
        given.when(book(3, "2022-12-14", 2)),
        [booked(3, "2022-12-14", 2)],
    );
}

#[test]
fn no_night_is_sold_twice_and_the_loser_reads_who_was_first() {
    let taken = "Room 101 is taken from 2022-12-12 to 2022-12-14 by booking 1_2022-12-12.";
    for (arrival, nights) in [
        ("2022-12-12", 1),
        ("2022-12-13", 1),
        ("2022-12-11", 2),
        ("2022-12-10", 30),
        ("2022-12-12", 2),
    ] {
        let outcome = given([booked(1, "2022-12-12", 2)]).when(book(2, arrival, nights));
        then_refused(outcome, "room-taken", "date", taken);
    }
}

#[test]
fn a_room_that_is_not_there_cannot_be_booked() {
    let When::Book(command) = book(1, "2022-12-12", 1) else {
        unreachable!()
    };
    let refused = command
        .decide(None, &RoomLedger::default())
        .map_err(Refusal::from);
    then_refused(
        refused,
        "unknown-room",
        "room.id",
        "There is no room 1 in this hotel.",
    );
}

#[test]
fn a_room_that_is_not_there_cannot_be_cleaned() {
    let cleanup = Cleanup {
        room: room_1(),
        date: day("2022-12-12"),
    };
    let refused = cleanup.decide(None, &CleanupLog::default());
    let refusal = Refusal::from(refused.expect_err("a refusal"));
    assert_eq!(
        (refusal.code.as_ref(), refusal.field.as_deref()),
        ("unknown-room", Some("room.id"))
    );
}

#[test]
fn a_guest_checks_in_on_any_day_of_the_stay_even_after_midnight() {
    for date in ["2022-12-12", "2022-12-13"] {
        let outcome = given([booked(1, "2022-12-12", 1)]).when(check_in(1, date));
        then_done(outcome, [checked_in(1, "2022-12-12", 1, date)]);
    }
}

#[test]
fn on_the_day_one_stay_ends_and_the_next_begins_the_next_is_checked_in() {
    let given = given([
        booked(1, "2022-12-12", 1),
        checked_in(1, "2022-12-12", 1, "2022-12-12"),
        booked(1, "2022-12-13", 1),
    ])
    .cleaned_on("2022-12-13");
    then_done(
        given.when(check_in(1, "2022-12-13")),
        [checked_in(1, "2022-12-13", 1, "2022-12-13")],
    );
}

#[test]
fn nobody_checks_in_without_a_stay() {
    let given = given([booked(1, "2022-12-12", 1)]);
    let message = "Client 1 has no stay in room 101 on 2022-12-11.";
    then_refused(
        given.when(check_in(1, "2022-12-11")),
        "no-such-stay",
        "client.id",
        message,
    );
    let message = "Client 2 has no stay in room 101 on 2022-12-12.";
    then_refused(
        given.when(check_in(2, "2022-12-12")),
        "no-such-stay",
        "client.id",
        message,
    );
}

#[test]
fn nobody_checks_in_twice() {
    let given = given([
        booked(1, "2022-12-12", 1),
        checked_in(1, "2022-12-12", 1, "2022-12-12"),
    ]);
    let message = "Booking 1_2022-12-12 is checked in already.";
    then_refused(
        given.when(check_in(1, "2022-12-12")),
        "already-checked-in",
        "client.id",
        message,
    );
}

#[test]
fn nobody_checks_in_to_a_room_that_was_not_cleaned_since_the_guest_before() {
    let before = [
        booked(1, "2022-12-10", 2),
        checked_in(1, "2022-12-10", 2, "2022-12-10"),
        booked(2, "2022-12-12", 1),
    ];
    let message =
        "Room 101 is not ready: it has to be cleaned since the guest before left on 2022-12-12.";
    let dirty = given(before.clone()).cleaned_on("2022-12-11");
    then_refused(
        dirty.when(check_in(2, "2022-12-12")),
        "room-not-ready",
        "room.id",
        message,
    );
    let clean = given(before).cleaned_on("2022-12-12");
    then_done(
        clean.when(check_in(2, "2022-12-12")),
        [checked_in(2, "2022-12-12", 1, "2022-12-12")],
    );
}

#[test]
fn a_guest_who_never_came_leaves_no_dirt() {
    let given = given([booked(1, "2022-12-10", 2), booked(2, "2022-12-12", 1)]);
    then_done(
        given.when(check_in(2, "2022-12-12")),
        [checked_in(2, "2022-12-12", 1, "2022-12-12")],
    );
}
