//! The HTTP adapter.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use shared::outcome::{Decision, Outcome};

use crate::hotel::{Hotel, cleanup, new_id, until};

const CLEANUP: &str = r#"{"data":{"room":{"id":1},"date":"2022-12-12"}}"#;

impl Hotel {
    /// The answer of somebody who waits for the outcome.
    async fn put(&self, command: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self
            .request(Method::PUT, &format!("/mutation/{command}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("prefer", "wait=20")
            .body(body);
        read(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.backend.http))
    }
}

/// The answer, which is a problem whenever it is no success.
pub(crate) async fn read(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let content_type = answer.headers()[header::CONTENT_TYPE].clone();
    let body: Value = answer.json().await.unwrap();
    if status.is_success() {
        assert_eq!(content_type, "application/json");
    } else {
        assert_eq!(content_type, "application/problem+json", "{body}");
        assert_eq!(body["status"], status.as_u16());
        assert!(
            body["title"].is_string() && body["detail"].is_string(),
            "{body}"
        );
    }
    (status, body)
}

#[tokio::test]
async fn the_three_mutations_leave_their_events() {
    let hotel = Hotel::with_rooms(1).await;
    for (command, body) in [
        (
            "book-room",
            r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-12"}}"#,
        ),
        (
            "cleanup",
            r#"{"data":{"room":{"id":1},"date":"2022-12-12"}}"#,
        ),
        (
            "checkin",
            r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-13"}}"#,
        ),
    ] {
        let (status, body) = hotel.put(command, body).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["decision"], "done");
        assert!(body["command"].is_string() && body["event"]["sequence"].is_u64());
    }
    for (stream, subject) in [
        ("room-booking", "booking.1.2022-12-12.1_2022-12-12"),
        ("room-cleanup", "cleanup.1.2022-12-12.1_2022-12-12"),
    ] {
        let stream = hotel.jetstream().get_stream(stream).await.unwrap();
        stream
            .get_last_raw_message_by_subject(subject)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn bad_bodies_are_problems_that_name_the_field_and_nothing_is_stored() {
    let hotel = Hotel::with_rooms(0).await;
    let book = |data: &str| format!(r#"{{"data":{data}}}"#);
    let client_and_date = r#""client":{"id":1},"date":"2022-12-12""#;
    let cases = [
        (String::new(), 400, None),
        ("{".into(), 400, None),
        ("not json".into(), 400, None),
        ("{}".into(), 422, Some("data")),
        (r#"{"data":{},"more":1}"#.into(), 422, Some("data.room")),
        (
            book(&format!(r#"{{"room":{{"id":0}},{client_and_date}}}"#)),
            422,
            Some("data.room.id"),
        ),
        (
            book(&format!(
                r#"{{"room":{{"id":1}},{client_and_date},"nights":0}}"#
            )),
            422,
            Some("data.nights"),
        ),
        (
            book(&format!(
                r#"{{"room":{{"id":1}},{client_and_date},"view":"sea"}}"#
            )),
            422,
            Some("data.view"),
        ),
        (
            book(r#"{"room":{"id":1},"client":{"id":1},"date":"2023-02-29"}"#),
            422,
            Some("data.date"),
        ),
    ];
    for (body, status, field) in cases {
        let (found, problem) = hotel.put("book-room", body.clone()).await;
        assert_eq!(found, status, "{body}: {problem}");
        let error = &problem["errors"][0];
        assert_eq!(error["field"].as_str(), field, "{body}: {problem}");
        if let Some(field) = field {
            let pointer = format!("#/{}", field.replace('.', "/"));
            assert_eq!(error["pointer"], pointer);
        }
    }
    let (status, _) = hotel.put("book-room", " ".repeat(16 * 1024 + 1)).await;
    assert_eq!(status, 413);
    assert_eq!(hotel.count("commands").await, 0);
}

#[tokio::test]
async fn other_requests_are_problems_too() {
    let hotel = Hotel::with_rooms(0).await;
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/nothing", 404),
        (Method::PUT, "/mutation/add-room", 404),
        (Method::PUT, "/mutation/", 404),
        (Method::POST, "/mutation/cleanup", 405),
        (Method::DELETE, "/health/ready", 405),
    ] {
        let (found, problem) = read(hotel.request(method, path)).await;
        assert_eq!(found, status, "{path}: {problem}");
    }
    let post = hotel
        .request(Method::POST, "/mutation/cleanup")
        .send()
        .await;
    assert_eq!(post.unwrap().headers()[header::ALLOW], "PUT");

    let put = || {
        hotel
            .request(Method::PUT, "/mutation/cleanup")
            .body(CLEANUP)
    };
    let (status, _) = read(put().header(header::CONTENT_TYPE, "text/plain")).await;
    assert_eq!(status, 415);
    let (status, _) = read(put().header(header::CONTENT_ENCODING, "gzip")).await;
    assert_eq!(status, 415);
    let (status, _) = read(put().header("idempotency-key", "a.b")).await;
    assert_eq!(status, 400);
    assert_eq!(hotel.count("commands").await, 0);
}

#[tokio::test]
async fn a_refusal_is_a_problem_with_its_code() {
    let hotel = Hotel::with_rooms(1).await;
    let book = |room: u32| {
        format!(r#"{{"data":{{"room":{{"id":{room}}},"client":{{"id":1}},"date":"2022-12-12"}}}}"#)
    };
    hotel.put("book-room", book(1)).await;
    for (command, body, status, code) in [
        ("book-room", book(1), 409, "room-taken"),
        ("book-room", book(2), 404, "unknown-room"),
        (
            "checkin",
            book(1).replace("12-12", "12-20"),
            404,
            "no-such-stay",
        ),
    ] {
        let (found, problem) = hotel.put(command, body).await;
        assert_eq!(found, status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(problem["command"].is_string(), "{problem}");
        assert_eq!(problem["next"][0]["do"], "message", "{problem}");
    }
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn a_request_repeated_with_its_key_is_the_same_command() {
    let hotel = Hotel::with_rooms(1).await;
    let key = new_id();
    let book = || {
        let body = r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-12"}}"#;
        let request = hotel.request(Method::PUT, "/mutation/book-room");
        let request = request.header("prefer", "wait=20");
        request.header("idempotency-key", &key).body(body)
    };
    let first = read(book()).await;
    assert_eq!(
        (first.0.as_u16(), &first.1["command"]),
        (200, &Value::from(key.clone()))
    );
    assert_eq!(read(book()).await, first);
    assert_eq!(hotel.count("room-booking").await, 1);
    // It was not even sent again: the room and the booking.
    assert_eq!(hotel.count("commands").await, 2);
}

#[tokio::test]
async fn a_command_is_accepted_at_once_and_its_state_is_where_the_answer_says() {
    let hotel = Hotel::with_rooms(1).await;
    let key = new_id();
    let put = hotel.request(Method::PUT, "/mutation/cleanup");
    let put = put.header("idempotency-key", &key).body(CLEANUP);
    let answer = put.header("prefer", "respond-async").send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let headers = answer.headers().clone();
    assert_eq!(headers["preference-applied"], "respond-async");
    assert_eq!(headers[header::LOCATION], format!("/commands/{key}"));
    let body: Value = answer.json().await.unwrap();
    let expected = json!({
        "command": key, "decision": "accepted",
        "status": format!("/commands/{key}"), "events": format!("/events?command={key}"),
    });
    assert_eq!(body, expected);

    let state = until("an outcome", async || {
        let (status, state) = read(hotel.request(Method::GET, &format!("/commands/{key}"))).await;
        assert_eq!(status, 200);
        // It is known at every moment.
        assert_eq!(state["command"], key);
        (state["decision"] != "accepted").then_some(state)
    })
    .await;
    let outcome: Outcome = serde_json::from_value(state).unwrap();
    assert!(matches!(outcome.decision, Decision::Done { .. }));
}

#[tokio::test]
async fn a_response_waits_no_longer_than_it_may() {
    let hotel = Hotel::with_rooms(1).await;
    // Nobody decides any more.
    let stream = hotel.jetstream().get_stream("commands").await.unwrap();
    stream
        .pause_consumer(
            "commands",
            time::OffsetDateTime::now_utc() + time::Duration::hours(1),
        )
        .await
        .unwrap();
    let (key, waited) = (new_id(), std::time::Instant::now());
    let put = |wait| {
        hotel
            .request(Method::PUT, "/mutation/cleanup")
            .header("prefer", format!("wait={wait}"))
            .header("idempotency-key", &key)
            .body(CLEANUP)
    };
    let (status, body) = read(put(1)).await;
    assert_eq!(
        (status.as_u16(), &body["decision"]),
        (202, &"accepted".into())
    );
    assert!(waited.elapsed() >= Duration::from_secs(1));

    let path = format!("/commands/{key}");
    let (status, state) = read(hotel.request(Method::GET, &path)).await;
    assert_eq!((status.as_u16(), state), (200, body));
    // Repeated while it waits, it is the same command; with another body it is none.
    let (status, _) = read(put(0)).await;
    assert_eq!(status, 202);
    assert_eq!(hotel.count("commands").await, 2);
    let other = put(0).body(CLEANUP.replace("12-12", "12-13"));
    let (status, problem) = read(other).await;
    assert_eq!(
        (status.as_u16(), &problem["type"]),
        (409, &"/problems/idempotency-key-reused".into())
    );

    // A longer wait hears of it.
    let (resumed, answer) = tokio::join!(stream.resume_consumer("commands"), read(put(20)));
    resumed.unwrap();
    assert_eq!(
        (answer.0.as_u16(), &answer.1["decision"]),
        (200, &"done".into())
    );
}

#[tokio::test]
async fn a_key_is_for_one_command_however_late_it_comes_again() {
    let mut hotel = Hotel::with_rooms(2).await;
    // Such a short memory for duplicates as if hours had gone by.
    let stream = hotel.jetstream().get_stream("commands").await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.duplicate_window = Duration::from_millis(100);
    hotel.jetstream().update_stream(config).await.unwrap();

    let key = new_id();
    let put = |hotel: &Hotel, command: &str, body: &str| {
        hotel
            .request(Method::PUT, &format!("/mutation/{command}"))
            .header("prefer", "wait=20")
            .header("idempotency-key", &key)
            .body(body.to_owned())
    };
    let book = r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2022-12-12"}}"#;
    let first = read(put(&hotel, "book-room", book)).await;
    assert_eq!(first.0, 200);
    hotel.backend.kill();
    hotel.start_backend();
    hotel.backend.until_health_is(200).await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    let spaced = book.replace(':', " : ");
    assert_eq!(read(put(&hotel, "book-room", &spaced)).await, first);
    for (command, body) in [
        ("book-room", book.replace("12-12", "12-13")),
        (
            "book-room",
            book.replace(r#"room":{"id":1"#, r#"room":{"id":2"#),
        ),
        ("cleanup", CLEANUP.to_owned()),
    ] {
        let (status, problem) = read(put(&hotel, command, &body)).await;
        assert_eq!(status, 409, "{body}");
        assert_eq!(problem["type"], "/problems/idempotency-key-reused");
        assert_eq!(problem["command"], key);
    }
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn a_key_is_for_one_command_however_long_it_waits() {
    let hotel = Hotel::with_rooms(1).await;
    let stream = hotel.jetstream().get_stream("commands").await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.duplicate_window = Duration::from_millis(100);
    hotel.jetstream().update_stream(config).await.unwrap();
    let until = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    stream.pause_consumer("commands", until).await.unwrap();

    let key = new_id();
    let put = |body: &str| {
        let put = hotel.request(Method::PUT, "/mutation/cleanup");
        read(put.header("idempotency-key", &key).body(body.to_owned()))
    };
    assert_eq!(put(CLEANUP).await.0, 202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(put(CLEANUP).await.0, 202);
    let (status, problem) = put(&CLEANUP.replace("12-12", "12-13")).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(hotel.count("commands").await, 2);
}

#[tokio::test]
async fn a_key_that_many_use_at_the_same_time_is_for_one_of_their_commands() {
    let hotel = Hotel::with_rooms(1).await;
    let key = new_id();
    let requests = (1..=20_u32).map(|client| {
        let body = format!(
            r#"{{"data":{{"room":{{"id":1}},"client":{{"id":{client}}},"date":"2022-12-{:02}"}}}}"#,
            client + 1
        );
        let put = hotel.request(Method::PUT, "/mutation/book-room");
        read(
            put.header("prefer", "wait=20")
                .header("idempotency-key", &key)
                .body(body),
        )
    });
    let answers = futures_util::future::join_all(requests).await;
    let with = |expected: u16| {
        answers
            .iter()
            .filter(|(status, _)| *status == expected)
            .count()
    };
    assert_eq!((with(200), with(409)), (1, 19), "{answers:?}");
    assert_eq!(hotel.count("room-booking").await, 1);
}

#[tokio::test]
async fn a_command_that_nobody_knows_is_a_problem() {
    let hotel = Hotel::with_rooms(1).await;
    let of_another = new_id();
    hotel
        .send("cleanup", &of_another, cleanup(1, "2022-12-12"))
        .await;
    for (id, status) in [
        (new_id(), 404),
        (of_another, 404),
        ("a.b".to_owned(), 400),
        ("%3E".to_owned(), 400),
        ("x".repeat(65), 400),
        ("%FF".to_owned(), 400),
    ] {
        let path = format!("/commands/{id}");
        let (found, problem) = read(hotel.request(Method::GET, &path)).await;
        assert_eq!(found, status, "{id}: {problem}");
    }
}
