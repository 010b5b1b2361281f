//! What an outcome says besides that a command is done: the new value of the view that it changed, and what is next.

use serde_json::{Value, json};
use shared::bookings::StayView;
use shared::housekeeping::HousekeepingView;
use shared::outcome::{Decision, Next, Outcome, ViewValue};
use shared::rooms::{RoomPosition, RoomView};

use crate::hotel::{Hotel, arrival, cleanup, envelope, new_id, stay, until};

fn view(outcome: &Outcome) -> Option<&ViewValue> {
    match &outcome.decision {
        Decision::Done { view, .. } => view.as_deref(),
        _ => None,
    }
}

fn messages(outcome: &Outcome) -> Vec<&str> {
    let next = outcome.next.iter();
    next.filter_map(|next| match next {
        Next::Message { text } => Some(text.as_str()),
        _ => None,
    })
    .collect()
}

fn opens(outcome: &Outcome, bucket: &str, at: &str) -> bool {
    let is_it =
        |next: &Next| matches!(next, Next::Open { view, key } if view == bucket && key == at);
    outcome.next.iter().any(is_it)
}

#[tokio::test]
async fn a_booking_is_told_shown_and_offered_to_be_undone() {
    let hotel = Hotel::with_rooms(1).await;
    let data = json!({"room": {"id": 1}, "client": {"id": 7, "name": "Ada"}, "date": "2030-12-12", "nights": 2});
    let id = new_id();
    let booked = hotel.send("book-room", &id, data).await;
    assert_eq!(
        messages(&booked),
        ["Room 101 is booked for Ada from 2030-12-12 to 2030-12-14."]
    );
    assert!(opens(&booked, "stays", "1.7_2030-12-12"), "{booked:?}");
    let Some(Next::Undo { room, command }) = booked.next.last() else {
        panic!("no undo: {booked:?}")
    };
    assert_eq!(command.as_str(), id);

    let undo = json!({"room": room, "command": command});
    let undone = hotel.send("undo", &new_id(), undo).await;
    assert_eq!(
        messages(&undone),
        ["Undone: the stay of Ada in room 101 is cancelled from 2030-12-12 to 2030-12-14."]
    );
    assert_eq!(undone.next.len(), 1, "{undone:?}");
}

#[tokio::test]
async fn a_refusal_says_where_to_go_and_what_to_correct() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 7, "2030-12-12", 2)).await;
    let booking = stay(1, 8, "2030-12-13", 1);
    let taken = hotel.send("book-room", &new_id(), booking).await;
    let field = "date".into();
    assert_eq!(taken.next.last(), Some(&Next::Correct { field }));

    hotel
        .done(
            "fail-cleanup",
            json!({"room": {"id": 1}, "date": "2030-12-12", "note": "flooded"}),
        )
        .await;
    let arrived = arrival(1, 7, "2030-12-12");
    let not_ready = hotel.send("checkin", &new_id(), arrived).await;
    assert!(opens(&not_ready, "housekeeping", "1"), "{not_ready:?}");
}

#[tokio::test]
async fn a_command_that_comes_again_has_its_first_answer() {
    let hotel = Hotel::with_rooms(1).await;
    let id = new_id();
    let data = stay(1, 7, "2030-12-12", 2);
    let first = hotel.send("book-room", &id, data.clone()).await;
    assert!(view(&first).is_some());
    let payload = envelope("book-room", &id, data).to_string();
    let (subject, outcome) = (
        "cmd.hotel.test.book-room",
        format!("outcome.hotel.test.{id}"),
    );
    let again = hotel.answer(subject, None, payload.clone(), &outcome).await;
    assert_eq!(again, first);

    let bucket = hotel.jetstream().get_key_value("outcomes").await.unwrap();
    bucket.purge(format!("hotel.test.{id}")).await.unwrap();
    let later = hotel.answer(subject, None, payload, &outcome).await;
    let (Decision::Done { event, view }, Decision::Done { event: same, .. }) =
        (later.decision, first.decision)
    else {
        panic!("it was done");
    };
    assert_eq!((event, view), (same, None));
}

