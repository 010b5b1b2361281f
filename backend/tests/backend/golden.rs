//! Every version of every event that was ever stored is read, for ever.
//!
//! `tests/golden` has a message of each, byte for byte as it is in its stream. A file there is never changed: what has
//! been stored has been stored. A new version of an event gets a new file.

use std::path::Path;

use async_nats::HeaderMap;
use jetstream_es::{Boundary, StoredMessage, golden};
use vacancy_backend::bookings::Bookings;
use vacancy_backend::housekeeping::Cleanups;
use vacancy_backend::rooms::Rooms;

/// Checks the folder of a flow: each file is named by its type, is read, and is written today as it was unless it is
/// lifted; each type that is written or lifted has a file.
fn check<B: Boundary>(flow: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (name, event) in golden::check::<B>(folder.join(flow)) {
        let event_type = &event.metadata.event_type;
        assert!(name.starts_with(event_type), "{name} holds a {event_type}");
        assert_eq!(event.command(), Some("c1"), "{name}");
    }
}

#[test]
fn what_was_ever_stored_is_read() {
    check::<Rooms>("rooms");
    check::<Bookings>("booking");
    check::<Cleanups>("housekeeping");
}

#[test]
fn a_check_in_of_the_first_version_names_its_booking() {
    let payload = include_bytes!("../golden/booking/vacancy.booking.guest-checked-in.v1.json");
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
