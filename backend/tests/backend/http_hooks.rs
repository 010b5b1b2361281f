//! Webhooks of an outside booking channel.

use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::bookings::{StayStatus, StayView};

use crate::hotel::{Backend, DEADLINE, Hotel, stay};
use crate::mutations::read;

const KEY: &[u8] = b"a secret of a booking channel";

/// A hotel that expects webhooks of `channel`.
struct Expecting {
    hotel: Hotel,
    _folder: tempfile::TempDir,
}

impl Expecting {
    async fn with_rooms(rooms: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hooks.json");
        let secret = format!("whsec_{}", STANDARD.encode(KEY));
        std::fs::write(&file, json!({ "channel": [secret] }).to_string()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut hotel = Hotel::with_rooms(rooms).await;
        hotel.backend.stop().await;
        let file = file.display().to_string();
        hotel.backend = Backend::start(&hotel.server.url(), &["--hooks", &file]);
        hotel.backend.until_health_is(200).await;
        Self {
            hotel,
            _folder: folder,
        }
    }

    /// A webhook as the channel sends it.
    fn hook(&self, id: &str, body: &Value) -> RequestBuilder {
        self.signed(id, now(), &body.to_string(), KEY)
    }

    fn signed(&self, id: &str, time: u64, body: &str, key: &[u8]) -> RequestBuilder {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        self.post(body)
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", format!("v1,{signature}"))
    }

    fn post(&self, body: &str) -> RequestBuilder {
        let post = self.hotel.request(Method::POST, "/hooks/channel");
        post.header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned())
    }

    async fn subjects(&self) -> Vec<String> {
        let stream = self.hotel.jetstream().get_stream("commands").await.unwrap();
        let mut subjects = Vec::new();
        for sequence in 2..=stream.cached_info().state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            subjects.push(message.subject.to_string());
        }
        subjects
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn created(client: u64, date: &str) -> Value {
    json!({"type": "booking.created", "timestamp": "2022-11-03T20:26:10Z", "data": stay(1, client, date, 2)})
}

#[tokio::test]
async fn bookings_and_cancellations_of_a_channel_become_commands() {
    let expecting = Expecting::with_rooms(1).await;
    let hook = expecting.hook("msg_1", &created(1, "2022-12-12"));
    let (status, accepted) = read(hook).await;
    assert_eq!(
        (status.as_u16(), &accepted["decision"]),
        (202, &"accepted".into())
    );
    let is = |status| move |view: &StayView| view.status == status;
    let key = "1.1_2022-12-12";
    let hotel = &expecting.hotel;
    hotel
        .until_value("stays", key, is(StayStatus::Booked))
        .await;

    let data = json!({"room": {"id": 1}, "booking": "1_2022-12-12"});
    let cancelled = json!({"type": "booking.cancelled", "data": data});
    let hook = expecting.hook("msg_2", &cancelled);
    let (status, done) = read(hook.header("prefer", "wait=20")).await;
    assert_eq!((status.as_u16(), &done["decision"]), (200, &"done".into()));
    hotel
        .until_value("stays", key, is(StayStatus::Cancelled))
        .await;
    let expected = ["cmd.hotel.channel.book-room", "cmd.hotel.channel.cancel"];
    assert_eq!(expecting.subjects().await, expected);
}

#[tokio::test]
async fn a_webhook_that_comes_again_is_done_once_and_one_that_was_changed_is_refused() {
    let expecting = Expecting::with_rooms(1).await;
    let send = async |id: &str, body: &Value| {
        read(expecting.hook(id, body).header("prefer", "wait=20")).await
    };
    let first = send("msg_1", &created(1, "2022-12-12")).await;
    assert_eq!(first.0, 200);
    for _ in 0..3 {
        assert_eq!(send("msg_1", &created(1, "2022-12-12")).await, first);
    }
    assert_eq!(expecting.subjects().await.len(), 1);
    let (status, problem) = send("msg_1", &created(1, "2022-12-20")).await;
    assert_eq!(status, 409);
    assert_eq!(problem["type"], "/problems/idempotency-key-reused");
    // What the hotel refuses, it refuses.
    let (status, problem) = send("msg_2", &created(2, "2022-12-13")).await;
    assert_eq!(
        (status.as_u16(), &problem["type"]),
        (409, &"/problems/room-taken".into())
    );
    assert_eq!(expecting.hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn what_is_not_signed_or_not_understood_is_a_problem_and_leaves_nothing() {
    let expecting = Expecting::with_rooms(1).await;
    let body = created(1, "2022-12-12").to_string();
    let good = |body: &str| expecting.signed("msg_1", now(), body, KEY);
    let unsigned = |problem: &Value| problem["type"] == "/problems/not-signed";
    for request in [
        expecting.post(&body),
        expecting.signed("msg_1", now(), &body, b"another secret"),
        expecting.signed("msg_1", now() - 301, &body, KEY),
        expecting.signed("msg_1", now() + 310, &body, KEY),
        good(&body).body(body.replace("12-12", "12-13")),
        good(&body).headers(HeaderMap::from_iter([(
            HeaderName::from_static("webhook-id"),
            HeaderValue::from_static("msg_2"),
        )])),
        expecting.signed("", now(), &body, KEY),
        expecting.signed(&"x".repeat(300), now(), &body, KEY),
    ] {
        let (status, problem) = read(request).await;
        assert!(status == 401 && unsigned(&problem), "{status} {problem}");
    }
    for (body, status, field) in [
        ("", 400, None),
        ("{", 400, None),
        ("{}", 422, Some("type")),
        (r#"{"type":"booking.moved","data":{}}"#, 422, Some("type")),
        (
            r#"{"type":"booking.created","data":{}}"#,
            422,
            Some("data.room"),
        ),
        (r#"{"type":"booking.created","data":7}"#, 422, Some("data")),
        (
            r#"{"type":"booking.created","type":"booking.created","data":{}}"#,
            422,
            Some("type"),
        ),
        (
            r#"{"type":"booking.created","data":{},"more":1}"#,
            422,
            Some("more"),
        ),
    ] {
        let (found, problem) = read(good(body)).await;
        assert_eq!(found, status, "{body}: {problem}");
        assert_eq!(
            problem["errors"][0]["field"].as_str(),
            field,
            "{body}: {problem}"
        );
    }
    let (status, _) = read(good(&" ".repeat(20_000))).await;
    assert_eq!(status, 413);
    let elsewhere = |method, path| expecting.hotel.request(method, path).body(body.clone());
    for (method, path, status) in [
        (Method::POST, "/hooks/other", 404),
        (Method::POST, "/hooks/http", 404),
        (Method::POST, "/hooks/%FF", 400),
        (Method::GET, "/hooks/channel", 405),
    ] {
        let (found, problem) = read(elsewhere(method, path)).await;
        assert_eq!(found, status, "{path}: {problem}");
    }
    assert_eq!(expecting.subjects().await.len(), 0);
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.json");
    std::fs::write(&file, "{}").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut program = crate::hotel::program("nats://127.0.0.1:1", "serve");
    let program = program
        .args(["--http", "127.0.0.1:0", "--hooks"])
        .arg(&file);
    let begin = std::time::Instant::now();
    let output = program.output().unwrap();
    assert!(!output.status.success() && begin.elapsed() < DEADLINE);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("chmod 600"), "{said}");
}
