//! The tools for operators, as programs: what they print, and their exit codes.

use std::process::Output;

use serde_json::{Value, json};

use crate::hotel::{Hotel, new_id, program, stay, until};

/// Runs `vacancy TASK ARGUMENTS` to its end.
pub(crate) async fn run(hotel: &Hotel, task: &str, arguments: &[&str]) -> Output {
    let mut program = program(&hotel.server.url(), task);
    program.args(arguments);
    let run = tokio::task::spawn_blocking(move || program.output());
    run.await.unwrap().unwrap()
}

/// The JSON objects that were printed.
pub(crate) fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

#[tokio::test]
async fn streams_are_listed_with_what_they_hold() {
    let hotel = Hotel::with_rooms(2).await;
    let output = run(&hotel, "streams", &["--json"]).await;
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let of = |name: &str| lines.iter().find(|line| line["name"] == name).unwrap();
    assert_eq!(of("room")["messages"], 2);
    assert_eq!(of("commands")["messages"], 2);
    assert_eq!(of("KV_stays")["messages"], 0);
    let consumers = of("commands")["consumers"].as_array().unwrap();
    assert_eq!(consumers.len(), 1, "{consumers:?}");

    let output = run(&hotel, "streams", &[]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("room-booking"), "{text}");
}

#[tokio::test]
async fn a_missing_stream_is_told_by_the_exit_code() {
    let server = jetstream_es::testing::Server::start().await;
    let mut program = program(&server.url(), "streams");
    let output = tokio::task::spawn_blocking(move || program.output());
    let output = output.await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no stream room-booking"), "{said}");
}

#[tokio::test]
async fn a_command_is_published_and_its_outcome_is_the_exit_code() {
    let hotel = Hotel::with_rooms(1).await;
    let data = stay(1, 7, "2022-12-12", 2).to_string();
    let id = new_id();
    let arguments = ["book-room", &data, "--wait", "30", "--json", "--id", &id];
    let output = run(&hotel, "publish", &arguments).await;
    assert!(output.status.success(), "{output:?}");
    let done = &lines(&output)[0];
    assert_eq!(done["command"], *id);
    assert_eq!(done["event"]["stream"], "room-booking");

    // The same id is the same command, whoever sends it again.
    let again = run(&hotel, "publish", &arguments).await;
    assert_eq!(lines(&again)[0]["event"], done["event"]);
    assert_eq!(hotel.count("room-booking").await, 1);

    let arguments = ["book-room", &data, "--wait", "30"];
    let refused = run(&hotel, "publish", &arguments).await;
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let text = String::from_utf8(refused.stdout).unwrap();
    assert!(text.contains("is refused: Room 101 is taken"), "{text}");

    for wrong in [["paint-room", "{}"], ["book-room", "{"]] {
        let output = run(&hotel, "publish", &wrong).await;
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{output:?}"
        );
    }
}