/// What a projector makes of the same command, once it has got there: the value, or `None` if it has gone on since.
async fn projected(hotel: &Hotel, told: &ViewValue) -> Option<ViewValue> {
    let what = format!("what the outcome says: {told:?}");
    let passed = |is: RoomPosition, told: RoomPosition| {
        is.booking > told.booking || is.cleanup > told.cleanup
    };
    until(&what, async || match told {
        ViewValue::Stays { key, value } => {
            let there: StayView = hotel.value("stays", &key.to_string()).await?;
            (there.sequence >= value.sequence)
                .then(|| (there.sequence == value.sequence).then(|| there.into()))
        }
        ViewValue::Rooms { key, value } => {
            let mut there: RoomView = hotel.value("rooms", &key.to_string()).await?;
            if passed(there.position, value.position) {
                return Some(None);
            }
            // How far another stream was read when the command was decided is not how far the projector has read it.
            there.position.cleanup = value.position.cleanup;
            (there == *value).then(|| Some(there.into()))
        }
        ViewValue::Housekeeping { key, value } => {
            let mut there: HousekeepingView = hotel.value("housekeeping", &key.to_string()).await?;
            if passed(there.position, value.position) {
                return Some(None);
            }
            there.position.booking = value.position.booking;
            (there == *value).then(|| Some(there.into()))
        }
    })
    .await
}

/// SplitMix64: numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn day(&mut self) -> String {
        format!("2030-12-{}", 10 + self.below(10))
    }

    /// A command about one of three rooms, one of three clients, and ten days; many of them are refused.
    fn command(&mut self, before: &str) -> (&'static str, Value) {
        let room = 1 + self.below(3);
        let of_room = json!({"id": room});
        let client = 1 + self.below(3);
        let (date, nights) = (self.day(), 1 + self.below(3));
        let booking = format!("{client}_{}", self.day());
        let about = json!({"room": of_room, "booking": booking});
        let block = json!({"room": of_room, "date": date, "nights": nights, "reason": "Paint"});
        let release = json!({"room": of_room, "from": date, "date": date});
        let number = u32::try_from(room).unwrap();
        match self.below(24) {
            0..4 => ("book-room", stay(number, client, &date, 2)),
            4 => ("hold", stay(number, client, &date, 1)),
            5 => ("confirm", about),
            6 => ("cancel", about),
            7 => ("pin", about),
            8..10 => (
                "change-stay",
                json!({"room": of_room, "booking": booking, "to": {"id": 1 + self.below(3)}}),
            ),
            10 => (
                "change-stay",
                json!({"room": of_room, "booking": booking, "nights": nights}),
            ),
            11..15 => ("checkin", arrival(number, client, &date)),
            15..17 => (
                "checkout",
                json!({"room": of_room, "booking": booking, "date": date}),
            ),
            17 => ("out-of-order", block),
            18 => ("out-of-service", block),
            19 => ("back-in-order", release),
            20 => ("undo", json!({"room": of_room, "command": before})),
            21 => (
                "fail-cleanup",
                json!({"room": of_room, "date": date, "note": "Flooded"}),
            ),
            22 => ("inspect", cleanup(number, &date)),
            _ => ("cleanup", cleanup(number, &date)),
        }
    }
}

#[tokio::test]
async fn the_view_in_an_outcome_is_what_the_projector_writes_later() {
    let hotel = Hotel::with_rooms(3).await;
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let (mut dice, mut before) = (Dice(seed), new_id());
    let (mut done, mut compared) = (0, 0);
    while done < 60 {
        let (command, data) = dice.command(&before);
        let id = new_id();
        let outcome = hotel.send(command, &id, data.clone()).await;
        if !matches!(outcome.decision, Decision::Done { .. }) {
            assert!(!outcome.next.is_empty(), "{outcome:?}");
            continue;
        }
        let told = view(&outcome).unwrap_or_else(|| panic!("{command} {data} without a view"));
        if let Some(there) = projected(&hotel, told).await {
            assert_eq!(there, *told, "{command} {data}");
            compared += 1;
        }
        (before, done) = (id, done + 1);
    }
    // A check-out asks for a cleaning on its own, which may overtake.
    assert!(compared > 40, "{compared} of {done} were compared");
}
