//! The HTTP requests and the subjects that the project has promised, word for word.

use reqwest::header::CONTENT_TYPE;
use shared::bookings::{StayStatus, StayView};
use shared::subjects::{STAYS, Stream};
use vacancy_tests::hotel::Hotel;
use vacancy_tests::wait;

#[tokio::test]
async fn the_three_promised_requests_leave_the_promised_subjects() {
    let hotel = Hotel::start().await;
    hotel.backend.seed(40, 60).await;
    let client = reqwest::Client::new();

    for (path, body) in [
        (
            "/mutation/book-room",
            r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-12"}}"#,
        ),
        (
            "/mutation/cleanup",
            r#"{"data":{"room":{"id":1},"date":"2022-12-12"}}"#,
        ),
        (
            "/mutation/checkin",
            r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-13"}}"#,
        ),
    ] {
        let request = client
            .put(hotel.backend.url(path))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 202, "{path}: {text}");
    }

    let expected = ("booking.1.2022-12-12.1_2022-12-12".to_owned(), 2);
    wait::until_equal("the booking and the check-in", Some(expected), async || {
        let subjects = hotel.subjects(Stream::RoomBooking).await;
        subjects
            .into_iter()
            .find(|(subject, _)| subject.contains("2022"))
    })
    .await;
    let expected = ("cleanup.1.2022-12-12.1_2022-12-12".to_owned(), 1);
    wait::until_equal("the cleanup", Some(expected), async || {
        let subjects = hotel.subjects(Stream::RoomCleanup).await;
        subjects
            .into_iter()
            .find(|(subject, _)| subject.contains("2022"))
    })
    .await;

    // And the guest of 2022 is in house.
    let stays = hotel.bucket(STAYS.name()).await;
    wait::until_equal("the stay's status", Some(StayStatus::InHouse), async || {
        let value = stays.get("1.1_2022-12-12").await.unwrap()?;
        let stay: StayView = serde_json::from_slice(&value).unwrap();
        Some(stay.status)
    })
    .await;
}

#[tokio::test]
async fn seeding_a_hotel_twice_changes_nothing() {
    let hotel = Hotel::start().await;
    hotel.backend.seed(12, 30).await;
    let once = hotel.events().await;
    assert_eq!(once["room"], 12);
    assert!(
        once["room-booking"] > 12 && once["room-cleanup"] > 0,
        "{once:?}"
    );

    hotel.backend.seed(12, 30).await;
    assert_eq!(hotel.events().await, once);
}
