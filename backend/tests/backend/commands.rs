//! Commands over NATS: what is refused, and why; what is done once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jetstream_es::{DeadLetters, LetterState};
use serde_json::{Value, json};
use shared::outcome::{Decision, Outcome, Refusal};

use crate::hotel::{Hotel, arrival, cleanup, envelope, event, new_id, stay};

fn refusal(outcome: Outcome) -> Refusal {
    match outcome.decision {
        Decision::Refused { refusal } => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_command_that_makes_no_sense_is_refused_and_the_field_is_named() {
    let hotel = Hotel::with_rooms(1).await;
    let cases: [(Value, &str); 12] = [
        (stay(1, 1, "2022-02-30", 1), "date"),
        (stay(1, 1, "tomorrow", 1), "date"),
        (stay(1, 1, "2022-12-12", 0), "nights"),
        (stay(1, 1, "2022-12-12", 731), "nights"),
        (stay(0, 1, "2022-12-12", 1), "room.id"),
        (stay(1, 0, "2022-12-12", 1), "client.id"),
        (
            json!({"room": {"id": -1}, "client": {"id": 1}, "date": "2022-12-12"}),
            "room.id",
        ),
        (
            json!({"room": {}, "client": {"id": 1}, "date": "2022-12-12"}),
            "room.id",
        ),
        (json!({"room": {"id": 1}, "client": {"id": 1}}), "date"),
        (
            json!({"room": {"id": 1}, "client": {"id": 1, "age": 7}, "date": "2022-12-12"}),
            "client.age",
        ),
        (
            json!({"room": {"id": 1}, "client": {"id": 1}, "date": "2022-12-12", "nights": 1.5}),
            "nights",
        ),
        (json!([]), "data"),
    ];
    for (data, field) in cases {
        let refusal = hotel.refused("book-room", data.clone()).await;
        assert_eq!(
            (refusal.code.as_ref(), refusal.field.as_deref()),
            ("invalid", Some(field)),
            "{data}: {}",
            refusal.message
        );
    }
    let refusal = hotel
        .refused("book-room", stay(999, 1, "2022-12-12", 1))
        .await;
    assert_eq!(
        (refusal.code.as_ref(), refusal.field.as_deref()),
        ("unknown-room", Some("room.id"))
    );
    let refusal = hotel.refused("cleanup", cleanup(999, "2022-12-12")).await;
    assert_eq!(refusal.code, "unknown-room");
    assert_eq!(
        hotel.count("room-booking").await + hotel.count("room-cleanup").await,
        0
    );
}

#[tokio::test]
async fn any_bytes_are_refused_or_parked_and_the_next_command_is_done() {
    let hotel = Hotel::with_rooms(1).await;
    let garbage: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\xff\xfe\xfd",
        b"{",
        b"null",
        b"[[[[[[[[",
        b"{\"specversion\":\"1.0\",\"id\":\"a b\"}",
        b"{\"specversion\":\"0.3\",\"id\":\"x\",\"source\":\"/\",\"type\":\"t\",\"data\":{}}",
    ];
    let deep = "[".repeat(100_000);
    for payload in garbage.into_iter().chain([deep.as_bytes()]) {
        let id = new_id();
        let outcome = format!("outcome.hotel.test.{id}");
        let subject = "cmd.hotel.test.book-room";
        let answer = hotel
            .answer(subject, Some(&id), payload.to_vec(), &outcome)
            .await;
        assert_eq!(refusal(answer).code, "invalid");
        // Without an id nobody can be answered.
        hotel.publish(subject, None, payload.to_vec()).await;
    }
    for subject in [
        "cmd.x",
        "cmd.nobody.test.cleanup",
        "cmd.hotel.test.cleanup.now",
    ] {
        hotel.publish(subject, Some(&new_id()), "{}").await;
    }
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn what_the_envelope_says_must_fit_how_it_came() {
    let hotel = Hotel::with_rooms(1).await;
    let data = cleanup(1, "2022-12-12");

    let refused = hotel.refused("paint-room", data.clone()).await;
    assert_eq!(refused.code, "unknown-command");

    let (id, other) = (new_id(), new_id());
    let payload = envelope("cleanup", &other, data.clone()).to_string();
    let outcome = format!("outcome.hotel.test.{id}");
    let answer = hotel
        .answer("cmd.hotel.test.cleanup", Some(&id), payload, &outcome)
        .await;
    assert_eq!(refusal(answer).field.as_deref(), Some("id"));

    let id = new_id();
    let payload = envelope("checkin", &id, data.clone()).to_string();
    let outcome = format!("outcome.hotel.test.{id}");
    let answer = hotel
        .answer("cmd.hotel.test.cleanup", Some(&id), payload, &outcome)
        .await;
    assert_eq!(refusal(answer).field.as_deref(), Some("type"));

    // The account is in the subject, where the server puts it.
    for (account, allowed) in [
        ("frontdesk", true),
        ("housekeeping", true),
        ("guest", false),
    ] {
        let id = new_id();
        let payload = envelope("cleanup", &id, data.clone()).to_string();
        let subject = format!("cmd.{account}.anna.cleanup");
        let outcome = format!("outcome.{account}.anna.{id}");
        let answer = hotel.answer(&subject, Some(&id), payload, &outcome).await;
        match answer.decision {
            Decision::Done { .. } => assert!(allowed, "{account}"),
            Decision::Refused { refusal } => {
                assert!(!allowed, "{account}");
                assert_eq!(refusal.code, "forbidden");
            }
            Decision::Parked { letter } => panic!("parked: {letter}"),
        }
    }
    assert_eq!(hotel.count("room-cleanup").await, 2);
}

#[tokio::test]
async fn the_event_says_who_asked_and_what_led_to_it() {
    let hotel = Hotel::with_rooms(1).await;
    let id = new_id();
    let mut command = envelope("book-room", &id, stay(1, 7, "2022-12-12", 2));
    command["correlationid"] = "first-click".into();
    command["actor"] = "hotel/the-owner-himself".into();
    let outcome = format!("outcome.frontdesk.anna.{id}");
    let subject = "cmd.frontdesk.anna.book-room";
    hotel
        .answer(subject, Some(&id), command.to_string(), &outcome)
        .await;

    let stream = hotel.jetstream().get_stream("room-booking").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    assert_eq!(
        message.subject.as_str(),
        "booking.1.2022-12-12.7_2022-12-12"
    );
    let content_type = message.headers.get("Content-Type").unwrap().as_str();
    assert_eq!(content_type, "application/cloudevents+json");
    let mut event: Value = serde_json::from_slice(&message.payload).unwrap();
    for generated in ["id", "time"] {
        assert!(event.as_object_mut().unwrap().remove(generated).is_some());
    }
    assert_eq!(
        event,
        json!({
            "specversion": "1.0",
            "source": "/vacancy",
            "type": "vacancy.booking.room-booked.v1",
            "subject": "7_2022-12-12",
            "datacontenttype": "application/json",
            "correlationid": "first-click",
            "causationid": id,
            "actor": "frontdesk/anna",
            "data": {
                "room": {"id": 1},
                "type": "double",
                "client": {"id": 7},
                "arrival": "2022-12-12",
                "nights": 2,
            },
        })
    );
}

#[tokio::test]
async fn a_command_sent_again_has_its_first_outcome_for_ever() {
    let hotel = Hotel::with_rooms(1).await;
    let (taken, lost) = (new_id(), new_id());
    let first = hotel
        .send("book-room", &taken, stay(1, 1, "2022-12-12", 2))
        .await;
    let refused = hotel
        .send("book-room", &lost, stay(1, 2, "2022-12-13", 1))
        .await;
    assert_eq!(refusal(refused.clone()).code, "room-taken");

    // Without the header the stream takes them again, as it would after its window of two minutes.
    let again = async |id: &str, data: Value| {
        let command = if data.get("nights").is_some() {
            "book-room"
        } else {
            "checkin"
        };
        let payload = envelope(command, id, data).to_string();
        let subject = format!("cmd.hotel.test.{command}");
        let outcome = format!("outcome.hotel.test.{id}");
        hotel.answer(&subject, None, payload, &outcome).await
    };
    assert_eq!(again(&taken, stay(1, 1, "2022-12-12", 2)).await, first);
    assert_eq!(again(&lost, stay(1, 2, "2022-12-13", 1)).await, refused);

    // A refusal stays one, although the same wish would be granted by now.
    let early = new_id();
    let refused = hotel
        .send("checkin", &early, arrival(1, 9, "2022-12-20"))
        .await;
    assert_eq!(refusal(refused.clone()).code, "no-such-stay");
    hotel.done("book-room", stay(1, 9, "2022-12-20", 1)).await;
    assert_eq!(again(&early, arrival(1, 9, "2022-12-20")).await, refused);

    // After a day the outcomes are gone; the event knows its command all the same, and refusals are kept. What the view showed
    // then is known no more.
    let outcomes = hotel.jetstream().get_key_value("outcomes").await.unwrap();
    outcomes.purge(format!("hotel.test.{taken}")).await.unwrap();
    let done_before = again(&taken, stay(1, 1, "2022-12-12", 2)).await;
    assert_eq!(event(&done_before), event(&first));
    outcomes.purge(format!("hotel.test.{early}")).await.unwrap();
    assert_eq!(again(&early, arrival(1, 9, "2022-12-20")).await, refused);
    assert_eq!(hotel.count("room-booking").await, 2);
}

#[tokio::test]
async fn of_many_who_want_the_same_night_one_gets_it_and_the_others_read_who() {
    let hotel = Hotel::with_rooms(1).await;
    let wishes = (1..=20).map(async |client: u64| {
        let wish = stay(1, client, "2022-12-12", 3);
        hotel.send("book-room", &new_id(), wish).await
    });
    let outcomes = join_all(wishes).await;
    let (done, refused): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .partition(|outcome| matches!(outcome.decision, Decision::Done { .. }));
    assert_eq!((done.len(), refused.len()), (1, 19));
    for outcome in refused {
        let refusal = refusal(outcome);
        assert_eq!(refusal.code, "room-taken");
        assert!(
            refusal.message.contains("_2022-12-12"),
            "{}",
            refusal.message
        );
    }
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn commands_about_a_room_are_done_in_the_order_in_which_they_were_sent() {
    let hotel = Hotel::with_rooms(4).await;
    let mut sent = Vec::new();
    for day in 10..25 {
        for room in 1..=4 {
            let (date, before) = (format!("2022-12-{day}"), format!("2022-12-{day}"));
            // Each of these is refused unless the one before it is done.
            for (command, data) in [
                ("cleanup", cleanup(room, &before)),
                ("book-room", stay(room, day, &date, 1)),
                ("checkin", arrival(room, day, &date)),
            ] {
                let id = new_id();
                let payload = envelope(command, &id, data).to_string();
                let subject = format!("cmd.hotel.test.{command}");
                hotel.publish(&subject, Some(&id), payload).await;
                sent.push(id);
            }
        }
    }
    for id in sent {
        let key = format!("hotel.test.{id}");
        let outcome: Outcome = hotel.until_value("outcomes", &key, |_| true).await;
        assert!(
            matches!(outcome.decision, Decision::Done { .. }),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_decided_is_parked_and_the_one_who_asked_is_told() {
    let hotel = Hotel::with_rooms(2).await;
    // An event that no version of this program has written: what is known of room 1 ends here.
    hotel
        .publish("booking.1.2022-12-01.9_2022-12-01", None, "not an event")
        .await;
    let (first, second) = (new_id(), new_id());
    let parked = hotel
        .send("book-room", &first, stay(1, 1, "2022-12-12", 2))
        .await;
    let Decision::Parked { letter } = parked.decision else {
        panic!("{parked:?}");
    };
    assert!(letter.starts_with("commands.room-1.commands."), "{letter}");
    // Later commands about the room wait, and their senders are told as well; other rooms go on.
    let waits = hotel
        .send("cleanup", &second, cleanup(1, "2022-12-12"))
        .await;
    assert!(
        matches!(waits.decision, Decision::Parked { .. }),
        "{waits:?}"
    );
    hotel.done("book-room", stay(2, 1, "2022-12-12", 2)).await;

    // The operator gives the first one up, and the other one gets its answer.
    let letters = DeadLetters::new(&hotel.connection);
    let letter = letters.show(&letter.parse().unwrap()).await.unwrap().letter;
    let error = &letter.attempts[0].error;
    assert!(error.contains("is not understood"), "{error}");
    assert!(
        letter.original.is_some(),
        "commands are kept for 14 days only"
    );
    letters.discard(&letter.name(), "ada").await.unwrap();
    let key = format!("hotel.test.{second}");
    hotel
        .until_value("outcomes", &key, |outcome: &Outcome| {
            matches!(outcome.decision, Decision::Done { .. })
        })
        .await;
    // The one who asked for the first one is answered, too, and gets that answer again.
    let key = format!("hotel.test.{first}");
    let given_up = hotel
        .until_value("outcomes", &key, |outcome: &Outcome| {
            !matches!(outcome.decision, Decision::Parked { .. })
        })
        .await;
    let Decision::Refused { refusal } = &given_up.decision else {
        panic!("{given_up:?}");
    };
    assert_eq!(refusal.code, "discarded");
    let message = "It could not be decided, and ada has given it up.";
    assert_eq!(refusal.message, message);
}

#[tokio::test]
async fn a_command_from_nobody_is_parked_and_holds_up_no_other() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.publish("cmd.x", Some(&new_id()), "{}").await;
    hotel.publish("cmd.hotel.test.cleanup", None, "{").await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    let letters = DeadLetters::new(&hotel.connection);
    let deadline = Instant::now() + Duration::from_secs(30);
    let parked = loop {
        let parked = letters.list(Some("commands")).await.unwrap();
        if parked.len() == 2 {
            break parked;
        }
        assert!(Instant::now() < deadline, "{parked:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    for filed in parked {
        assert_eq!(filed.letter.state, LetterState::Parked);
    }
}
