//! A guest who wants to be forgotten: where the name is before, and that it is nowhere afterwards, but for what ends by itself.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::StreamExt;
use jetstream_es::history;
use serde_json::{Value, json};
use shared::bookings::{StayStatus, StayView};
use vacancy_backend::views;

use crate::hotel::{Hotel, arrival, envelope, event, new_id, until};
use crate::operate::{lines, run};

const NAME: &str = "Wilhelmina Murray";

/// What has been sent and answered is kept for so long as it may be asked for: 14 days, and the answers for one.
const WHILE_IT_MAY_BE_ASKED: [&str; 3] = ["KV_outcomes", "audit", "commands"];

fn booking(room: u32, client: u64, name: &str, date: &str) -> Value {
    json!({"room": {"id": room}, "client": {"id": client, "name": name}, "date": date})
}

fn about(room: u32, booking: &str, date: &str) -> Value {
    json!({"room": {"id": room}, "booking": booking, "date": date})
}

/// Client 7 has been in room 1, has cancelled room 2, and Jonathan, who is client 8, is in room 1 now.
async fn after_some_stays() -> Hotel {
    let hotel = Hotel::with_rooms(3).await;
    hotel
        .done("book-room", booking(1, 7, NAME, "2022-12-12"))
        .await;
    hotel.done("checkin", arrival(1, 7, "2022-12-12")).await;
    let left = about(1, "7_2022-12-12", "2022-12-13");
    hotel.done("checkout", left).await;
    hotel
        .done("book-room", booking(2, 7, NAME, "2022-12-20"))
        .await;
    let cancelled = json!({"room": {"id": 2}, "booking": "7_2022-12-20"});
    hotel.done("cancel", cancelled).await;
    hotel
        .done("cleanup", json!({"room": {"id": 1}, "date": "2022-12-13"}))
        .await;
    let jonathan = booking(1, 8, "Jonathan Harker", "2022-12-13");
    hotel.done("book-room", jonathan).await;
    hotel.done("checkin", arrival(1, 8, "2022-12-13")).await;
    hotel
}

/// The streams with a message that has the text in its payload or headers.
async fn streams_with(hotel: &Hotel, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let jetstream = hotel.jetstream();
    let mut names = jetstream.stream_names();
    while let Some(name) = names.next().await {
        let (name, mut after) = (name.unwrap(), 0);
        loop {
            let page = history::page(&hotel.connection, &name, ">", after).await;
            let page = page.unwrap();
            let Some(last) = page.last() else { break };
            after = last.sequence;
            let has = |message: &jetstream_es::StoredMessage| {
                let payload = String::from_utf8_lossy(&message.payload);
                payload.contains(text) || format!("{:?}", message.headers).contains(text)
            };
            if page.iter().any(has) {
                found.insert(name.clone());
            }
        }
    }
    found
}

/// The streams in whose files the bytes are, whether they still belong to a message or not.
fn files_with(hotel: &Hotel, bytes: &[u8]) -> BTreeSet<String> {
    fn has(folder: &Path, bytes: &[u8]) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return has(&path, bytes);
            }
            let file = std::fs::read(&path).unwrap_or_default();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
    }
    let streams = hotel.server.folder().join("jetstream/APP/streams");
    let streams = std::fs::read_dir(streams).unwrap().map(Result::unwrap);
    let with = streams.filter(|stream| has(&stream.path(), bytes));
    with.map(|stream| stream.file_name().into_string().unwrap())
        .collect()
}

fn those<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(ToOwned::to_owned).into()
}

async fn views_with(hotel: &Hotel, text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for view in views::names() {
        let page = hotel.backend.get(&format!("/views/{view}")).await;
        if page.text().await.unwrap().contains(text) {
            found.push(view);
        }
    }
    found
}

async fn erase(hotel: &Hotel, client: u64) {
    hotel
        .done("erase-guest", json!({"client": {"id": client}}))
        .await;
}

async fn until_nameless(hotel: &Hotel, key: &str) -> StayView {
    let nameless = |stay: &StayView| stay.client.name.is_none();
    hotel.until_value("stays", key, nameless).await
}

