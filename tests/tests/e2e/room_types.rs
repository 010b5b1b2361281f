//! Stays that are booked by the type of the room alone.

use futures_util::future::join_all;
use shared::bookings::{BookRoomType, Confirm, HoldMinutes, HoldRoomType, Nights};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::outcome::{Decision, Next, Outcome, ViewValue};
use shared::rooms::{AddRoom, RoomId};
use shared::subjects::{CommandSubject, OUTCOMES, OutcomeKey, Stream};
use shared::{Date, bookings};
use vacancy_tests::hotel::{self, Hotel, client_id, room_id, today};
use vacancy_tests::wait;
use vacancy_tests::wire::Verdict;

fn guest(client: u64) -> bookings::Client {
    bookings::Client {
        id: client_id(client),
        name: None,
    }
}

fn any_room(client: u64, date: Date, nights: u16) -> BookRoomType {
    BookRoomType {
        room_type: "standard".parse().unwrap(),
        client: guest(client),
        date,
        nights: Nights::try_from(i64::from(nights)).unwrap(),
    }
}

/// The payload of a command.
fn message<C: Command>(id: &MessageId, command: C) -> Vec<u8> {
    let event = CloudEvent::command(id.clone(), "/tests", hotel::now(), command);
    serde_json::to_vec(&event).unwrap()
}

/// Sends the command, and says which room it got.
async fn room_for(hotel: &Hotel, command: BookRoomType) -> RoomId {
    let id = hotel::new_id();
    let payload = message(&id, command);
    let outcome = hotel.outcome_of::<BookRoomType>(&id, payload).await;
    room_of(&outcome)
}

