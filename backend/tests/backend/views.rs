//! The read models say what the events say.

use serde_json::json;
use shared::bookings::{StayStatus, StayView, VacancyView};
use shared::rooms::RoomView;

use crate::hotel::{Hotel, arrival, cleanup, stay};

async fn taken(hotel: &Hotel, night: &str) -> u32 {
    let key = format!("double.{night}");
    match hotel.value("vacancy", &key).await {
        Some(VacancyView::Night { taken, .. }) => taken,
        None => 0,
        Some(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_guests_way_through_the_hotel_is_seen_on_the_board() {
    let hotel = Hotel::with_rooms(3).await;
    hotel
        .until_value(
            "vacancy",
            "double",
            |view| matches!(view, VacancyView::Type(of_type) if of_type.rooms == 3),
        )
        .await;

    let data = json!({
        "room": {"id": 1}, "client": {"id": 7, "name": " Zoë 李 "}, "date": "2022-12-12", "nights": 2,
    });
    let booked = hotel.done("book-room", data).await;
    let stay_view: StayView = hotel.until_value("stays", "1.7_2022-12-12", |_| true).await;
    assert_eq!(stay_view.status, StayStatus::Booked);
    assert_eq!(stay_view.sequence, booked.sequence);
    assert_eq!(stay_view.client.name.unwrap().as_str(), "Zoë 李");

    let checked_in = hotel.done("checkin", arrival(1, 7, "2022-12-12")).await;
    let in_house = |stay: &StayView| stay.status == StayStatus::InHouse;
    let stay_view = hotel.until_value("stays", "1.7_2022-12-12", in_house).await;
    assert_eq!(stay_view.sequence, checked_in.sequence);
    let cleaned = hotel.done("cleanup", cleanup(1, "2022-12-13")).await;
    let room: RoomView = hotel
        .until_value("rooms", "1", |room: &RoomView| {
            room.position.cleanup == cleaned.sequence
                && room.position.booking == checked_in.sequence
        })
        .await;
    assert_eq!(room.cleaned, Some("2022-12-13".parse().unwrap()));
    assert_eq!(room.occupied.unwrap().departure().to_string(), "2022-12-14");
    assert_eq!(room.name.as_str(), "101");
}

#[tokio::test]
async fn a_check_in_sees_the_cleanup_that_was_answered_before_it() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    hotel.done("checkin", arrival(1, 1, "2022-12-12")).await;
    hotel.done("book-room", stay(1, 2, "2022-12-13", 1)).await;
    let refusal = hotel.refused("checkin", arrival(1, 2, "2022-12-13")).await;
    assert_eq!(refusal.code, "room-not-ready");
    hotel.done("cleanup", cleanup(1, "2022-12-13")).await;
    hotel.done("checkin", arrival(1, 2, "2022-12-13")).await;
}

#[tokio::test]
async fn vacancy_counts_each_night_once_however_often_the_events_come() {
    let mut hotel = Hotel::with_rooms(3).await;
    hotel.done("book-room", stay(1, 1, "2022-12-10", 4)).await;
    hotel.done("book-room", stay(2, 2, "2022-12-12", 1)).await;
    let last = hotel.done("book-room", stay(3, 3, "2022-12-12", 3)).await;
    let reached = |view: &VacancyView| matches!(view, VacancyView::Night { sequence, .. } if *sequence == last.sequence);
    hotel
        .until_value("vacancy", "double.2022-12-14", reached)
        .await;

    // The projectors forget how far they had come, and get everything again.
    hotel.backend.kill();
    for (stream, consumer) in [
        ("room", "view-vacancy"),
        ("room-booking", "view-vacancy"),
        ("room-booking", "view-stays"),
    ] {
        let stream = hotel.jetstream().get_stream(stream).await.unwrap();
        stream.delete_consumer(consumer).await.unwrap();
    }
    hotel.start_backend();
    hotel.backend.until_health_is(200).await;
    let last = hotel.done("book-room", stay(2, 4, "2022-12-14", 1)).await;
    let reached = |view: &VacancyView| matches!(view, VacancyView::Night { sequence, .. } if *sequence == last.sequence);
    hotel
        .until_value("vacancy", "double.2022-12-14", reached)
        .await;
    for (night, expected) in [
        ("2022-12-09", 0),
        ("2022-12-10", 1),
        ("2022-12-11", 1),
        ("2022-12-12", 3),
        ("2022-12-13", 2),
        ("2022-12-14", 2),
        ("2022-12-15", 0),
    ] {
        assert_eq!(taken(&hotel, night).await, expected, "{night}");
    }
}

#[tokio::test]
async fn a_view_that_was_lost_is_made_anew_from_the_events() {
    let mut hotel = Hotel::with_rooms(2).await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 2)).await;
    hotel.done("checkin", arrival(1, 1, "2022-12-12")).await;
    let cleaned = hotel.done("cleanup", cleanup(1, "2022-12-13")).await;
    let there =
        |room: &RoomView| room.position.cleanup == cleaned.sequence && room.occupied.is_some();
    let before = hotel.until_value("rooms", "1", there).await;

    hotel.backend.kill();
    hotel.jetstream().delete_key_value("rooms").await.unwrap();
    for stream in ["room", "room-booking", "room-cleanup"] {
        let stream = hotel.jetstream().get_stream(stream).await.unwrap();
        stream.delete_consumer("view-rooms").await.unwrap();
    }
    hotel.start_backend();
    hotel.backend.until_health_is(200).await;
    assert_eq!(hotel.until_value("rooms", "1", there).await, before);
}
