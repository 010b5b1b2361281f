use serde_json::{Value, json};

use super::*;

const TODAY: &str = "2026-11-22";

fn today() -> Date {
    TODAY.parse().unwrap()
}

/// A hotel of these rooms: floor, door, and what else is in the view.
fn hotel(rooms: &[(i16, &str, Value)]) -> Hotel {
    let mut hotel = Hotel::default();
    for (index, (floor, door, more)) in rooms.iter().enumerate() {
        let id = index + 1;
        let mut value = json!({
            "id": id, "name": door, "type": "double", "floor": floor,
            "position": { "room": 1, "room-booking": 0, "room-cleanup": 0 },
        });
        let more = more.as_object().unwrap().clone();
        value.as_object_mut().unwrap().extend(more);
        let (key, revision) = (id.to_string(), 1 + id as u64);
        let changed = hotel.apply_room(&key, revision, Some(value.to_string().as_bytes()));
        assert!(changed.is_ok(), "{changed:?}");
    }
    hotel
}

/// A guest was, or is, there from that day on.
fn occupied(arrival: &str, nights: u16) -> Value {
    json!({ "occupied": { "arrival": arrival, "nights": nights } })
}

#[track_caller]
fn goes(hotel: &Hotel, expected: &[(Stage, &str)]) {
    let chores = chores(hotel, today());
    let chores: Vec<_> = chores
        .iter()
        .map(|chore| (chore.stage, chore.name.as_str()))
        .collect();
    assert_eq!(chores, expected);
}

#[test]
fn what_the_next_guest_waits_for_comes_first_and_then_floor_and_door() {
    let hotel = hotel(&[
        (1, "101", json!({})),
        (1, "102", occupied("2026-11-20", 5)),
        (3, "9", occupied("2026-11-20", 2)),
        (2, "210", occupied("2026-11-20", 2)),
        (2, "29", occupied("2026-11-20", 2)),
        (1, "103", occupied("2026-11-18", 2)),
        (4, "401", json!({ "asked": TODAY })),
    ]);
    goes(
        &hotel,
        &[
            (Stage::ToClean, "103"),
            (Stage::ToClean, "401"),
            (Stage::ToClean, "29"),
            (Stage::ToClean, "210"),
            (Stage::ToClean, "9"),
            (Stage::ToClean, "102"),
            (Stage::Ready, "101"),
        ],
    );
}

#[test]
fn what_is_cleaned_is_to_be_inspected_and_what_was_never_slept_in_is_not() {
    let hotel = hotel(&[
        (1, "101", json!({ "cleaned": TODAY })),
        (1, "102", json!({ "cleaned": TODAY, "inspected": TODAY })),
        (1, "103", json!({})),
        (1, "104", json!({ "asked": "2026-11-23" })),
    ]);
    goes(
        &hotel,
        &[
            (Stage::ToInspect, "101"),
            (Stage::Ready, "102"),
            (Stage::Ready, "103"),
            (Stage::Ready, "104"),
        ],
    );
}

#[test]
fn what_could_not_be_done_comes_last_with_its_note_until_it_is_clean() {
    let failed = json!({ "date": TODAY, "note": "No hot water" });
    let mut hotel = hotel(&[
        (1, "101", json!({ "asked": TODAY, "failed": failed })),
        (2, "201", occupied("2026-11-20", 5)),
    ]);
    goes(&hotel, &[(Stage::ToClean, "201"), (Stage::ToClean, "101")]);
    let last = chores(&hotel, today()).pop().unwrap();
    assert_eq!(last.housekeeping, Housekeeping::Failed);
    assert_eq!(last.trouble.as_deref(), Some("No hot water"));
    let wish = Act::Clean.wish(last.room, today()).unwrap();
    hotel.wish("c1".parse().unwrap(), wish).unwrap();
    goes(
        &hotel,
        &[(Stage::ToClean, "201"), (Stage::ToInspect, "101")],
    );
    let cleaned = chores(&hotel, today()).pop().unwrap();
    assert_eq!(
        (cleaned.trouble, cleaned.pending),
        (None, Some(Progress::Sending))
    );
}

#[test]
fn a_problem_is_told_in_words_that_can_be_kept() {
    let room = RoomId::try_from(1).unwrap();
    let note = |typed: &str| match problem(room, today(), typed) {
        Ok(Wish::FailCleanup(command)) => Ok(command.note.to_string()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    assert_eq!(
        note(" No key\nfor the 🚿 <b> "),
        Ok("No key for the 🚿 <b>".to_owned())
    );
    assert_eq!(note(&"🚿".repeat(500)), Ok("🚿".repeat(500)));
    assert_eq!(
        note(&"x".repeat(501)),
        Err("It is 1 character too long: leave out what can be told later.".to_owned())
    );
    assert_eq!(
        note(" \n "),
        Err("Say in a few words what is wrong.".to_owned())
    );
    assert!(
        note("bell \u{7}")
            .unwrap_err()
            .starts_with("There is a character")
    );
}

#[test]
fn what_one_has_done_shows_at_once_and_by_itself_only_until_the_view_has_it() {
    let mut hotel = hotel(&[(1, "101", json!({ "asked": TODAY }))]);
    let room = RoomId::try_from(1).unwrap();
    let mark = |hotel: &Hotel| {
        let chore = chores(hotel, today()).pop().unwrap();
        (chore.housekeeping, chore.pending.is_some())
    };
    let failed = problem(room, today(), "No key").unwrap();
    let acts = [Act::Clean, Act::Inspect, Act::Again].map(|act| act.wish(room, today()).unwrap());
    let [clean, inspect, again] = acts;
    // It is not clean yet.
    let refused = hotel.wish("c0".parse().unwrap(), inspect.clone());
    assert_eq!(refused.unwrap_err().code, "not-clean");
    let steps = [
        ("c1", clean, Housekeeping::Clean),
        ("c2", inspect, Housekeeping::Inspected),
        ("c3", failed, Housekeeping::Failed),
        ("c4", again, Housekeeping::Failed),
    ];
    for (id, wish, expected) in steps {
        hotel.wish(id.parse().unwrap(), wish).unwrap();
        assert_eq!(mark(&hotel), (expected, true), "{id}");
    }
    for (sequence, id) in (7..).zip(["c1", "c2", "c3", "c4"]) {
        let stream = "room-cleanup".into();
        let event = shared::outcome::EventPointer { stream, sequence };
        hotel.done(&id.parse().unwrap(), event, None);
    }
    assert_eq!(mark(&hotel), (Housekeeping::Failed, true));
    let view = json!({
        "id": 1, "name": "101", "type": "double", "floor": 1, "asked": TODAY,
        "position": { "room": 1, "room-booking": 0, "room-cleanup": 10 },
    });
    let told = hotel.apply_room("1", 100, Some(view.to_string().as_bytes()));
    assert!(told.is_ok(), "{told:?}");
    assert_eq!(mark(&hotel), (Housekeeping::Asked, false));
}
