//! Every version of everything that was ever stored or sent is read, for ever.
//!
//! `tests/golden` has events and commands byte for byte as they are in their streams, a file for each; and values of
//! buckets, each on a line, in files that begin with the name of the bucket. A file there is never changed: what has been
//! stored has been stored. What is new gets a new file, and a test fails until it has one.

mod places;

use std::fs;
use std::path::{Path, PathBuf};

use async_nats::HeaderMap;
use jetstream_es::{Boundary, StoredMessage, golden};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::bookings::{BookRoom, Cancel};
use shared::subjects::{
    Bucket, DAYS, GUESTS, HOUSEKEEPING, OCCUPANCY, OUTCOMES, ROOMS, STAFF, STAYS, VACANCY,
};
use vacancy_backend::bookings::Bookings;
use vacancy_backend::commands::catalogue::CATALOGUE;
use vacancy_backend::housekeeping::Cleanups;
use vacancy_backend::http::events::feed::ViewChange;
use vacancy_backend::http::hooks::Hook;
use vacancy_backend::rooms::Rooms;
use vacancy_backend::staff::Staff;
use vacancy_backend::views;

use places::{Coverage, Schema};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The files of a folder whose names begin with `name` and a dot, and what is in them.
#[track_caller]
fn files(of: &str, name: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder(of)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let start = format!("{name}.");
    paths.retain(|path| {
        let file = path.file_name().unwrap();
        file.to_string_lossy().starts_with(&start)
    });
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The JSON values in the golden files of `name`, each on a line.
#[track_caller]
fn lines(of: &str, name: &str) -> Vec<String> {
    let files = files(of, name);
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
    assert!(!lines.is_empty(), "{name} has no golden file");
    lines
}

fn json(lines: &[String]) -> Vec<Value> {
    let read = |line: &String| serde_json::from_str(line).unwrap();
    lines.iter().map(read).collect()
}

/// Checks the folder of a flow: each file is named by its type, is read, and is written today as it was unless it is
/// lifted; each type that is written or lifted has a file, and so does all that may be in one, but for what `never` is.
fn check_events<B: Boundary>(flow: &str, never: &[&str]) {
    let mut coverage = Coverage::default();
    for (name, event) in golden::check::<B>(folder(flow)) {
        let event_type = &event.metadata.event_type;
        assert!(name.starts_with(event_type), "{name} holds a {event_type}");
        assert_eq!(event.command(), Some("c1"), "{name}");
        let written = serde_json::to_value(&event.event).unwrap();
        // Old versions have no schema any more.
        if written["type"] == **event_type {
            let schema = Schema::of(event_type).member("data");
            coverage.add(event_type, &schema, &written["data"]);
        }
    }
    complete(flow, &coverage, never);
}

#[track_caller]
fn complete(what: &str, coverage: &Coverage, never: &[&str]) {
    let missing = coverage.missing(never);
    assert!(
        missing.is_empty(),
        "no golden file of {what} has {missing:?}: add one, and leave those that are there as they are"
    );
}

#[test]
fn what_was_ever_stored_is_read() {
    check_events::<Rooms>("rooms", &[]);
    // A stay that has moved is told by the event itself.
    check_events::<Bookings>("booking", &["StayStatus=\"moved\""]);
    check_events::<Cleanups>("housekeeping", &[]);
    check_events::<Staff>("staff", &[]);
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
        time: None,
    };
    let event = Bookings::decode(&message).unwrap().event;
    assert_eq!(event.booking().unwrap().to_string(), "7_2022-12-12");
    assert_eq!(Bookings::subject(&event), message.subject);
}

/// That each command is read is a test of the catalogue itself.
#[test]
fn the_golden_commands_have_all_that_commands_may_say() {
    let mut coverage = Coverage::default();
    for entry in CATALOGUE {
        let name = entry.message_type;
        let schema = Schema::of(name).member("data");
        for (_, text) in files("commands", name) {
            let command: Value = serde_json::from_str(&text).unwrap();
            coverage.add(name, &schema, &command["data"]);
        }
    }
    complete("commands", &coverage, &[]);
}

