//! The whole life of a booking, and of the room around it, over NATS.

use jetstream_es::deadlines::{Deadlines, Key};
use serde_json::{Value, json};
use shared::bookings::{
    DayView, GuestView, OccupancyView, Part, StayStatus, StayView, VacancyView,
};
use shared::housekeeping::{Housekeeping, HousekeepingView};
use shared::outcome::{Decision, Refusal};
use shared::rooms::RoomView;

use crate::hotel::{Hotel, arrival, cleanup, envelope, event, new_id, stay, until};

/// A command about the stay that client 7 booked for 12 December 2022 in room 1.
fn about(more: Value) -> Value {
    let mut data = json!({"room": {"id": 1}, "booking": "7_2022-12-12"});
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    data
}

async fn until_taken(hotel: &Hotel, night: &str, expected: u32) {
    let key = format!("double.{night}");
    let reached =
        |view: &VacancyView| matches!(view, VacancyView::Night { taken, .. } if *taken == expected);
    hotel.until_value("vacancy", &key, reached).await;
}

async fn until_status(hotel: &Hotel, key: &str, status: StayStatus) -> StayView {
    hotel
        .until_value("stays", key, |stay: &StayView| stay.status == status)
        .await
}

#[tokio::test]
async fn from_the_hold_to_the_check_out() {
    let hotel = Hotel::with_rooms(2).await;
    let key = "1.7_2022-12-12";
    hotel.done("hold", stay(1, 7, "2022-12-12", 4)).await;
    let held = until_status(&hotel, key, StayStatus::Tentative).await;
    assert!(held.until.is_some());
    until_taken(&hotel, "2022-12-15", 1).await;

    hotel.done("confirm", about(json!({}))).await;
    let booked = until_status(&hotel, key, StayStatus::Booked).await;
    assert_eq!(booked.until, None);
    let expiry = about(json!({"until": held.until}));
    let refusal = hotel.refused("expire-hold", expiry).await;
    assert_eq!(refusal.code, "wrong-status");

    hotel.done("checkin", arrival(1, 7, "2022-12-12")).await;
    let date = json!({"date": "2022-12-14"});
    let left = hotel.done("checkout", about(date)).await;
    let gone = until_status(&hotel, key, StayStatus::CheckedOut).await;
    assert_eq!((gone.nights.get(), gone.sequence), (2, left.sequence));
    until_taken(&hotel, "2022-12-13", 1).await;
    until_taken(&hotel, "2022-12-14", 0).await;

    let occupancy = hotel.until_value("occupancy", "2022-12-13", |_: &OccupancyView| true);
    let OccupancyView::Night {
        sold, out_of_order, ..
    } = occupancy.await
    else {
        panic!("the key of a night")
    };
    assert_eq!((sold, out_of_order), (1, 0));
    let reached = |view: &DayView| view.sequence == left.sequence;
    let day = hotel
        .until_value("days", "2022-12-14.1.7_2022-12-12", reached)
        .await;
    let of = |date: &str| day.part(date.parse().unwrap());
    assert_eq!(of("2022-12-12"), Some(Part::Arrives));
    assert_eq!(
        (of("2022-12-14"), of("2022-12-15")),
        (Some(Part::Leaves), None)
    );
    let reached = |view: &GuestView| view.sequence == left.sequence;
    hotel
        .until_value("guests", "7.1.7_2022-12-12", reached)
        .await;
    let reached = |view: &RoomView| view.position.booking == left.sequence;
    let room = hotel.until_value("rooms", "1", reached).await;
    assert_eq!(room.occupied.unwrap().departure().to_string(), "2022-12-14");
}

#[tokio::test]
async fn a_hold_expires_when_its_time_is_over() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("hold", stay(1, 7, "2022-12-12", 2)).await;
    let held = until_status(&hotel, "1.7_2022-12-12", StayStatus::Tentative).await;
    let expiry = about(json!({"until": held.until}));
    hotel.done("expire-hold", expiry).await;
    until_status(&hotel, "1.7_2022-12-12", StayStatus::Expired).await;
    until_taken(&hotel, "2022-12-12", 0).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 2)).await;
}

