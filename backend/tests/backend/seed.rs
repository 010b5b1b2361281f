//! `vacancy seed`.

use crate::hotel::{Hotel, program};

async fn seed(hotel: &Hotel, rooms: &str) -> String {
    let mut seed = tokio::process::Command::from(program(&hotel.server.url(), "seed"));
    seed.args(["--rooms", rooms, "--nights", "30", "--today", "2026-11-21"]);
    let output = seed.output().await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    log
}

#[tokio::test]
async fn a_hotel_is_filled_once_and_nothing_is_refused() {
    let hotel = Hotel::with_rooms(0).await;
    let log = seed(&hotel, "12").await;
    assert!(log.contains(" 0 refused"), "{log}");
    let events = async || {
        let mut counts = Vec::new();
        for stream in ["room", "room-booking", "room-cleanup"] {
            counts.push(hotel.count(stream).await);
        }
        counts
    };
    let before = events().await;
    assert!(
        before[0] == 12 && before[1] > 60 && before[2] > 5,
        "{before:?}"
    );

    let log = seed(&hotel, "12").await;
    assert!(log.contains(" 0 refused"), "{log}");
    assert_eq!(events().await, before);
    // More rooms come on top of those that are there.
    let log = seed(&hotel, "13").await;
    assert!(log.contains(" 0 refused"), "{log}");
    assert_eq!(hotel.count("room").await, 13);
}