#[tokio::test]
async fn the_audit_has_each_command_with_its_outcome() {
    let hotel = Hotel::with_rooms(1).await;
    let before = new_id();
    hotel
        .send("book-room", &before, stay(1, 7, "2022-12-12", 2))
        .await;
    let taken = new_id();
    hotel
        .send("book-room", &taken, stay(1, 8, "2022-12-13", 1))
        .await;
    // The server copies what is stored a moment later.
    let entries = until("the audit", async || {
        let output = run(&hotel, "audit", &["--json", "--command", "book-room"]).await;
        assert!(output.status.success(), "{output:?}");
        let entries = lines(&output);
        let decided = entries
            .iter()
            .filter(|entry| entry.get("outcome").is_some());
        (decided.count() == 2).then_some(entries)
    })
    .await;
    let of = |id: &str| entries.iter().find(|entry| entry["id"] == id).unwrap();
    let done = of(&before);
    assert_eq!(done["outcome"]["decision"], "done");
    assert_eq!(done["actor"], "hotel/test");
    assert_eq!(done["type"], "vacancy.booking.book-room.v1");
    assert_eq!(done["subject"], "cmd.hotel.test.book-room");
    assert!(done["time"].is_string(), "{done}");
    assert_eq!(of(&taken)["outcome"]["refusal"]["code"], "room-taken");

    let output = run(&hotel, "audit", &["--id", &taken, "--since", "1h"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("refused (room-taken)") && text.lines().count() == 1,
        "{text}"
    );
    let nobody = run(&hotel, "audit", &["--actor", "guest/nobody"]).await;
    assert!(
        nobody.status.success() && nobody.stdout.is_empty(),
        "{nobody:?}"
    );
}

#[tokio::test]
async fn nothing_is_removed_from_the_audit() {
    let hotel = Hotel::with_rooms(1).await;
    let mut stream = hotel.jetstream().get_stream("audit").await.unwrap();
    until("the copies", async || {
        let info = stream.info().await.unwrap();
        // A command, its event and its outcome.
        (info.state.messages == 3).then_some(())
    })
    .await;
    stream.delete_message(1).await.unwrap_err();
    stream.purge().await.unwrap_err();
}

#[tokio::test]
async fn a_durable_listener_goes_on_where_it_was() {
    let hotel = Hotel::with_rooms(3).await;
    let arguments = ["room", "--from-start", "--durable", "printer", "--count"];
    let listen = async |count: &str| {
        let output = run(&hotel, "listen", &[&arguments[..], &[count]].concat()).await;
        assert!(output.status.success(), "{output:?}");
        let lines = lines(&output);
        let rooms = lines
            .iter()
            .map(|event| event["data"]["room"]["id"].clone());
        rooms.collect::<Vec<_>>()
    };
    assert_eq!(listen("2").await, [json!(1), json!(2)]);
    assert_eq!(listen("1").await, [json!(3)]);
}

#[tokio::test]
async fn read_models_are_made_anew_while_they_serve() {
    let hotel = Hotel::with_rooms(2).await;
    hotel.done("book-room", stay(1, 7, "2022-12-12", 2)).await;
    let key = "1.7_2022-12-12";
    let before: Value = hotel.until_value("stays", key, |_: &Value| true).await;
    // Somebody has written what the events do not say.
    let stays = hotel.jetstream().get_key_value("stays").await.unwrap();
    let wrong = json!({"room": 1, "note": "wrong"}).to_string();
    stays.put(key, wrong.into()).await.unwrap();
    stays.put("9.9_2022-12-12", "{}".into()).await.unwrap();

    let output = run(&hotel, "replay", &["views", "stays", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    let line = &lines(&output)[0];
    assert_eq!(
        (&line["view"], &line["events"]),
        (&json!("stays"), &json!(1))
    );
    assert_eq!((&line["written"], &line["deleted"]), (&json!(1), &json!(1)));
    assert_eq!(hotel.value::<Value>("stays", key).await, Some(before));
    assert_eq!(hotel.value::<Value>("stays", "9.9_2022-12-12").await, None);

    let output = run(&hotel, "replay", &["views"]).await;
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("vacancy") && text.contains("rooms"), "{text}");
}

#[tokio::test]
async fn old_events_are_printed_by_type_and_time() {
    let hotel = Hotel::with_rooms(3).await;
    let ids = async |more: &[&str]| {
        let output = run(&hotel, "replay", &[&["events", "room"], more].concat()).await;
        assert!(output.status.success(), "{output:?}");
        let lines = lines(&output);
        lines
            .iter()
            .map(|event| event["data"]["room"]["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]).await, [json!(1), json!(2), json!(3)]);
    assert_eq!(ids(&["--subject", "room.2"]).await, [json!(2)]);
    assert_eq!(ids(&["--after", "2"]).await, [json!(3)]);
    assert!(ids(&["--until", "2022-01-01T00:00:00Z"]).await.is_empty());
    assert!(
        ids(&["--type", "vacancy.rooms.room-painted.v1"])
            .await
            .is_empty()
    );
    let added = [
        "--type",
        "vacancy.rooms.room-added.v1",
        "--from",
        "2022-01-01T00:00:00Z",
    ];
    assert_eq!(ids(&added).await.len(), 3);
}

#[tokio::test]
async fn what_was_parked_is_listed_tried_again_and_discarded() {
    let hotel = Hotel::with_rooms(1).await;
    // There is no such account, so nobody can be answered.
    hotel
        .publish("cmd.nobody.test.cleanup", Some(&new_id()), "{}")
        .await;
    let list = async |more: &[&str]| {
        let output = run(&hotel, "dlq", &[&["list", "--json"], more].concat()).await;
        assert!(output.status.success(), "{output:?}");
        lines(&output)
    };
    let parked = async |attempts: usize| {
        until("the letter", async || {
            let letters = list(&[]).await;
            let [letter] = &letters[..] else { return None };
            let tried = letter["attempts"].as_array()?.len() >= attempts;
            (tried && letter["state"] == "parked").then(|| letter.clone())
        })
        .await
    };
    let letter = parked(1).await;
    let name = letter["name"].as_str().unwrap();
    assert_eq!(letter["pointer"]["subject"], "cmd.nobody.test.cleanup");

    let shown = run(&hotel, "dlq", &["show", name]).await;
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("of commands, on cmd.nobody.test.cleanup"),
        "{text}"
    );

    let retried = run(&hotel, "dlq", &["retry", name, "--user", "otto"]).await;
    assert!(retried.status.success(), "{retried:?}");
    let letter = parked(2).await;
    assert_eq!(
        (&letter["changes"][1]["state"], &letter["changes"][1]["by"]),
        (&json!("retrying"), &json!("otto")),
        "{letter}"
    );

    let discarded = run(&hotel, "dlq", &["discard", name]).await;
    assert!(discarded.status.success(), "{discarded:?}");
    assert!(list(&[]).await.is_empty());
    assert_eq!(list(&["--all"]).await[0]["state"], "discarded");
    for task in ["retry", "discard"] {
        let again = run(&hotel, "dlq", &[task, name]).await;
        assert_eq!(again.status.code(), Some(3), "{again:?}");
    }
    let unknown = run(&hotel, "dlq", &["show", "commands.room-1.commands.999"]).await;
    assert_eq!(unknown.status.code(), Some(3), "{unknown:?}");
}