#[tokio::test]
async fn a_name_that_was_erased_is_nowhere_that_lasts() {
    let hotel = after_some_stays().await;
    let named = |stay: &StayView| stay.status == StayStatus::CheckedOut;
    hotel.until_value("stays", "1.7_2022-12-12", named).await;
    let everywhere = those(["KV_outcomes", "KV_stays", "audit", "commands"]);
    until("the audit has it", async || {
        (streams_with(&hotel, NAME).await == everywhere).then_some(())
    })
    .await;
    assert_eq!(views_with(&hotel, NAME).await, ["stays"]);
    assert!(!files_with(&hotel, NAME.as_bytes()).contains("room-booking"));

    let keys = hotel.jetstream().get_key_value("guest-keys").await.unwrap();
    let key = keys.get("7").await.unwrap().unwrap();
    let output = run(&hotel, "guest", &["erase", "7"]).await;
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("The name of client 7 is erased from all stays."),
        "{told}"
    );

    let stay = until_nameless(&hotel, "1.7_2022-12-12").await;
    assert_eq!(stay.status, StayStatus::CheckedOut);
    until_nameless(&hotel, "2.7_2022-12-20").await;
    assert_eq!(
        streams_with(&hotel, NAME).await,
        those(WHILE_IT_MAY_BE_ASKED)
    );
    assert_eq!(views_with(&hotel, NAME).await, Vec::<&str>::new());
    assert!(keys.get("7").await.unwrap().is_none());
    assert_eq!(files_with(&hotel, &key), those([]), "the key is in a file");
    // What was overwritten in `stays` is in its file until the server writes that anew.
    let mut files = files_with(&hotel, NAME.as_bytes());
    files.remove("KV_stays");
    assert_eq!(files, those(WHILE_IT_MAY_BE_ASKED));

    // Others have their names, and go on.
    let jonathan: StayView = hotel.value("stays", "1.8_2022-12-13").await.unwrap();
    assert_eq!(jonathan.client.name.unwrap().as_str(), "Jonathan Harker");
    let left = about(1, "8_2022-12-13", "2022-12-14");
    hotel.done("checkout", left).await;
    let gone = |stay: &StayView| stay.status == StayStatus::CheckedOut;
    let jonathan = hotel.until_value("stays", "1.8_2022-12-13", gone).await;
    assert!(jonathan.client.name.is_some());
}

