//! What the one who asked is told when an operator gives a command up that had been decided, but not answered.

use jetstream_es::DeadLetters;
use serde_json::{Value, json};
use shared::outcome::{Decision, Outcome};

use crate::hotel::{Hotel, envelope, new_id, stay, until};

/// Sends the command again, as if nobody had heard the answer, to a hotel that cannot read its room any more; it is parked,
/// and an operator gives it up.
async fn given_up(hotel: &Hotel, command: &str, id: &str, data: Value) -> Outcome {
    let key = format!("hotel.test.{id}");
    let outcomes = hotel.jetstream().get_key_value("outcomes").await.unwrap();
    outcomes.purge(&key).await.unwrap();
    let payload = envelope(command, id, data).to_string();
    let subject = format!("cmd.hotel.test.{command}");
    let told = format!("outcome.{key}");
    let parked = hotel.answer(&subject, None, payload, &told).await;
    let Decision::Parked { letter } = parked.decision else {
        panic!("{parked:?}");
    };
    let letters = DeadLetters::new(&hotel.connection);
    let letter = letter.parse().unwrap();
    // One that waited behind another is tried first, which may be under way.
    until("the letter", async || {
        letters.discard(&letter, "ada").await.ok()
    })
    .await;
    hotel
        .until_value("outcomes", &key, |outcome: &Outcome| {
            !matches!(outcome.decision, Decision::Parked { .. })
        })
        .await
}

/// Another backend, which has nothing at hand and does not understand room 1.
async fn forget_room(hotel: &mut Hotel) {
    hotel.backend.kill();
    hotel
        .publish("booking.1.2022-12-20.9_2022-12-20", None, "not an event")
        .await;
    hotel.start_backend();
}

#[tokio::test]
async fn what_had_been_decided_is_told_and_not_that_it_was_given_up() {
    let mut hotel = Hotel::with_rooms(1).await;
    let (booked, taken) = (new_id(), new_id());
    let (booking, other) = (stay(1, 7, "2022-12-12", 2), stay(1, 8, "2022-12-13", 1));
    let done = hotel.send("book-room", &booked, booking.clone()).await;
    let refused = hotel.send("book-room", &taken, other.clone()).await;
    forget_room(&mut hotel).await;

    let told = given_up(&hotel, "book-room", &booked, booking).await;
    let (Decision::Done { event, view: None }, Decision::Done { event: first, .. }) =
        (&told.decision, &done.decision)
    else {
        panic!("{told:?}, and first {done:?}");
    };
    assert_eq!(event, first);
    assert!(!told.next.is_empty(), "{told:?}");

    let told = given_up(&hotel, "book-room", &taken, other).await;
    assert_eq!(told.decision, refused.decision);
    assert!(
        matches!(told.decision, Decision::Refused { .. }),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_any_room_of_a_type_was_booked_for_is_found_in_the_room_that_was_chosen() {
    let mut hotel = Hotel::with_rooms(1).await;
    let booked = new_id();
    let booking = json!({"type": "double", "client": {"id": 7}, "date": "2022-12-12"});
    let done = hotel.send("book-room-type", &booked, booking.clone()).await;
    forget_room(&mut hotel).await;

    let told = given_up(&hotel, "book-room-type", &booked, booking).await;
    let (Decision::Done { event, .. }, Decision::Done { event: first, .. }) =
        (&told.decision, &done.decision)
    else {
        panic!("{told:?}, and first {done:?}");
    };
    assert_eq!(event, first);
}
