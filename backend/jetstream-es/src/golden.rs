//! Golden files: an event of every version that was ever stored, as it was stored (feature `testing`).
//!
//! A file is the payload of one message, a CloudEvent in structured mode, and ends in `.json`. Files are added, and never
//! changed: they stand for what is in the streams of those who use the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use async_nats::HeaderMap;
use serde_json::Value;

use crate::boundary::{Boundary, Recorded, StoredMessage};
use crate::cloud_event::DecodeError;

/// Reads each file of a folder as an event of `B`, and returns them in the order of their names.
///
/// # Panics
/// - when a file is not read;
/// - when an event of a present version would be written otherwise today: then it needs a new version;
/// - when there is no file for one of the types that the boundary writes or lifts.
#[track_caller]
pub fn check<B: Boundary>(folder: impl AsRef<Path>) -> Vec<(String, Recorded<B::Event>)> {
    let folder = folder.as_ref();
    let mut missing = types::<B>();
    let mut events = Vec::new();
    for (name, payload) in files(folder) {
        let event = B::decode(&message(&payload))
            .unwrap_or_else(|error| panic!("{name} in {folder:?} is not read any more: {error}"));
        let stored: Value = serde_json::from_slice(&payload)
            .unwrap_or_else(|error| panic!("{name} in {folder:?}: {error}"));
        let written = serde_json::to_value(&event.event)
            .unwrap_or_else(|error| panic!("{name} in {folder:?} is not written: {error}"));
        if written["type"] == stored["type"] {
            assert_eq!(
                written["data"], stored["data"],
                "{name} in {folder:?} would be written otherwise today (left): give the type a new version"
            );
        }
        missing.remove(event.metadata.event_type.as_str());
        events.push((name, event));
    }
    assert!(
        missing.is_empty(),
        "there is no golden file in {folder:?} for {missing:?}"
    );
    events
}

/// All types that are read: those that the enum of events knows, and those that are lifted to them.
fn types<B: Boundary>() -> BTreeSet<&'static str> {
    let nobody =
        br#"{"specversion":"1.0","id":"golden","source":"/golden","type":"no.such.type","data":{}}"#;
    let known = match B::decode(&message(nobody)) {
        Err(DecodeError::UnknownType { known, .. }) => known,
        // An enum that takes any type has none that could be missing.
        _ => &[],
    };
    let lifted = B::UPCASTERS.iter().map(|upcaster| upcaster.from);
    known.iter().copied().chain(lifted).collect()
}

#[track_caller]
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = listed.map(|entry| match entry {
        Ok(entry) => entry.path(),
        Err(error) => panic!("{folder:?}: {error}"),
    });
    let is_json = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    };
    let mut paths: Vec<_> = paths.filter(|path| is_json(path)).collect();
    paths.sort();
    let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
    paths.iter().map(|path| (name(path), read(path))).collect()
}

fn message(payload: &[u8]) -> StoredMessage {
    StoredMessage {
        subject: String::new(),
        sequence: 0,
        headers: HeaderMap::new(),
        payload: payload.to_vec().into(),
        time: None,
    }
}
