//! What nobody can read, in the middle of the streams: it is parked and told of, and the rest goes on, also when the server
//! is killed right afterwards.

use std::time::Duration;

use jetstream_es::{Connection, DeadLetter, DeadLetters};
use serde_json::{Value, json};
use shared::cloud_event::{CloudEvent, Command};
use shared::outcome::Decision;
use shared::rooms::AddRoom;
use shared::subjects::STAYS;
use vacancy_backend::commands::send::{in_the_hotel, send};
use vacancy_tests::faults::house::House;
use vacancy_tests::faults::plan::{Fault, Incident};
use vacancy_tests::hotel::{self, booking, room_id};
use vacancy_tests::wait;

async fn decided<C: Command>(connection: &Connection, command: C) -> Decision {
    let event = CloudEvent::command(hotel::new_id(), "/tests", hotel::now(), command);
    let (actor, name) = (in_the_hotel("test").unwrap(), C::NAME.parse().unwrap());
    let sent = send(connection, actor, name, &event).await.unwrap();
    let outcome = sent.outcome(wait::DEADLINE).await;
    outcome.expect("an outcome").decision
}

async fn done<C: Command>(connection: &Connection, command: C) {
    let decision = decided(connection, command).await;
    assert!(matches!(decision, Decision::Done { .. }), "{decision:?}");
}

/// Publishes what no program of ours would.
async fn publish(connection: &Connection, subject: &str, payload: Value) {
    let jetstream = connection.jetstream();
    let sent = jetstream.publish(subject.to_owned(), payload.to_string().into());
    sent.await.unwrap().await.unwrap();
}

#[tokio::test]
async fn what_nobody_can_read_is_parked_and_the_rest_goes_on() {
    let mut house = House::single(2).await;
    let connection = house.connect().await;
    for room in 1..=2 {
        let add = AddRoom {
            room: room_id(room).into(),
            name: (100 + room).to_string().parse().unwrap(),
            room_type: "double".parse().unwrap(),
            floor: 1,
        };
        done(&connection, add).await;
        let night = "2031-03-01".parse().unwrap();
        done(&connection, booking(room, 1, "Before", night, 1)).await;
    }

    let not_an_event = json!("once upon a time");
    publish(
        &connection,
        "booking.1.2031-03-02.7_2031-03-02",
        not_an_event,
    )
    .await;
    let unknown = json!({
        "specversion": "1.0", "id": "e1", "source": "/tests", "causationid": "c1",
        "type": "vacancy.booking.room-painted.v1", "data": { "colour": "green" },
    });
    publish(&connection, "booking.1.2031-03-03.8_2031-03-03", unknown).await;
    publish(&connection, "cmd.owner.eve.book-room", json!({})).await;
    let killed = Incident {
        fault: Fault::KillServer,
        after: 0,
        delay: Duration::ZERO,
        which: 0,
        away: Duration::ZERO,
    };
    house.suffer(killed).await;
    house.ready().await;

    let night = "2031-03-04".parse().unwrap();
    let connection = house.connect().await;
    let of_room_1 = decided(&connection, booking(1, 2, "Waits", night, 1)).await;
    let Decision::Parked { letter } = of_room_1 else {
        panic!("decided without the room's events: {of_room_1:?}");
    };
    done(&connection, booking(2, 2, "Goes on", night, 1)).await;
    wait::until("the stay in room 2", async || {
        let stays = connection
            .jetstream()
            .get_key_value(STAYS.name())
            .await
            .ok()?;
        stays.get("2.2_2031-03-04").await.ok()?
    })
    .await;

    let letters = DeadLetters::new(&connection);
    // Commands of different keys are worked on at the same time, so each letter has its own moment.
    let error_in = async |what: &str, is_it: &dyn Fn(&DeadLetter) -> bool| {
        wait::until(what, async || {
            let filed = letters.list(Some("commands")).await.ok()?;
            let letter = filed.into_iter().find(|filed| is_it(&filed.letter))?.letter;
            Some(letter.attempts.first()?.error.clone())
        })
        .await
    };
    let of_room = |parked: &DeadLetter| parked.name().to_string() == letter;
    let why = error_in("the letter of the outcome", &of_room).await;
    assert!(why.contains("is not understood"), "{why}");
    let of_nobody = |parked: &DeadLetter| parked.pointer.subject.contains("owner");
    let why = error_in("a letter of the unknown account", &of_nobody).await;
    assert!(why.contains("owner"), "{why}");

    // Nothing was thrown away: whoever mends the program finds them.
    let stream = connection
        .jetstream()
        .get_stream("room-booking")
        .await
        .unwrap();
    for sequence in [3, 4] {
        stream.get_raw_message(sequence).await.unwrap();
    }
}
