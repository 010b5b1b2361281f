//! Rules about the nights of a room, told by examples: each runs in memory, and as it would in the backend, with the events
//! in a stream of a real server and the command sent twice. The rest of the rules is told in `shared/tests/rules`.

use jetstream_es::scenario::{Scenario, Stage, given};
use jetstream_es::{Decide, StreamSpec};
use serde::Serialize;
use serde_json::json;
use shared::Timestamp;
use shared::bookings::{BookRoom, BookingEvent, BookingRefusal, Cancel, CheckIn, RoomLedger, Undo};
use shared::housekeeping::CleanupLog;
use shared::outcome::Refusal;
use shared::rooms::{Room, RoomId, RoomRef};
use shared::subjects::Stream;
use vacancy_backend::bookings::Bookings;

type Rule<C> = fn(&C, Option<&Room>, &RoomLedger) -> Result<Vec<BookingEvent>, BookingRefusal>;

/// A command about the nights of a room, and its rule.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct OnNights<C> {
    command: C,
    #[serde(skip)]
    rule: Rule<C>,
}

impl<C: Serialize> Decide<Bookings> for OnNights<C> {
    type Context = Option<Room>;
    type Refusal = Refusal;

    fn boundary(&self) -> RoomId {
        room().id
    }

    fn decide(
        &self,
        ledger: &RoomLedger,
        room: &Option<Room>,
    ) -> Result<Vec<BookingEvent>, Refusal> {
        (self.rule)(&self.command, room.as_ref(), ledger).map_err(Refusal::from)
    }
}

type Story<C> = Scenario<Bookings, OnNights<C>>;

/// Every example is about this room.
fn room() -> RoomRef {
    serde_json::from_value(json!({"id": 1})).unwrap()
}

/// What is known of it.
fn double() -> Option<Room> {
    Some(Room {
        name: "101".parse().unwrap(),
        room_type: serde_json::from_value(json!("double")).unwrap(),
        floor: 1,
    })
}

fn book(client: u64, date: &str, nights: u16) -> OnNights<BookRoom> {
    let command =
        json!({"room": {"id": 1}, "client": {"id": client}, "date": date, "nights": nights});
    OnNights {
        command: serde_json::from_value(command).unwrap(),
        rule: BookRoom::decide,
    }
}

fn cancel(booking: &str) -> OnNights<Cancel> {
    let command = json!({"room": {"id": 1}, "booking": booking});
    OnNights {
        command: serde_json::from_value(command).unwrap(),
        rule: Cancel::decide,
    }
}

fn undo(command: &str) -> OnNights<Undo> {
    let command = json!({"room": {"id": 1}, "command": command});
    OnNights {
        command: serde_json::from_value(command).unwrap(),
        rule: |undo, room, ledger| {
            let now = Timestamp::from_unix_milliseconds(0);
            undo.decide(room, ledger, now)
        },
    }
}

/// A check-in of the afternoon, into a room that was cleaned in the morning.
fn check_in(client: u64, date: &str) -> OnNights<CheckIn> {
    let command = json!({"room": {"id": 1}, "client": {"id": client}, "date": date});
    OnNights {
        command: serde_json::from_value(command).unwrap(),
        rule: |check_in, room, ledger| {
            let cleaned = CleanupLog {
                cleaned: Some(check_in.date),
                ..CleanupLog::default()
            };
            check_in.decide(room, ledger, &cleaned)
        },
    }
}

fn event(event_type: &str, data: serde_json::Value) -> BookingEvent {
    serde_json::from_value(json!({"type": event_type, "data": data})).unwrap()
}

fn booked(client: u64, date: &str, nights: u16) -> BookingEvent {
    let data = json!({
        "room": {"id": 1}, "type": "double", "client": {"id": client}, "arrival": date, "nights": nights
    });
    event("vacancy.booking.room-booked.v1", data)
}

fn cancelled(client: u64, date: &str, nights: u16) -> BookingEvent {
    let data = json!({
        "room": {"id": 1}, "type": "double", "booking": format!("{client}_{date}"), "arrival": date,
        "nights": nights, "status": "cancelled"
    });
    event("vacancy.booking.booking-cancelled.v1", data)
}

fn taken(client: u64, from: &str, until: &str) -> Refusal {
    BookingRefusal::RoomTaken {
        room: "101".parse().unwrap(),
        by: format!("{client}_{from}").parse().unwrap(),
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
    }
    .into()
}

