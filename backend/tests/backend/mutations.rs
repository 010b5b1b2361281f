//! The HTTP adapter.

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::hotel::{Hotel, new_id};

impl Hotel {
    async fn put(&self, command: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self
            .request(Method::PUT, &format!("/mutation/{command}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        read(request).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.backend.http))
    }
}

/// The answer, which is a problem whenever it is no success.
async fn read(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
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
        assert_eq!(body["subject"], format!("cmd.hotel.http.{command}"));
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

    let cleanup = r#"{"data":{"room":{"id":1},"date":"2022-12-12"}}"#;
    let put = || {
        hotel
            .request(Method::PUT, "/mutation/cleanup")
            .body(cleanup)
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
        request.header("idempotency-key", &key).body(body)
    };
    let first = read(book()).await;
    assert_eq!(
        (first.0.as_u16(), &first.1["command"]),
        (200, &Value::from(key.clone()))
    );
    assert_eq!(read(book()).await, first);
    assert_eq!(hotel.count("room-booking").await, 1);
}