#[tokio::test]
async fn views_that_are_made_anew_are_the_same() {
    let hotel = after_some_stays().await;
    erase(&hotel, 7).await;
    let stay = until_nameless(&hotel, "1.7_2022-12-12").await;
    until_nameless(&hotel, "2.7_2022-12-20").await;
    let output = run(&hotel, "replay", &["views", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    for line in lines(&output) {
        assert_eq!(
            (&line["written"], &line["deleted"]),
            (&json!(0), &json!(0)),
            "{line}"
        );
        assert_eq!(line["unreadable"], 0, "{line}");
    }
    assert_eq!(
        hotel.value::<StayView>("stays", "1.7_2022-12-12").await,
        Some(stay)
    );
}

#[tokio::test]
async fn whoever_is_expected_keeps_the_name_and_whoever_is_unknown_has_none() {
    let hotel = after_some_stays().await;
    let refused = async |client: u64| {
        let refusal = hotel
            .refused("erase-guest", json!({"client": {"id": client}}))
            .await;
        (refusal.code.into_owned(), refusal.message)
    };
    let (code, message) = refused(8).await;
    assert_eq!(code, "guest-expected");
    assert!(
        message.contains("8_2022-12-13") && message.contains("room 101"),
        "{message}"
    );
    hotel
        .done("book-room", booking(3, 7, NAME, "2022-12-25"))
        .await;
    let (code, message) = refused(7).await;
    assert_eq!(code, "guest-expected");
    assert!(
        message.contains("7_2022-12-25") && message.contains("room 103"),
        "{message}"
    );
    let first: StayView = hotel.value("stays", "1.7_2022-12-12").await.unwrap();
    assert_eq!(
        first.client.name.unwrap().as_str(),
        NAME,
        "nothing was erased"
    );
    assert_eq!(refused(9).await.0, "no-such-guest");
}

#[tokio::test]
async fn a_guest_who_comes_again_is_known_again_and_an_erasure_that_comes_again_changes_nothing() {
    let hotel = after_some_stays().await;
    let (id, data) = (new_id(), json!({"client": {"id": 7}}));
    let done = hotel.send("erase-guest", &id, data.clone()).await;
    until_nameless(&hotel, "1.7_2022-12-12").await;
    let again = "Mina Harker";
    hotel
        .done("book-room", booking(3, 7, again, "2022-12-25"))
        .await;

    // The same command once more, as after a crash before it was acknowledged.
    let payload = envelope("erase-guest", &id, data).to_string();
    let (subject, outcome) = (
        "cmd.hotel.test.erase-guest",
        format!("outcome.hotel.test.{id}"),
    );
    let told = hotel.answer(subject, None, payload, &outcome).await;
    assert_eq!(event(&told), event(&done));
    let output = run(&hotel, "replay", &["views", "stays"]).await;
    assert!(output.status.success(), "{output:?}");
    let name = |stay: Option<StayView>| stay.unwrap().client.name.map(|name| name.to_string());
    assert_eq!(
        name(hotel.value("stays", "3.7_2022-12-25").await).as_deref(),
        Some(again)
    );
    assert_eq!(name(hotel.value("stays", "1.7_2022-12-12").await), None);

    // One that finds nothing more to do is done, too.
    hotel
        .done(
            "cancel",
            json!({"room": {"id": 3}, "booking": "7_2022-12-25"}),
        )
        .await;
    erase(&hotel, 7).await;
    erase(&hotel, 7).await;
    until_nameless(&hotel, "3.7_2022-12-25").await;
}

#[tokio::test]
async fn a_name_goes_with_the_guest_to_another_room_and_survives_a_restart() {
    let mut hotel = Hotel::with_rooms(2).await;
    hotel
        .done("book-room", booking(1, 7, NAME, "2022-12-12"))
        .await;
    hotel.backend.stop().await;
    hotel.start_backend();
    hotel.backend.until_health_is(200).await;
    let moved = json!({"room": {"id": 1}, "booking": "7_2022-12-12", "to": {"id": 2}});
    hotel.done("change-stay", moved).await;
    let named = |stay: &StayView| stay.client.name.is_some();
    hotel.until_value("stays", "2.7_2022-12-12", named).await;
    assert!(!streams_with(&hotel, NAME).await.contains("room-booking"));
}

/// What the hotel was told before names were sealed.
#[tokio::test]
async fn a_name_of_before_is_shown_and_goes_from_the_views() {
    let hotel = Hotel::with_rooms(1).await;
    let plain = include_str!("../golden/booking/vacancy.booking.room-booked.v1.json");
    hotel
        .publish("booking.1.2022-12-12.7_2022-12-12", None, plain)
        .await;
    let named = |stay: &StayView| stay.client.name.is_some();
    hotel.until_value("stays", "1.7_2022-12-12", named).await;
    hotel
        .done(
            "cancel",
            json!({"room": {"id": 1}, "booking": "7_2022-12-12"}),
        )
        .await;
    erase(&hotel, 7).await;
    until_nameless(&hotel, "1.7_2022-12-12").await;
    let output = run(&hotel, "replay", &["views", "stays"]).await;
    assert!(output.status.success(), "{output:?}");
    until_nameless(&hotel, "1.7_2022-12-12").await;
    // In the event itself it is for ever.
    assert!(
        streams_with(&hotel, "Ada Lovelace")
            .await
            .contains("room-booking")
    );
}

#[tokio::test]
async fn an_erasure_goes_on_where_it_was_when_the_backend_died() {
    const ROOMS: u32 = 12;
    let mut hotel = Hotel::with_rooms(ROOMS).await;
    for room in 1..=ROOMS {
        hotel
            .done("book-room", booking(room, 7, NAME, "2022-12-12"))
            .await;
        let cancelled = json!({"room": {"id": room}, "booking": "7_2022-12-12"});
        hotel.done("cancel", cancelled).await;
    }
    let before = hotel.count("room-booking").await;
    let id = new_id();
    let payload = envelope("erase-guest", &id, json!({"client": {"id": 7}})).to_string();
    hotel
        .publish("cmd.hotel.test.erase-guest", Some(&id), payload)
        .await;
    until("the first stay", async || {
        (hotel.count("room-booking").await > before).then_some(())
    })
    .await;
    hotel.backend.kill();
    hotel.start_backend();

    for room in 1..=ROOMS {
        until_nameless(&hotel, &format!("{room}.7_2022-12-12")).await;
    }
    let keys = hotel.jetstream().get_key_value("guest-keys").await.unwrap();
    until("the key is gone", async || {
        keys.get("7").await.unwrap().is_none().then_some(())
    })
    .await;
    assert_eq!(
        hotel.count("room-booking").await,
        before + u64::from(ROOMS),
        "each once"
    );
}
