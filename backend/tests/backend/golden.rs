//! Every version of every event that was ever stored is read, for ever.
//!
//! `tests/golden` has a message of each, byte for byte as it is in its stream. A file there is never changed: what has
//! been stored has been stored. A new version of an event gets a new file.

use std::collections::BTreeSet;
use std::path::Path;

use async_nats::HeaderMap;
use jetstream_es::{Boundary, StoredMessage};
use serde::Serialize;
use serde_json::Value;
use vacancy_backend::bookings::Bookings;
use vacancy_backend::housekeeping::Cleanups;
use vacancy_backend::rooms::Rooms;

/// The types that the present program writes.
const PRESENT: [&str; 22] = [
    "vacancy.rooms.room-added.v1",
    "vacancy.booking.room-booked.v1",
    "vacancy.booking.room-held.v1",
    "vacancy.booking.hold-confirmed.v1",
    "vacancy.booking.hold-expired.v1",
    "vacancy.booking.booking-cancelled.v1",
    "vacancy.booking.stay-changed.v1",
    "vacancy.booking.stay-moved-out.v1",
    "vacancy.booking.stay-moved-in.v1",
    "vacancy.booking.stay-pinned.v1",
    "vacancy.booking.stay-unpinned.v1",
    "vacancy.booking.guest-checked-in.v2",
    "vacancy.booking.guest-checked-out.v1",
    "vacancy.booking.no-show-noted.v1",
    "vacancy.booking.room-blocked.v1",
    "vacancy.booking.room-released.v1",
    "vacancy.booking.room-retired.v1",
    "vacancy.booking.change-undone.v1",
    "vacancy.housekeeping.room-cleaned.v1",
    "vacancy.housekeeping.room-inspected.v1",
    "vacancy.housekeeping.cleaning-asked.v1",
    "vacancy.housekeeping.cleaning-failed.v1",
];

/// Reads a message as an event of the boundary, and writes type and data again.
fn read<B: Boundary<Event: Serialize>>(name: &str, message: &StoredMessage) -> Value {
    let recorded = B::decode(message).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(recorded.command(), Some("c1"), "{name}");
    serde_json::to_value(&recorded.event).unwrap()
}

#[test]
fn what_was_ever_stored_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seen = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let payload = std::fs::read(&path).unwrap();
        let stored: Value = serde_json::from_slice(&payload).unwrap();
        let message_type = stored["type"].as_str().unwrap();
        assert!(
            name.starts_with(message_type),
            "{name} holds a {message_type}"
        );
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", "application/cloudevents+json");
        let message = StoredMessage {
            subject: "any".to_owned(),
            sequence: 1,
            headers,
            payload: payload.into(),
        };
        let event = match message_type.split('.').nth(1) {
            Some("rooms") => read::<Rooms>(&name, &message),
            Some("booking") => read::<Bookings>(&name, &message),
            _ => read::<Cleanups>(&name, &message),
        };
        if PRESENT.contains(&message_type) {
            assert_eq!(event["type"], stored["type"], "{name}");
            assert_eq!(event["data"], stored["data"], "{name}");
        } else {
            let lifted = event["type"].as_str().unwrap();
            assert!(PRESENT.contains(&lifted), "{name} is lifted to {lifted}");
        }
        seen.insert(message_type.to_owned());
    }
    for present in PRESENT {
        assert!(
            seen.contains(present),
            "there is no golden file of {present}"
        );
    }
}

#[test]
fn a_check_in_of_the_first_version_names_its_booking() {
    let payload = include_bytes!("../golden/vacancy.booking.guest-checked-in.v1.json");
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/cloudevents+json");
    let message = StoredMessage {
        subject: "booking.1.2022-12-12.7_2022-12-12".to_owned(),
        sequence: 1,
        headers,
        payload: payload.as_slice().into(),
    };
    let event = Bookings::decode(&message).unwrap().event;
    assert_eq!(event.booking().unwrap().to_string(), "7_2022-12-12");
    assert_eq!(Bookings::subject(&event), message.subject);
}
