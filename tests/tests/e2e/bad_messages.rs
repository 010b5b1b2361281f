//! What does not belong onto the command subjects, and what becomes of it.

use serde_json::{Value, json};
use shared::bookings::{BookRoom, CheckIn};
use shared::cloud_event::{Command, MessageId};
use shared::housekeeping::Cleanup;
use shared::outcome::{Decision, Refusal};
use shared::subjects::{CommandSubject, Stream};
use vacancy_tests::hotel::{self, Hotel, booking, today};

/// Makes the payload of the command with this id.
type MakePayload = Box<dyn Fn(&MessageId) -> Vec<u8>>;
/// Spoils a sound envelope.
type Spoil = fn(&mut Value);

/// A command's envelope around `data`, as JSON that can be spoilt.
fn envelope(id: &MessageId, kind: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/tests", "type": kind,
        "time": hotel::now(), "datacontenttype": "application/json", "correlationid": id, "data": data,
    })
}

/// The refusal of a command of the type `C` whose payload is `payload`.
async fn refusal<C: Command>(hotel: &Hotel, id: &MessageId, payload: Vec<u8>) -> Refusal {
    let shown = String::from_utf8_lossy(&payload[..payload.len().min(200)]).into_owned();
    let outcome = hotel.outcome_of::<C>(id, payload).await;
    assert_eq!(&outcome.command, id);
    match outcome.decision {
        Decision::Refused { refusal } => refusal,
        other => panic!("{shown} was not refused: {other:?}"),
    }
}

/// The refusal of `data` in a sound envelope.
async fn refusal_of_data<C: Command>(hotel: &Hotel, data: &Value) -> Refusal {
    let id = hotel::new_id();
    let payload = serde_json::to_vec(&envelope(&id, C::TYPE, data)).unwrap();
    refusal::<C>(hotel, &id, payload).await
}

#[tokio::test]
async fn bad_data_is_refused_with_the_name_of_the_field() {
    let hotel = Hotel::with_rooms(1).await;
    let events = hotel.events().await;
    let commands = hotel.count(Stream::Commands).await;
    let good = json!({"room": {"id": 1}, "client": {"id": 1}, "date": "2030-01-01", "nights": 1});
    let spoilt = |field: &str, value: Value| {
        let mut data = good.clone();
        *data
            .pointer_mut(&format!("/{}", field.replace('.', "/")))
            .unwrap() = value;
        data
    };

    let mut sent = 0;
    for (field, values) in [
        (
            "nights",
            vec![
                json!(0),
                json!(-1),
                json!(731),
                json!(1.5),
                json!("x"),
                json!(null),
                json!([1]),
            ],
        ),
        (
            "date",
            vec![
                json!("2023-02-29"),
                json!("2030-00-01"),
                json!("soon"),
                json!(1),
                json!("2200-01-01"),
            ],
        ),
        (
            "room.id",
            vec![
                json!(0),
                json!(-1),
                json!(u64::MAX),
                json!("1"),
                json!(null),
            ],
        ),
        (
            "client.id",
            vec![
                json!(0),
                json!(-7),
                json!(9_007_199_254_740_992_u64),
                json!({}),
            ],
        ),
        ("room", vec![json!(null), json!(1), json!([])]),
    ] {
        for value in values {
            let data = spoilt(field, value);
            let refusal = refusal_of_data::<BookRoom>(&hotel, &data).await;
            assert_eq!(refusal.code, "invalid", "{data}: {refusal:?}");
            assert_eq!(refusal.field.as_deref(), Some(field), "{data}: {refusal:?}");
            sent += 1;
        }
    }
    let mut unknown = good.clone();
    unknown["colour"] = json!("red");
    let refusal = refusal_of_data::<BookRoom>(&hotel, &unknown).await;
    assert_eq!(refusal.code, "invalid");
    assert!(refusal.message.contains("colour"), "{refusal:?}");
    let refusal = refusal_of_data::<Cleanup>(&hotel, &json!({"room": {"id": 1}})).await;
    assert_eq!(refusal.code, "invalid");
    assert!(refusal.message.contains("date"), "{refusal:?}");

    for refusal in [
        refusal_of_data::<BookRoom>(&hotel, &spoilt("room.id", json!(77))).await,
        refusal_of_data::<Cleanup>(&hotel, &json!({"room": {"id": 77}, "date": "2030-01-01"}))
            .await,
        refusal_of_data::<CheckIn>(
            &hotel,
            &json!({"room": {"id": 77}, "client": {"id": 1}, "date": "2030-01-01"}),
        )
        .await,
    ] {
        assert_eq!(
            (refusal.code.as_ref(), refusal.field.as_deref()),
            ("unknown-room", Some("room.id"))
        );
    }
    sent += 5;

    assert_eq!(hotel.events().await, events);
    assert_eq!(hotel.count(Stream::Commands).await, commands + sent);
}