#[tokio::test]
async fn a_stay_has_other_nights_and_another_room() {
    let hotel = Hotel::with_rooms(2).await;
    let booked = stay(1, 7, "2022-12-12", 2);
    hotel.done("book-room", booked).await;
    hotel.done("book-room", stay(2, 8, "2022-12-13", 1)).await;
    let to_room_2 = about(json!({"to": {"id": 2}}));
    let refusal = hotel.refused("change-stay", to_room_2.clone()).await;
    assert_eq!(refusal.code, "room-taken");

    let later = about(json!({"date": "2022-12-14", "nights": 3}));
    hotel.done("change-stay", later).await;
    until_taken(&hotel, "2022-12-12", 0).await;
    until_taken(&hotel, "2022-12-16", 1).await;

    let events = hotel.count("room-booking").await;
    let id = new_id();
    let moved = hotel.send("change-stay", &id, to_room_2.clone()).await;
    assert_eq!(hotel.count("room-booking").await, events + 2);
    until_status(&hotel, "1.7_2022-12-12", StayStatus::Moved).await;
    let there = until_status(&hotel, "2.7_2022-12-12", StayStatus::Booked).await;
    let last = event(&moved).sequence;
    assert_eq!((there.nights.get(), there.sequence), (3, last));
    until_taken(&hotel, "2022-12-16", 1).await;
    hotel.done("book-room", stay(1, 9, "2022-12-14", 3)).await;

    // Even when the outcome is forgotten, the same command is done once.
    let outcomes = hotel.jetstream().get_key_value("outcomes").await.unwrap();
    let forgotten = format!("hotel.test.{id}");
    outcomes.purge(forgotten).await.unwrap();
    let payload = envelope("change-stay", &id, to_room_2).to_string();
    let outcome = format!("outcome.hotel.test.{id}");
    let subject = "cmd.hotel.test.change-stay";
    let again = hotel.answer(subject, None, payload, &outcome).await;
    assert_eq!(event(&again), event(&moved));
}

#[tokio::test]
async fn two_stays_change_places_in_one_batch() {
    let hotel = Hotel::with_rooms(2).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 2)).await;
    hotel.done("book-room", stay(2, 8, "2022-12-13", 1)).await;
    let events = hotel.count("room-booking").await;
    let swap = about(json!({"to": {"id": 2}, "others": ["8_2022-12-13"]}));
    let swapped = hotel.done("swap-stays", swap).await;
    assert_eq!(hotel.count("room-booking").await, events + 4);
    let there = until_status(&hotel, "2.7_2022-12-12", StayStatus::Booked).await;
    assert_eq!(there.sequence, swapped.sequence, "told last");
    until_status(&hotel, "1.7_2022-12-12", StayStatus::Moved).await;
    until_status(&hotel, "2.8_2022-12-13", StayStatus::Moved).await;
    until_status(&hotel, "1.8_2022-12-13", StayStatus::Booked).await;
    until_taken(&hotel, "2022-12-13", 2).await;
}

/// Two desks move two stays into each other's rooms, and a third books what they leave: whoever wins, no night is sold
/// twice.
#[tokio::test]
async fn moves_that_race_leave_no_night_with_two_guests() {
    let hotel = Hotel::with_rooms(3).await;
    for (room, client) in [(1, 7), (2, 8)] {
        hotel
            .done("book-room", stay(room, client, "2022-12-12", 2))
            .await;
    }
    let change = |room: u32, client: u32, to: u32| {
        let booking = format!("{client}_2022-12-12");
        let data = json!({"room": {"id": room}, "booking": booking, "to": {"id": to}});
        let hotel = &hotel;
        async move { hotel.send("change-stay", &new_id(), data).await }
    };
    let book = async {
        let (id, data) = (new_id(), stay(3, 9, "2022-12-13", 1));
        hotel.send("book-room", &id, data).await
    };
    let (one, two, three) = tokio::join!(change(1, 7, 3), change(2, 8, 3), book);
    let done = [one, two, three]
        .into_iter()
        .filter(|outcome| matches!(outcome.decision, Decision::Done { .. }));
    assert_eq!(done.count(), 1, "room 3 has one of the three");
    until_taken(&hotel, "2022-12-12", 2).await;
}

#[tokio::test]
async fn a_mistake_is_undone() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 2)).await;
    let cancelling = new_id();
    let outcome = hotel.send("cancel", &cancelling, about(json!({}))).await;
    assert!(matches!(outcome.decision, Decision::Done { .. }));
    let undo = json!({"room": {"id": 1}, "command": cancelling});
    hotel.done("undo", undo.clone()).await;
    until_status(&hotel, "1.7_2022-12-12", StayStatus::Booked).await;
    until_taken(&hotel, "2022-12-12", 1).await;
    let refusal = hotel.refused("undo", undo).await;
    assert_eq!(refusal.code, "not-the-last");
}