fn checked_in(client: u64, date: &str, nights: u16) -> BookingEvent {
    let data = json!({
        "room": {"id": 1}, "booking": format!("{client}_{date}"), "arrival": date, "nights": nights, "date": date
    });
    event("vacancy.booking.guest-checked-in.v2", data)
}

fn checked_out(client: u64, arrival: &str, nights: u16, date: &str) -> BookingEvent {
    let data = json!({
        "room": {"id": 1}, "type": "double", "booking": format!("{client}_{arrival}"), "arrival": arrival,
        "nights": nights, "before": nights, "date": date
    });
    event("vacancy.booking.guest-checked-out.v1", data)
}

fn arrivals() -> Vec<Story<CheckIn>> {
    let before = [
        booked(1, "2022-12-12", 2),
        checked_in(1, "2022-12-12", 2),
        booked(2, "2022-12-14", 1),
    ];
    let left = checked_out(1, "2022-12-12", 2, "2022-12-14");
    let not_ready = BookingRefusal::RoomNotReady {
        room: "101".parse().unwrap(),
        since: "2022-12-14".parse().unwrap(),
    };
    vec![
        // Left at noon, and nobody has been asked to clean yet.
        given(before.into_iter().chain([left]))
            .knowing(double())
            .when(check_in(2, "2022-12-14"))
            .then_refused(not_ready.into()),
        given([booked(2, "2022-12-14", 1)])
            .knowing(double())
            .when(check_in(2, "2022-12-14"))
            .then([checked_in(2, "2022-12-14", 1)]),
    ]
}

fn bookings() -> Vec<Story<BookRoom>> {
    let one_stay = || given::<Bookings>([booked(1, "2022-12-12", 3)]).knowing(double());
    vec![
        given([])
            .knowing(double())
            .when(book(1, "2022-12-12", 3))
            .then([booked(1, "2022-12-12", 3)]),
        // On the day one guest leaves, the next one arrives.
        one_stay()
            .when(book(2, "2022-12-15", 1))
            .then([booked(2, "2022-12-15", 1)]),
        one_stay()
            .when(book(2, "2022-12-14", 1))
            .then_refused(taken(1, "2022-12-12", "2022-12-15")),
        given([booked(1, "2022-12-12", 3), cancelled(1, "2022-12-12", 3)])
            .knowing(double())
            .when(book(2, "2022-12-13", 1))
            .then([booked(2, "2022-12-13", 1)]),
        given([])
            .knowing(None)
            .when(book(1, "2022-12-12", 3))
            .then_refused(BookingRefusal::UnknownRoom(room().id).into()),
    ]
}

fn cancellations() -> Vec<Story<Cancel>> {
    let one_stay = || given::<Bookings>([booked(1, "2022-12-12", 3)]).knowing(double());
    let no_such = BookingRefusal::NoSuchBooking {
        room: "101".parse().unwrap(),
        booking: "2_2022-12-12".parse().unwrap(),
    };
    vec![
        one_stay()
            .when(cancel("1_2022-12-12"))
            .then([cancelled(1, "2022-12-12", 3)]),
        one_stay()
            .when(cancel("2_2022-12-12"))
            .then_refused(no_such.into()),
    ]
}

fn second_thoughts() -> Vec<Story<Undo>> {
    let two = || {
        given::<Bookings>([booked(1, "2022-12-12", 3), booked(2, "2022-12-20", 1)])
            .knowing(double())
    };
    let not_the_last = BookingRefusal::NotTheLast("101".parse().unwrap());
    let undone = json!({
        "room": {"id": 1}, "type": "double", "command": "given-2", "undone": {"stay": {
            "booking": "2_2022-12-20",
            "was": {"arrival": "2022-12-20", "nights": 1, "status": "booked"},
            "is": {"arrival": "2022-12-20", "nights": 1, "status": "cancelled"}
        }}
    });
    vec![
        two()
            .when(undo("given-2"))
            .then([event("vacancy.booking.change-undone.v1", undone)]),
        two()
            .when(undo("given-1"))
            .then_refused(not_the_last.into()),
    ]
}

async fn play<C: Serialize>(stage: &Stage<Bookings>, stories: Vec<Story<C>>) {
    for story in stories {
        story.play();
        stage.play(&story).await;
    }
}

#[tokio::test]
async fn the_rules_hold_in_memory_and_in_the_store() {
    let stream = Stream::RoomBooking;
    let stage = Stage::open(StreamSpec::events(stream.name(), [stream.subjects()])).await;
    play(&stage, bookings()).await;
    play(&stage, arrivals()).await;
    play(&stage, cancellations()).await;
    play(&stage, second_thoughts()).await;
}