#[tokio::test]
async fn an_envelope_that_is_wrong_is_refused_under_its_message_id() {
    let hotel = Hotel::with_rooms(1).await;
    let events = hotel.events().await;
    let data = json!({"room": {"id": 1}, "client": {"id": 1}, "date": "2030-01-01"});
    let mut spoilt: Vec<(&str, MakePayload)> = vec![
        ("nothing at all", Box::new(|_| Vec::new())),
        ("no JSON", Box::new(|_| b"{\"specversion\":".to_vec())),
        ("no UTF-8", Box::new(|_| vec![0xff, 0xfe, 0x00, 0x80])),
        ("ten thousand brackets", Box::new(|_| vec![b'['; 10_000])),
        (
            "ten thousand objects",
            Box::new(|_| b"{\"data\":".repeat(10_000)),
        ),
        ("another shape", Box::new(|_| b"[1,2,3]".to_vec())),
    ];
    let members: [(&str, Spoil); 6] = [
        ("another specversion", |event| {
            event["specversion"] = json!("0.3");
        }),
        ("another command's type", |event| {
            event["type"] = json!(Cleanup::TYPE);
        }),
        ("an unknown type", |event| {
            event["type"] = json!("vacancy.booking.book-room.v999");
        }),
        ("another id", |event| event["id"] = json!("somebody-elses")),
        ("an id that is none", |event| event["id"] = json!("a.b.>")),
        ("no data", |event| {
            event.as_object_mut().unwrap().remove("data");
        }),
    ];
    for (name, spoil) in members {
        let data = data.clone();
        spoilt.push((
            name,
            Box::new(move |id| {
                let mut event = envelope(id, BookRoom::TYPE, &data);
                spoil(&mut event);
                serde_json::to_vec(&event).unwrap()
            }),
        ));
    }
    for (name, payload) in &spoilt {
        let id = hotel::new_id();
        let refusal = refusal::<BookRoom>(&hotel, &id, payload(&id)).await;
        assert_eq!(refusal.code, "invalid", "{name}: {refusal:?}");
        assert!(!refusal.message.is_empty(), "{name}");
    }
    assert_eq!(hotel.events().await, events);
}

#[tokio::test]
async fn garbage_without_a_name_hurts_nobody() {
    let mut hotel = Hotel::with_rooms(1).await;
    let events = hotel.events().await;
    let book = CommandSubject::text::<BookRoom>(&hotel::actor());
    let deep = ["[", "]"].map(|bracket| bracket.repeat(100_000)).concat();
    for subject in [
        book.as_str(),
        "cmd.hotel.test.no-such-command",
        "cmd.hotel.test",
        "cmd.nobody.test.book-room",
        "cmd.guest.test.book-room",
        "cmd.hotel.test.book-room.and.more",
        "cmd.x",
    ] {
        for payload in [&b""[..], b"{}", b"\0\0\0", b"\"\\ud800\"", deep.as_bytes()] {
            let ack = hotel
                .jetstream()
                .publish(subject.to_owned(), payload.to_vec().into())
                .await
                .unwrap();
            ack.await.unwrap();
        }
    }

    // The next command works, decided by the same process, which is still ready.
    hotel.book(1, 1, "Ada", today(), 1).await;
    hotel.backend.assert_running();
    hotel.backend.ready().await;
    let mut expected = events;
    *expected.get_mut("room-booking").unwrap() += 1;
    assert_eq!(hotel.events().await, expected);
    // Nothing is left that would be tried for ever.
    vacancy_tests::wait::until_equal("the commands that wait", 0, async || {
        let stream = hotel
            .jetstream()
            .get_stream(Stream::Commands.name())
            .await
            .unwrap();
        let consumers: Vec<_> = futures_util::TryStreamExt::try_collect(stream.consumers())
            .await
            .unwrap();
        assert!(!consumers.is_empty());
        consumers
            .iter()
            .map(|consumer| consumer.num_pending + consumer.num_ack_pending as u64)
            .sum::<u64>()
    })
    .await;
    hotel.refused(booking(1, 2, "Next", today(), 1)).await;
}