#[tokio::test]
async fn a_room_out_of_order_is_not_sold_and_comes_back() {
    let hotel = Hotel::with_rooms(1).await;
    let block =
        json!({"room": {"id": 1}, "date": "2022-12-12", "nights": 3, "reason": "new windows"});
    hotel.done("out-of-order", block).await;
    until_taken(&hotel, "2022-12-14", 1).await;
    let refusal = hotel
        .refused("book-room", stay(1, 7, "2022-12-14", 1))
        .await;
    assert_eq!(refusal.code, "out-of-order");
    let room = hotel.until_value("rooms", "1", |room: &RoomView| !room.blocks.is_empty());
    assert_eq!(room.await.blocks[0].reason.as_str(), "new windows");

    let back = json!({"room": {"id": 1}, "from": "2022-12-12", "date": "2022-12-13"});
    hotel.done("back-in-order", back).await;
    until_taken(&hotel, "2022-12-14", 0).await;
    until_taken(&hotel, "2022-12-12", 1).await;
    hotel.done("book-room", stay(1, 7, "2022-12-13", 1)).await;

    let service = json!({"room": {"id": 1}, "date": "2022-12-13", "reason": "no hot water"});
    hotel.done("out-of-service", service).await;
    let refusal = hotel.refused("checkin", arrival(1, 7, "2022-12-13")).await;
    assert_eq!(refusal.code, "out-of-service");

    let retire = json!({"room": {"id": 1}, "date": "2023-01-01"});
    let retired = hotel.done("retire-room", retire).await;
    let refusal = hotel
        .refused("book-room", stay(1, 8, "2023-01-01", 1))
        .await;
    assert_eq!(refusal.code, "room-retired");
    let reached = |view: &VacancyView| matches!(view, VacancyView::Type(of_type) if of_type.booking == retired.sequence);
    let double = hotel.until_value("vacancy", "double", reached).await;
    let on = |date: &str| double.rooms_on(date.parse().unwrap());
    assert_eq!((on("2022-12-31"), on("2023-01-01")), (1, 0));
}

#[tokio::test]
async fn housekeeping_knows_what_there_is_to_do() {
    let hotel = Hotel::with_rooms(1).await;
    let today = "2022-12-12";
    let status = async |expected: Housekeeping| {
        let reached = |view: &HousekeepingView| view.status(today.parse().unwrap()) == expected;
        hotel.until_value("housekeeping", "1", reached).await
    };
    status(Housekeeping::Clean).await;
    hotel.done("request-cleanup", cleanup(1, today)).await;
    status(Housekeeping::Asked).await;
    let refusal = hotel.refused("inspect", cleanup(1, today)).await;
    assert_eq!(refusal.code, "not-clean");
    let failed = json!({"room": {"id": 1}, "date": today, "note": "the tap leaks"});
    let failed = hotel.done("fail-cleanup", failed).await;
    // It is asked for again by itself.
    let asked = |view: &HousekeepingView| {
        view.position.cleanup > failed.sequence && view.cleanups.asked.is_some()
    };
    let view = hotel.until_value("housekeeping", "1", asked).await;
    assert_eq!(view.cleanups.failed.unwrap().note.as_str(), "the tap leaks");
    hotel.done("cleanup", cleanup(1, today)).await;
    status(Housekeeping::Clean).await;
    hotel.done("inspect", cleanup(1, today)).await;
    status(Housekeeping::Inspected).await;
}

#[tokio::test]
async fn a_check_out_asks_for_cleaning_and_keeps_the_next_guest_out() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 1)).await;
    hotel.done("book-room", stay(1, 8, "2022-12-13", 1)).await;
    hotel.done("checkin", arrival(1, 7, "2022-12-12")).await;
    // Cleaned in the morning, left at noon.
    hotel.done("cleanup", cleanup(1, "2022-12-13")).await;
    let date = json!({"date": "2022-12-13"});
    hotel.done("checkout", about(date)).await;
    let asked = |view: &HousekeepingView| view.cleanups.asked.is_some();
    hotel.until_value("housekeeping", "1", asked).await;
    let refusal = hotel.refused("checkin", arrival(1, 8, "2022-12-13")).await;
    assert_eq!(refusal.code, "room-not-ready");
    hotel.done("cleanup", cleanup(1, "2022-12-13")).await;
    hotel.done("checkin", arrival(1, 8, "2022-12-13")).await;
}

