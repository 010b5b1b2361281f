//! `vacancy command`, as a program: what it prints, and its exit codes.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::hotel::{Hotel, new_id, program, stay};
use crate::operate::{lines, run};

const BOOK: [&str; 7] = [
    "book-room",
    "--room",
    "1",
    "--client",
    "7",
    "--date",
    "2031-03-01",
];

/// The arguments for the booking, and more.
fn book<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&BOOK[..], more].concat()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test]
async fn what_became_of_a_command_is_told_and_what_is_next() {
    let hotel = Hotel::with_rooms(1).await;
    let id = new_id();
    let arguments = book(&["--client-name", "Ada", "--id", &id, "--wait", "30"]);
    let done = run(&hotel, "command", &arguments).await;
    assert!(done.status.success(), "{done:?}");
    let first_lines = format!(
        "{id} is done: event 1 of room-booking\n  Room 101 is booked for Ada from 2031-03-01 to 2031-03-02.\n"
    );
    assert!(out(&done).starts_with(&first_lines), "{}", out(&done));
    let undo = format!("to undo it: vacancy command undo --room 1 --command {id}\n");
    assert!(out(&done).contains(&undo), "{}", out(&done));
    let view = r#"  stays 1.7_2031-03-01: {"room":1,"client":{"id":7,"name":"Ada"}"#;
    assert!(out(&done).contains(view), "{}", out(&done));

    // The same id is the same command, which is not even sent again; and it is no other command's.
    let sent = hotel.count("commands").await;
    let again = run(&hotel, "command", &arguments).await;
    assert_eq!(out(&again), out(&done));
    let other = book(&["--id", &id, "--nights", "2"]);
    let other = run(&hotel, "command", &other).await;
    assert_eq!(other.status.code(), Some(3), "{other:?}");
    assert!(
        said(&other).contains("was used for another command"),
        "{other:?}"
    );
    assert_eq!(hotel.count("commands").await, sent);

    let refused = run(&hotel, "command", &book(&["--wait", "30"])).await;
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let text = out(&refused);
    assert!(
        text.contains("is refused: room-taken\n  Room 101 is taken"),
        "{text}"
    );
    assert!(text.contains("to correct: --date <YYYY-MM-DD>"), "{text}");
}

#[tokio::test]
async fn for_programs_it_is_what_http_says_of_the_command() {
    let hotel = Hotel::with_rooms(1).await;
    let arguments = book(&["--user", "http", "--wait", "30", "--json"]);
    let done = run(&hotel, "command", &arguments).await;
    let told = lines(&done).remove(0);
    assert_eq!(told["decision"], "done");
    let path = format!("/commands/{}", told["command"].as_str().unwrap());
    let http: Value = hotel.backend.get(&path).await.json().await.unwrap();
    assert_eq!(told, http);
}

#[tokio::test]
async fn a_command_that_is_not_decided_in_time_is_asked_for_again() {
    let mut hotel = Hotel::with_rooms(1).await;
    assert!(hotel.backend.stop().await.success());
    let accepted = run(&hotel, "command", &book(&[])).await;
    assert!(accepted.status.success(), "{accepted:?}");
    let id = out(&accepted).trim_end();
    assert_eq!(id.parse::<uuid::Uuid>().unwrap().to_string(), id);

    let late = run(&hotel, "command", &book(&["--id", id, "--wait", "1"])).await;
    assert_eq!(late.status.code(), Some(4), "{late:?}");
    assert!(
        out(&late).contains("was not decided within 1 s"),
        "{late:?}"
    );
    let json = run(&hotel, "command", &book(&["--id", id, "--json"])).await;
    assert_eq!(
        lines(&json),
        [json!({"command": id, "decision": "accepted"})]
    );

    hotel.start_backend();
    let done = run(&hotel, "command", &book(&["--id", id, "--wait", "30"])).await;
    assert!(done.status.success(), "{done:?}");
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn a_parked_command_has_an_exit_code_of_its_own() {
    let hotel = Hotel::with_rooms(1).await;
    hotel
        .publish("booking.1.2022-12-01.9_2022-12-01", None, "not an event")
        .await;
    let parked = run(&hotel, "command", &book(&["--wait", "30"])).await;
    assert_eq!(parked.status.code(), Some(5), "{parked:?}");
    let hint = "is parked: vacancy dlq show commands.room-1.commands.";
    assert!(out(&parked).contains(hint), "{parked:?}");
    let published = stay(1, 7, "2031-04-01", 1).to_string();
    let published = ["book-room", &published, "--wait", "30"];
    let parked = run(&hotel, "publish", &published).await;
    assert_eq!(parked.status.code(), Some(5), "{parked:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_not_sent() {
    let hotel = Hotel::with_rooms(1).await;
    let sent = hotel.count("commands").await;
    let flags = ["--room", "1", "--client", "1", "--date", "2031-02-30"];
    for (arguments, message) in [
        (
            &[&["book-room"], &flags[..]].concat()[..],
            "date: 2031-02-30 is not a day of the calendar; it is said by --date <YYYY-MM-DD>",
        ),
        (
            &["cleanup", "--room", "1"],
            "date: missing field `date`; it is said by --date <YYYY-MM-DD>",
        ),
        (&["cleanup", "--data", "{"], "this is not JSON: "),
        (
            &["cleanup", "--data", r#"{"room":{"id":1},"room":{"id":2}}"#],
            "room: duplicate field `room`",
        ),
        (&["cleanup", "--bed", "king"], "unexpected argument '--bed'"),
        (&["paint-room"], "unrecognized subcommand 'paint-room'"),
    ] {
        let output = run(&hotel, "command", arguments).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    assert_eq!(hotel.count("commands").await, sent);
}

#[tokio::test]
async fn the_whole_data_may_come_from_the_standard_input() {
    let hotel = Hotel::with_rooms(1).await;
    let mut program = program(&hotel.server.url(), "command");
    program
        .args(["book-room", "--data", "-", "--wait", "30"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let data = stay(1, 7, "2031-03-01", 2).to_string();
    let run = tokio::task::spawn_blocking(move || {
        let mut process = program.spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        writeln!(stdin, "{data}").unwrap();
        drop(stdin);
        process.wait_with_output().unwrap()
    });
    let output = run.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        out(&output).contains("is done: event 1 of room-booking"),
        "{output:?}"
    );
}
