//! What other programs, in another language, make of the hotel's contracts: each document is valid by its standard's own
//! tool, a program whose types are made from AsyncAPI books a room, and the CloudEvents of the one are read by the other. What the
//! documents say of a running hotel is true of one: [`openapi`], [`jetstream`].

mod jetstream;
mod openapi;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use async_nats::HeaderMap;
use futures_util::StreamExt;
use serde_json::{Value, json};
use vacancy_tests::hotel::Hotel;
use vacancy_tests::{nats, tools};

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts")
}

/// Runs a program for Node.js among the peers to its end; what it says is JSON, each on a line.
#[track_caller]
fn node(program: &Path, arguments: &[&str], input: &[Value]) -> Vec<Value> {
    let mut process = Command::new(tools::node())
        .arg(program)
        .args(arguments)
        .current_dir(tools::peers())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Node.js");
    let mut stdin = process.stdin.take().expect("a pipe");
    for line in input {
        writeln!(stdin, "{line}").expect("a program that reads");
    }
    drop(stdin);
    let output = process.wait_with_output().expect("a program that ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{} failed: {said}{}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = said.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("JSON")).collect()
}

#[test]
fn each_document_is_valid_by_the_tool_of_its_standard() {
    let folder = contracts();
    let said = node(
        Path::new("contracts/validate.js"),
        &[&folder.to_string_lossy()],
        &[],
    );
    assert!(said[0]["schemas"].as_u64() > Some(40), "{said:?}");
    assert!(said[0]["operations"].as_u64() > Some(100), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_types_made_from_asyncapi_books_a_room() {
    let hotel = Hotel::with_rooms(1).await;
    // Within the peers, for Node.js and tsc look for libraries from there on upwards.
    let peers = tools::peers();
    let folder = tempfile::tempdir_in(peers.join("contracts")).expect("a folder");
    let models = folder.path().join("models.ts");
    for file in ["front_desk.ts", "tsconfig.json"] {
        let from = peers.join("contracts").join(file);
        std::fs::copy(from, folder.path().join(file)).expect("a copy");
    }
    let document = contracts().join("asyncapi.json");
    let arguments = [document.to_string_lossy(), models.to_string_lossy()];
    node(
        Path::new("contracts/models.js"),
        &arguments.each_ref().map(AsRef::as_ref),
        &[],
    );
    let project = folder.path().to_string_lossy().into_owned();
    let tsc = peers.join("node_modules/typescript/bin/tsc");
    node(&tsc, &["--project", &project], &[]);

    let program = folder.path().join("built/front_desk.js");
    let (server, password) = (hotel.nats.url(), nats::password("backend"));
    let said = node(&program, &[&server, "backend", &password], &[]);
    assert_eq!(said[0]["outcome"]["event"]["stream"], "room-booking");
    assert_eq!(said[0]["stay"]["status"], "booked");
    assert_eq!(said[0]["stay"]["client"]["name"], "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_of_cloudevents_writes_what_is_read_and_reads_what_is_written() {
    let hotel = Hotel::with_rooms(1).await;
    let program = Path::new("contracts/cloud_events.js");
    let write = |id: &str, date: &str| {
        json!({ "write": {
            "id": id,
            "type": "vacancy.housekeeping.cleanup.v1",
            "source": "/sdk",
            "data": { "room": { "id": 1 }, "date": date },
        }})
    };
    let written = node(
        program,
        &[],
        &[
            write("structured", "2022-12-12"),
            write("binary", "2022-12-13"),
        ],
    );
    let mut read = Vec::new();
    for (message, id) in [
        (&written[0]["structured"], "structured"),
        (&written[1]["binary"], "binary"),
    ] {
        let mut outcomes = hotel
            .client()
            .subscribe(format!("outcome.hotel.sdk.{id}"))
            .await
            .expect("a subscription");
        let mut headers = HeaderMap::new();
        for (name, value) in message["headers"].as_object().expect("headers") {
            headers.insert(name.as_str(), value.as_str().expect("a text"));
        }
        let body = message["body"].as_str().expect("a body").to_owned();
        let jetstream = hotel.jetstream();
        let sent = jetstream.publish_with_headers("cmd.hotel.sdk.cleanup", headers, body.into());
        let ack = sent.await.expect("a connection");
        ack.await.expect("a PubAck");
        let outcome = outcomes.next().await.expect("an outcome");
        let outcome: Value = serde_json::from_slice(&outcome.payload).expect("JSON");
        assert_eq!(outcome["decision"], "done", "{outcome}");

        // The event that it led to, as it is in its stream.
        let stream = hotel.jetstream().get_stream("room-cleanup").await;
        let sequence = outcome["event"]["sequence"].as_u64().expect("a sequence");
        let event = stream.expect("a stream").get_raw_message(sequence).await;
        let event = event.expect("an event");
        let content_type = event.headers.get("Content-Type").expect("a content type");
        read.push(json!({ "read": {
            "headers": { "content-type": content_type.as_str() },
            "body": String::from_utf8_lossy(&event.payload),
        }}));
    }
    let events = node(program, &[], &read);
    for (event, id) in events.iter().zip(["structured", "binary"]) {
        assert_eq!(event["type"], "vacancy.housekeeping.room-cleaned.v1");
        assert_eq!(event["causationid"], id);
        assert_eq!(event["data"]["room"]["id"], 1);
    }
}
