//! Who may say and hear what, tried over the browser's own WebSocket.

use futures_util::StreamExt;
use serde_json::{Value, json};
use shared::cloud_event::CloudEvent;
use shared::subjects::{OutcomeKey, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vacancy_tests::hotel::{self, Hotel, PASSWORD, booking, today};
use vacancy_tests::nats::{NatsServer, Options};
use vacancy_tests::wait;
use vacancy_tests::wire::{Verdict, Wire};

/// The port that the servers without a backend let pages in from; nobody listens on it.
const PAGE: u16 = 8080;
const ORIGIN: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn a_command_arrives_in_the_name_of_the_one_who_is_logged_in() {
    let hotel = Hotel::with_rooms(1).await;
    let mut wire = hotel.page(Some("frontdesk")).await;
    let id = hotel::new_id();
    let mut event = CloudEvent::command(
        id.clone(),
        "/forged",
        hotel::now(),
        booking(1, 2, "Ada", today(), 1),
    );
    // The message may say what it likes of its sender.
    event.actor = Some("hotel/manager".parse().unwrap());
    let payload = serde_json::to_vec(&event).unwrap();
    let user = "frontdesk".parse().unwrap();
    for subject in ["_INBOX.frontdesk.ack", &OutcomeKey::in_browser(&user, &id)] {
        assert_eq!(wire.subscribe(subject, None).await, Verdict::Allowed);
    }
    let ack = "_INBOX.frontdesk.ack";
    let verdict = wire
        .publish_with_reply("cmd.frontdesk.book-room", ack, &payload)
        .await;
    assert_eq!(verdict, Verdict::Allowed);

    let (one, two) = (wire.delivery().await, wire.delivery().await);
    let (ack, outcome) = if one.subject == ack {
        (one, two)
    } else {
        (two, one)
    };
    let ack: Value = serde_json::from_str(&ack.payload).unwrap();
    assert_eq!(ack["stream"], Stream::Commands.name());
    let outcome: Value = serde_json::from_str(&outcome.payload).unwrap();
    assert_eq!(outcome["decision"], "done", "{outcome}");
    let subjects = hotel.subjects(Stream::Commands).await;
    assert_eq!(subjects["cmd.frontdesk.frontdesk.book-room"], 1);
    let events = hotel.messages(Stream::RoomBooking, 1).await;
    assert_eq!(events[0]["actor"], "frontdesk/frontdesk");
    assert_eq!(events[0]["causationid"], id.as_str());
    assert_eq!(events[0]["correlationid"], id.as_str());
}

#[tokio::test]
async fn nobody_hears_the_outcome_of_somebody_elses_command() {
    let hotel = Hotel::with_rooms(1).await;
    let mut wires = Vec::new();
    for user in ["frontdesk", "housekeeping"] {
        let mut wire = hotel.page(Some(user)).await;
        let own = format!("outcome.{user}.>");
        assert_eq!(wire.subscribe(&own, None).await, Verdict::Allowed);
        wires.push(wire);
    }
    let mut all = hotel.client().subscribe("outcome.>").await.unwrap();
    hotel.client().flush().await.unwrap();

    hotel.book(1, 1, "Ada", today(), 1).await;

    let heard = all.next().await.unwrap();
    assert!(
        heard.subject.starts_with("outcome.hotel.test."),
        "{}",
        heard.subject
    );
    for mut wire in wires {
        assert_eq!(wire.verdict().await, Verdict::Allowed);
        assert_eq!(wire.messages, []);
    }
}

#[tokio::test]
async fn users_with_passwords_are_turned_away_from_the_door_of_browsers() {
    let hotel = Hotel::start().await;
    hotel.staff().await;
    for (user, password) in [
        // The staff have no password at this door.
        ("frontdesk", PASSWORD),
        ("frontdesk", ""),
        ("nobody", "x"),
        ("guest", "x"),
        // Known, and with the right password, but at the wrong door.
        ("backend", "backend-secret"),
        ("sys", "sys-secret"),
    ] {
        let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
        let mut wire = Wire::dial(&url, &origin).await.unwrap();
        let verdict = wire.log_in_with(Some(user), Some(password)).await;
        assert_eq!(
            verdict,
            Verdict::Denied("Authorization Violation".to_owned()),
            "{user} with {password:?}"
        );
        wire.closed().await;
    }
}

/// Says hello over TCP. Returns all that the server says until it closes the connection. (A client of a library takes the server's
/// own PING for a welcome.)
async fn over_tcp(nats: &NatsServer, user: Option<&str>) -> String {
    let address = nats.url().replace("nats://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let options = json!({ "verbose": false, "protocol": 1, "user": user, "pass": "x" });
    let hello = format!("CONNECT {options}\r\nPING\r\n");
    stream.write_all(hello.as_bytes()).await.unwrap();
    let mut said = String::new();
    let read = tokio::time::timeout(wait::DEADLINE, stream.read_to_string(&mut said)).await;
    read.expect("the end of the connection").unwrap();
    said
}

#[tokio::test]
async fn a_browsers_users_cannot_come_in_over_tcp() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    for user in [Some("frontdesk"), Some("housekeeping"), Some("guest"), None] {
        let said = over_tcp(&nats, user).await;
        assert!(
            said.contains("-ERR 'Authorization Violation'"),
            "{user:?}: {said}"
        );
        assert!(!said.contains("PONG"), "{user:?} came in over TCP: {said}");
    }
    nats.connect("backend").await.unwrap();
}

#[tokio::test]
async fn a_page_from_a_foreign_origin_is_turned_away_with_403() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    for origin in [
        "http://evil.example",
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8080",
        "http://127.0.0.1.evil.example:8080",
        "null",
    ] {
        let refused = Wire::dial(&nats.websocket_url(), origin).await;
        assert_eq!(
            refused.err().map(|status| status.as_u16()),
            Some(403),
            "{origin}"
        );
    }
    for origin in [ORIGIN, "http://localhost:8080"] {
        let shaken = Wire::dial(&nats.websocket_url(), origin).await;
        assert!(shaken.is_ok(), "{origin}");
    }
}

/// It would answer every web page in a browser of its machine.
#[tokio::test]
async fn the_server_has_no_port_for_monitoring() {
    let nats = NatsServer::start(PAGE, Options::default()).await;
    let system = nats.connect("sys").await.unwrap();
    let answer = system.request("$SYS.REQ.SERVER.PING.VARZ", "".into());
    let told: Value = serde_json::from_slice(&answer.await.unwrap().payload).unwrap();
    let told = &told["data"];
    assert!(told["port"].as_u64().is_some_and(|port| port > 0), "{told}");
    for port in ["http_port", "https_port"] {
        assert_eq!(told[port].as_u64().unwrap_or(0), 0, "{told}");
    }
}