/// Appends one of the golden events as if it had been decided long ago, with some of its texts replaced.
async fn append(hotel: &Hotel, golden: &str, texts: &[(&str, &str)]) {
    let mut payload = golden.to_owned();
    for (from, to) in texts {
        assert!(payload.contains(from), "{from} is not in {payload}");
        payload = payload.replace(from, to);
    }
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Content-Type", "application/cloudevents+json");
    let jetstream = hotel.jetstream();
    let subject = "booking.1.2022-12-12.7_2022-12-12";
    let sent = jetstream.publish_with_headers(subject, headers, payload.into());
    sent.await.unwrap().await.unwrap();
}

#[tokio::test]
async fn a_hold_ends_by_itself() {
    let hotel = Hotel::with_rooms(1).await;
    let golden = include_str!("../golden/booking/vacancy.booking.room-held.v1.json");
    // Its time was over in 2022, so it is due at once.
    append(&hotel, golden, &[]).await;
    until_status(&hotel, "1.7_2022-12-12", StayStatus::Expired).await;
    until_taken(&hotel, "2022-12-12", 0).await;
}

#[tokio::test]
async fn a_guest_who_does_not_come_is_noted_by_itself() {
    let hotel = Hotel::with_rooms(1).await;
    let golden = include_str!("../golden/booking/vacancy.booking.room-booked.v1.json");
    // Booked on 1 December for the 12th: given up on the 13th.
    append(&hotel, golden, &[]).await;
    until_status(&hotel, "1.7_2022-12-12", StayStatus::NoShow).await;
    until_taken(&hotel, "2022-12-12", 1).await;
    until_taken(&hotel, "2022-12-13", 0).await;
}

#[tokio::test]
async fn the_end_of_a_hold_is_set_moved_with_it_and_cancelled() {
    let hotel = Hotel::with_rooms(1).await;
    let deadlines = Deadlines::new(&hotel.connection);
    hotel.done("hold", stay(1, 7, "2099-12-12", 1)).await;
    let key = Key::new("command.hold.1.7_2099-12-12").unwrap();
    until("the deadline", async || {
        deadlines.pending(&key).await.unwrap()
    })
    .await;
    let confirm = json!({"room": {"id": 1}, "booking": "7_2099-12-12"});
    hotel.done("confirm", confirm).await;
    until("no deadline", async || {
        let pending = deadlines.pending(&key).await.unwrap();
        pending.is_none().then_some(())
    })
    .await;
    let no_show = Key::new("command.no-show.1.7_2099-12-12").unwrap();
    until("the morning after", async || {
        deadlines.pending(&no_show).await.unwrap()
    })
    .await;
}

/// The refusal of a command that a guest of the public page sends.
async fn refused_to_a_guest(hotel: &Hotel, command: &str, data: Value) -> Refusal {
    let id = new_id();
    let payload = envelope(command, &id, data).to_string();
    let subject = format!("cmd.guest.guest.{command}");
    let outcome = format!("outcome.guest.guest.{id}");
    let outcome = hotel.answer(&subject, Some(&id), payload, &outcome).await;
    match outcome.decision {
        Decision::Refused { refusal } => refusal,
        other => panic!("{command} was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn guests_hold_rooms_and_learn_nothing_of_other_guests() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 2)).await;
    let refusal = refused_to_a_guest(&hotel, "hold", stay(1, 8, "2022-12-13", 1)).await;
    assert_eq!(refusal.code, "room-taken");
    assert_eq!(
        refusal.message,
        "Room 101 is not free on all of these nights."
    );
    let mut long = stay(1, 8, "2022-12-20", 1);
    long["minutes"] = json!(16);
    let refusal = refused_to_a_guest(&hotel, "hold", long).await;
    assert_eq!(refusal.code, "hold-too-long");
    for command in ["book-room", "cancel", "expire-hold", "undo"] {
        let refusal = refused_to_a_guest(&hotel, command, json!({})).await;
        assert!(
            matches!(&*refusal.code, "invalid" | "forbidden"),
            "{refusal:?}"
        );
    }
    let refusal = refused_to_a_guest(&hotel, "cancel", about(json!({}))).await;
    assert_eq!(refusal.code, "forbidden");
}
