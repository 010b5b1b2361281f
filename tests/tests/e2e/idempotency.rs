//! The same command twice.

use shared::bookings::BookRoom;
use shared::cloud_event::CloudEvent;
use shared::outcome::{Decision, Outcome};
use shared::subjects::{CommandSubject, OUTCOMES, OutcomeKey, Stream};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::wait;

#[tokio::test]
async fn a_command_that_arrives_again_has_its_first_outcome_and_books_nothing() {
    let hotel = Hotel::with_rooms(1).await;
    let id = hotel::new_id();
    let wish = booking(1, 3, "Hedy Lamarr", today(), 2);
    let event = CloudEvent::command(id.clone(), "/tests", hotel::now(), wish);
    let payload = serde_json::to_vec(&event).unwrap();
    let subject = CommandSubject::text::<BookRoom>(&hotel::actor());
    let first = hotel.outcome_of::<BookRoom>(&id, payload.clone()).await;
    assert!(matches!(first.decision, Decision::Done { .. }), "{first:?}");

    // Without a message id, the stream takes it for a new message, as it does once the deduplication window is over.
    let again = async || {
        let ack = hotel
            .jetstream()
            .publish(subject.clone(), payload.clone().into())
            .await
            .unwrap();
        assert!(!ack.await.unwrap().duplicate);
    };
    let commands = hotel.count(Stream::Commands).await;
    again().await;
    // Commands of a room are decided in the order they came in, so this one is decided after the repeated one.
    hotel.refused(booking(1, 4, "Next", today(), 1)).await;
    assert_eq!(hotel.kept_outcome(&id).await.as_ref(), Some(&first));

    // The bucket forgets after a day; the events do not.
    let key = OutcomeKey {
        actor: hotel::actor(),
        command: id.clone(),
    };
    let outcomes = hotel.bucket(OUTCOMES.name()).await;
    outcomes.purge(key.to_string()).await.unwrap();
    again().await;
    hotel.refused(booking(1, 5, "Next", today(), 1)).await;
    // What the view showed then is not known any more; the event is.
    let event = |outcome: Outcome| match outcome.decision {
        Decision::Done { event, .. } => event,
        other => panic!("not done: {other:?}"),
    };
    // Answers hold up no decision: this one may be stored a moment after that of the next command.
    let kept = wait::until("an answer", async || hotel.kept_outcome(&id).await).await;
    assert_eq!(event(kept), event(first));

    assert_eq!(hotel.count(Stream::Commands).await, commands + 4);
    assert_eq!(hotel.count(Stream::RoomBooking).await, 1);
}

#[tokio::test]
async fn a_request_with_the_same_idempotency_key_books_once() {
    let hotel = Hotel::with_rooms(1).await;
    let client = reqwest::Client::new();
    let send = async || {
        client
            .put(hotel.backend.url("/mutation/book-room"))
            .header("Idempotency-Key", "channel-4711")
            .header("Content-Type", "application/json")
            .body(r#"{"data":{"room":{"id":1},"client":{"id":8},"date":"2031-05-01"}}"#)
            .send()
            .await
            .unwrap()
    };
    let (first, second) = (send().await, send().await);
    assert!(first.status().is_success(), "{}", first.status());
    assert!(second.status().is_success(), "{}", second.status());
    let (first, second): (serde_json::Value, serde_json::Value) =
        (first.json().await.unwrap(), second.json().await.unwrap());
    assert_eq!(first["command"], "channel-4711");
    assert_eq!(second["command"], "channel-4711");

    hotel
        .refused(booking(1, 9, "Next", "2031-05-01".parse().unwrap(), 1))
        .await;
    assert_eq!(hotel.count(Stream::RoomBooking).await, 1);
}