fn room_of(outcome: &Outcome) -> RoomId {
    match &outcome.decision {
        Decision::Done {
            view: Some(view), ..
        } => match &**view {
            ViewValue::Stays { value, .. } => value.room,
            other => panic!("no stay: {other:?}"),
        },
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test]
async fn a_stay_goes_where_it_fits_best_and_floats() {
    let hotel = Hotel::with_rooms(3).await;
    let suite = AddRoom {
        room: room_id(9).into(),
        name: "901".parse().unwrap(),
        room_type: "suite".parse().unwrap(),
        floor: 9,
    };
    hotel.done(suite).await;
    let night = |number| today().plus_days(30 + number);
    // Between two stays of room 2 there are two nights.
    hotel.book(2, 1, "Before", night(0), 2).await;
    hotel.book(2, 2, "After", night(4), 2).await;
    assert_eq!(room_for(&hotel, any_room(3, night(2), 2)).await, room_id(2));
    // Where nothing is nearby the first room is as good as any other, and then it is the best one.
    assert_eq!(
        room_for(&hotel, any_room(4, night(40), 2)).await,
        room_id(1)
    );
    assert_eq!(
        room_for(&hotel, any_room(5, night(42), 2)).await,
        room_id(1)
    );
    // It is all in the house, and one night of it is not.
    for room in [1, 3] {
        hotel.book(room, 6, "Long", night(0), 4).await;
    }
    let full = hotel.refused(any_room(7, night(3), 1)).await;
    assert_eq!(
        (&*full.code, full.field.as_deref()),
        ("none-free", Some("date"))
    );
    let unknown = BookRoomType {
        room_type: "cave".parse().unwrap(),
        ..any_room(7, night(3), 1)
    };
    let unknown = hotel.refused(unknown).await;
    assert_eq!(
        (&*unknown.code, unknown.field.as_deref()),
        ("unknown-room-type", Some("type"))
    );
    let messages = hotel.messages(Stream::RoomBooking, 3).await;
    assert_eq!(messages[0]["type"], "vacancy.booking.room-booked.v1");
    assert_eq!(messages[0]["data"].get("pinned"), None);
}

#[tokio::test]
async fn a_command_that_comes_again_goes_to_the_same_room() {
    let hotel = Hotel::with_rooms(2).await;
    let night = today().plus_days(30);
    // Room 1 is full when it comes for the first time.
    hotel.book(1, 1, "First", night, 2).await;
    let id = hotel::new_id();
    let payload = message(&id, any_room(2, night, 2));
    let first = hotel.outcome_of::<BookRoomType>(&id, payload.clone()).await;
    assert_eq!(room_of(&first), room_id(2));
    // A refusal is final as well.
    let refused = hotel::new_id();
    let too_many = message(&refused, any_room(3, night, 2));
    let no = hotel.outcome_of::<BookRoomType>(&refused, too_many.clone());
    let no = no.await;
    assert!(matches!(no.decision, Decision::Refused { .. }), "{no:?}");

    // And empty when it comes again, after the answer was forgotten.
    let cancel = bookings::Cancel {
        room: room_id(1).into(),
        booking: bookings::BookingId {
            client: client_id(1),
            arrival: night,
        },
    };
    hotel.done(cancel).await;
    let outcomes = hotel.bucket(OUTCOMES.name()).await;
    for command in [&id, &refused] {
        let key = OutcomeKey {
            actor: hotel::actor(),
            command: command.clone(),
        };
        outcomes.purge(key.to_string()).await.unwrap();
    }
    let events = hotel.count(Stream::RoomBooking).await;
    let subject = CommandSubject::text::<BookRoomType>(&hotel::actor());
    for payload in [payload, too_many] {
        let jetstream = hotel.jetstream();
        let ack = jetstream.publish(subject.clone(), payload.into()).await;
        assert!(!ack.unwrap().await.unwrap().duplicate);
    }
    let answer = async |id| wait::until("an answer", async || hotel.kept_outcome(id).await).await;
    assert!(matches!(
        answer(&id).await.decision,
        Decision::Done { view: None, .. }
    ));
    assert_eq!(answer(&refused).await.decision, no.decision);
    assert_eq!(hotel.count(Stream::RoomBooking).await, events);
}

#[tokio::test]
async fn of_many_who_want_any_room_each_gets_one_of_its_own_until_there_is_none() {
    const ROOMS: u32 = 4;
    let hotel = Hotel::with_rooms(ROOMS).await;
    let night = today().plus_days(30);
    // Some want a certain room at the same moment.
    let by_type = (1..=6).map(|client| hotel.decided(any_room(client, night, 1)));
    let by_room = (1..=ROOMS).map(|room| {
        let client = 100 + u64::from(room);
        hotel.decided(hotel::booking(room, client, "Rival", night, 1))
    });
    let (by_type, by_room) = tokio::join!(join_all(by_type), join_all(by_room));
    let done = |decisions: &[Decision]| {
        let done = |decision: &&Decision| matches!(decision, Decision::Done { .. });
        decisions.iter().filter(done).count()
    };
    assert_eq!(
        done(&by_type) + done(&by_room),
        4,
        "{by_type:?} {by_room:?}"
    );
    assert_eq!(hotel.count(Stream::RoomBooking).await, u64::from(ROOMS));
    // One stay in each room.
    let mut rooms: Vec<u64> = Vec::new();
    for message in hotel.messages(Stream::RoomBooking, 1).await {
        rooms.push(message["data"]["room"]["id"].as_u64().unwrap());
    }
    rooms.sort_unstable();
    assert_eq!(rooms, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_guest_holds_a_room_of_a_type_is_told_which_and_confirms_it() {
    let hotel = Hotel::with_rooms(1).await;
    let mut wire = hotel.page(None).await;
    let outcomes = wire.subscribe("outcome.guest.>", None).await;
    assert_eq!(outcomes, Verdict::Allowed);
    let night = today().plus_days(30);
    let hold = |minutes: i64| HoldRoomType {
        room_type: "standard".parse().unwrap(),
        client: guest(77),
        date: night,
        nights: Nights::default(),
        minutes: HoldMinutes::try_from(minutes).unwrap(),
    };
    let mut told = async |subject: &str, payload: Vec<u8>| {
        wire.publish(subject, &payload).await;
        let told = wire.delivery().await;
        serde_json::from_str::<Outcome>(&told.payload).unwrap()
    };

    let too_long = message(&hotel::new_id(), hold(60));
    match told("cmd.guest.hold-room-type", too_long).await.decision {
        Decision::Refused { refusal } => assert_eq!(refusal.code, "hold-too-long"),
        other => panic!("not refused: {other:?}"),
    }
    let held = message(&hotel::new_id(), hold(15));
    let held = told("cmd.guest.hold-room-type", held).await;
    let [Next::Message { .. }, Next::Confirm { room, booking }] = *held.next else {
        panic!("cannot be confirmed: {held:?}");
    };
    assert_eq!(room.id, room_id(1));
    let confirm = message(&hotel::new_id(), Confirm { room, booking });
    let confirmed = told("cmd.guest.confirm", confirm).await;
    assert!(
        matches!(confirmed.decision, Decision::Done { view: None, .. }),
        "{confirmed:?}"
    );
}