/// Checks the values of a bucket: each is read, nothing of it is lost, and together they have all that a value may have.
fn check_values<K, V: Serialize + DeserializeOwned>(bucket: Bucket<K, V>) -> &'static str {
    let name = bucket.name();
    let lines = lines("values", name);
    for line in &lines {
        let value: V = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{name}: {line} is not read any more: {error}"));
        let stored: Value = serde_json::from_str(line).unwrap();
        let written = serde_json::to_value(value).unwrap();
        assert!(
            has_all_of(&written, &stored),
            "{name}: of {stored} is left {written}"
        );
    }
    complete(name, &coverage(name, &json(&lines)), &[]);
    name
}

fn coverage(name: &str, values: &[Value]) -> Coverage {
    let (mut coverage, schema) = (Coverage::default(), Schema::of(name));
    for value in values {
        coverage.add(name, &schema, value);
    }
    coverage
}

/// Whether every member of `before` is in `now`, which may have more.
fn has_all_of(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => before.iter().all(|(name, before)| {
            let now = now.get(name);
            now.is_some_and(|now| has_all_of(now, before))
        }),
        (Value::Array(now), Value::Array(before)) => {
            let mut pairs = now.iter().zip(before);
            now.len() == before.len() && pairs.all(|(now, before)| has_all_of(now, before))
        }
        _ => now == before,
    }
}

#[test]
fn values_of_every_view_are_read() {
    let checked = [
        check_values(ROOMS),
        check_values(HOUSEKEEPING),
        check_values(STAYS),
        check_values(VACANCY),
        check_values(DAYS),
        check_values(GUESTS),
        check_values(OCCUPANCY),
        check_values(STAFF),
    ];
    assert_eq!(checked.as_slice(), views::names());
}

#[test]
fn outcomes_are_read() {
    check_values(OUTCOMES);
}

/// Clients of HTTP are older than the hotel: what was ever said to them means the same today.
#[test]
fn what_http_says_is_what_it_said() {
    let problems = json(&lines("http", "problem"));
    complete("problem", &coverage("problem", &problems), &[]);
    let value: &RawValue = serde_json::from_str(r#"{"room":1}"#).unwrap();
    let changes = [Some(value), None].map(|value| ViewChange {
        view: "stays",
        key: "1.7_2022-12-12",
        revision: 42,
        value,
    });
    let changes = changes.map(|change| serde_json::to_string(&change).unwrap());
    assert_eq!(lines("http", "change"), changes);
}

/// A booking channel is told nothing of new versions of the hotel.
#[test]
fn webhooks_are_understood() {
    for line in lines("http", "hook") {
        let hook: Hook = serde_json::from_str(&line).unwrap();
        let data = hook.data.get();
        match hook.hook_type.as_str() {
            "booking.created" => drop(serde_json::from_str::<BookRoom>(data).unwrap()),
            "booking.cancelled" => drop(serde_json::from_str::<Cancel>(data).unwrap()),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn what_is_missing_or_lost_is_noticed() {
    let stays = json(&lines("values", "stays"));
    for member in ["until", "pinned", "booked"] {
        let mut some = stays.clone();
        for stay in &mut some {
            stay.as_object_mut().unwrap().remove(member);
        }
        let coverage = coverage("stays", &some);
        let place = format!("StayView.{member}");
        assert!(coverage.missing(&[]).contains(&&*place), "{member}");
    }
    let mut some = stays;
    some.retain(|stay| stay["status"] != "no-show");
    let coverage = coverage("stays", &some);
    assert_eq!(coverage.missing(&[]), ["StayStatus=\"no-show\""]);

    let before = json!({"a": [{"b": 1}], "c": null});
    assert!(has_all_of(
        &json!({"a": [{"b": 1, "d": 2}], "c": null, "e": 3}),
        &before
    ));
    for now in [
        json!({"a": [{"b": 2}], "c": null}),
        json!({"a": [{"b": 1}]}),
        json!({"a": [{"b": 1}, {"b": 1}], "c": null}),
    ] {
        assert!(!has_all_of(&now, &before), "{now}");
    }
}
