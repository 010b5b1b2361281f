//! How much may be asked for, and how slowly.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, header};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::hotel::{Backend, DEADLINE, Hotel};

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let hotel = Hotel::with_rooms(0).await;
    let backend = Backend::start(&hotel.server.url(), &["--http-rate", "5"]);
    backend.until_health_is(200).await;
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(backend.get("/views").await);
    }
    let refused = answers.pop().unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    assert_eq!(
        refused.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["status"], 429);
    assert!(answers[..10].iter().all(|answer| answer.status() == 200));
    // The health is asked for by those who look after it, and is not counted.
    for _ in 0..30 {
        assert_eq!(backend.get("/health/ready").await.status(), 200);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(backend.get("/views").await.status(), 200);
}

/// Sends the beginning of a request, and reads until the connection ends.
async fn half(hotel: &Hotel, begin: &[u8]) -> (String, Duration) {
    let address = hotel.backend.http.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(begin).await.unwrap();
    let begin = Instant::now();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(2 * DEADLINE, client.read_to_end(&mut answer)).await;
    // A connection with something that nobody has read may end by a reset.
    drop(read.expect("the end of the connection"));
    (String::from_utf8(answer).unwrap(), begin.elapsed())
}

#[tokio::test]
async fn a_request_that_does_not_come_to_its_end_is_not_waited_for() {
    let hotel = Hotel::with_rooms(0).await;
    let head = b"PUT /mutation/cleanup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{\"data\"";
    let ((body, after_body), (_, after_head)) = tokio::join!(
        half(&hotel, head),
        half(&hotel, b"PUT /mutation/cleanup HTTP/1.1\r\nHo"),
    );
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    assert!(body.contains("application/problem+json"), "{body}");
    let in_time = |waited: Duration, limit: u64| {
        waited >= Duration::from_secs(limit - 1) && waited < Duration::from_secs(limit + 10)
    };
    assert!(in_time(after_body, 10), "{after_body:?}");
    assert!(in_time(after_head, 20), "{after_head:?}");
    assert_eq!(hotel.count("commands").await, 0);
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_a_problem_or_the_end() {
    let hotel = Hotel::with_rooms(0).await;
    let put = |body: String| {
        let url = format!("{}/mutation/book-room", hotel.backend.http);
        reqwest::Client::new().put(url).body(body).send()
    };
    let deep = put(format!(r#"{{"data":{}"#, "[".repeat(15_000)))
        .await
        .unwrap();
    assert!([400, 422].contains(&deep.status().as_u16()));
    let twice =
        r#"{"data":{"room":{"id":1},"room":{"id":2},"client":{"id":1},"date":"2022-12-12"}}"#;
    let twice = put(twice.to_owned()).await.unwrap();
    assert_eq!(twice.status(), 422);
    let problem: Value = twice.json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "#/data/room");
    let utf16: Vec<u8> = "{\"data\":{}}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let url = format!("{}/mutation/book-room", hotel.backend.http);
    let answer = reqwest::Client::new()
        .put(url)
        .body(utf16)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);

    // A head of more than is held of one, however it comes.
    let long = format!(
        "GET /views HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n",
        "x".repeat(1_000_000)
    );
    let (answer, _) = half(&hotel, long.as_bytes()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
    assert_eq!(hotel.count("commands").await, 0);
}
