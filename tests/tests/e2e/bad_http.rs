//! What does not belong into the HTTP adapter, and what it says to it.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use shared::subjects::Stream;
use vacancy_tests::hotel::{Hotel, booking, today};

const BOOK: &str = "/mutation/book-room";
const CLEAN: &str = "/mutation/cleanup";
const CHECK_IN: &str = "/mutation/checkin";

/// Bodies that are refused, with the field that the answer must name.
const BAD_BODIES: &[(&str, &str, Option<&str>)] = &[
    // Not JSON, or not the JSON that is asked for.
    (BOOK, "", None),
    (BOOK, "{", None),
    (BOOK, "nonsense", None),
    (BOOK, "[]", None),
    (BOOK, "null", None),
    (
        BOOK,
        "{\"data\":{\"room\":{\"id\":1},\"client\":{\"id\":1},\"date\":\"2030-01-01\"}} more",
        None,
    ),
    (BOOK, "{}", Some("data")),
    (BOOK, r#"{"data":null}"#, Some("data")),
    // Fields that are missing, or that nobody knows.
    (
        BOOK,
        r#"{"data":{"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"date":"2030-01-01"}}"#,
        Some("client"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1}}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","colour":"red"}}"#,
        Some("colour"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1,"floor":3},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("floor"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01"},"actor":"hotel/manager"}"#,
        Some("actor"),
    ),
    (
        CLEAN,
        r#"{"data":{"room":{"id":1},"date":"2030-01-01","nights":1}}"#,
        Some("nights"),
    ),
    (
        CHECK_IN,
        r#"{"data":{"room":{"id":1},"client":{"id":1,"name":"Ada"},"date":"2030-01-01"}}"#,
        Some("name"),
    ),
    // Dates that no calendar has.
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2023-02-29"}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-13-01"}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-1-1"}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"01.02.2030"}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"1899-12-31"}}"#,
        Some("date"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":20300101}}"#,
        Some("date"),
    ),
    (
        CLEAN,
        r#"{"data":{"room":{"id":1},"date":""}}"#,
        Some("date"),
    ),
    (
        CHECK_IN,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":null}}"#,
        Some("date"),
    ),
    // Nights that nobody can sleep.
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":0}}"#,
        Some("nights"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":-1}}"#,
        Some("nights"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":731}}"#,
        Some("nights"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":1.5}}"#,
        Some("nights"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":"x"}}"#,
        Some("nights"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01","nights":1e99}}"#,
        Some("nights"),
    ),
    // Numbers that are no room's and no client's.
    (
        BOOK,
        r#"{"data":{"room":{"id":0},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":-1},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":4294967296},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":99999999999999999999},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":"1"},"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":1,"client":{"id":1},"date":"2030-01-01"}}"#,
        Some("room"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":0},"date":"2030-01-01"}}"#,
        Some("client.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":9007199254740992},"date":"2030-01-01"}}"#,
        Some("client.id"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1,"name":""},"date":"2030-01-01"}}"#,
        Some("client.name"),
    ),
    (
        BOOK,
        r#"{"data":{"room":{"id":1},"client":{"id":1,"name":"a\nb"},"date":"2030-01-01"}}"#,
        Some("client.name"),
    ),
];

/// Commands that are well formed, and that this hotel refuses: path, body, status, field.
const REFUSED: &[(&str, &str, StatusCode, &str)] = &[
    (
        BOOK,
        r#"{"data":{"room":{"id":77},"client":{"id":1},"date":"2030-01-01"}}"#,
        StatusCode::NOT_FOUND,
        "room.id",
    ),
    (
        CLEAN,
        r#"{"data":{"room":{"id":77},"date":"2030-01-01"}}"#,
        StatusCode::NOT_FOUND,
        "room.id",
    ),
    (
        CHECK_IN,
        r#"{"data":{"room":{"id":77},"client":{"id":1},"date":"2030-01-01"}}"#,
        StatusCode::NOT_FOUND,
        "room.id",
    ),
    (
        CHECK_IN,
        r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01"}}"#,
        StatusCode::NOT_FOUND,
        "client.id",
    ),
];

/// Sends the request and checks that the answer is a problem (RFC 9457) with this status.
async fn problem(request: RequestBuilder, status: StatusCode) -> Value {
    let request = request.build().unwrap();
    let what = format!("{} {}", request.method(), request.url().path());
    let answer = Client::new().execute(request).await.unwrap();
    let (found, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{what}: {text}");
    let kind = headers
        .get("Content-Type")
        .map(|kind| kind.to_str().unwrap());
    assert_eq!(kind, Some("application/problem+json"), "{what}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    for member in ["type", "title"] {
        assert!(
            problem[member].is_string(),
            "{what} has no {member}: {text}"
        );
    }
    assert_eq!(problem["status"], status.as_u16(), "{what}: {text}");
    problem
}

/// Whether a problem names the field, in dots or as a JSON pointer.
fn names(problem: &Value, field: &str) -> bool {
    let errors = problem["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let pointer = field.replace('.', "/");
    errors.iter().any(|error| {
        let said = |member: &str| error[member].as_str().unwrap_or_default();
        let (dotted, pointed) = (said("field"), said("pointer"));
        dotted == field
            || dotted.ends_with(&format!(".{field}"))
            || pointed.ends_with(&format!("/{pointer}"))
    })
}

fn put(hotel: &Hotel, path: &str) -> RequestBuilder {
    Client::new().put(hotel.backend.url(path))
}

#[tokio::test]
async fn a_bad_request_is_told_what_is_wrong_and_leaves_nothing() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.book(1, 1, "Ada", today(), 1).await;
    let (events, commands) = (hotel.events().await, hotel.count(Stream::Commands).await);

    let mut complaints = Vec::new();
    for (path, body, field) in BAD_BODIES {
        let request = put(&hotel, path).header("Content-Type", "application/json");
        let answer = request.body(*body).send().await.unwrap();
        let status = answer.status();
        let kind = answer.headers().get("Content-Type").cloned();
        let text = answer.text().await.unwrap();
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let good = [400, 422].contains(&status.as_u16())
            && kind.is_some_and(|kind| kind == "application/problem+json")
            && problem["status"] == status.as_u16()
            && field.is_none_or(|field| names(&problem, field));
        if !good {
            complaints.push(format!(
                "{body} should have named {field:?}: {status} {text}"
            ));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");

    assert_eq!(hotel.events().await, events);
    assert_eq!(
        hotel.count(Stream::Commands).await,
        commands,
        "a command that cannot be read was published"
    );
}

#[tokio::test]
async fn what_the_hotel_refuses_is_a_problem_and_leaves_the_command_alone() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.book(1, 1, "Ada", today(), 2).await;
    let (events, commands) = (hotel.events().await, hotel.count(Stream::Commands).await);

    for (path, body, status, field) in REFUSED {
        let request = put(&hotel, path)
            .header("Content-Type", "application/json")
            .header("Prefer", "wait=20");
        let problem = problem(request.body(*body), *status).await;
        assert!(
            names(&problem, field),
            "{body} should have named {field}: {problem}"
        );
    }
    let taken =
        json!({"data": {"room": {"id": 1}, "client": {"id": 2}, "date": today().plus_days(1)}});
    let waiting = put(&hotel, BOOK).header("Prefer", "wait=20");
    let problem = problem(waiting.json(&taken), StatusCode::CONFLICT).await;
    assert!(names(&problem, "date"), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("1_{}", today())), "{detail}");

    assert_eq!(hotel.events().await, events);
    let stored = u64::try_from(REFUSED.len() + 1).unwrap();
    assert_eq!(hotel.count(Stream::Commands).await, commands + stored);
}

#[tokio::test]
async fn a_request_that_is_no_mutation_is_a_problem_too() {
    const BODY: &str = r#"{"data":{"room":{"id":1},"client":{"id":1},"date":"2030-01-01"}}"#;
    let hotel = Hotel::with_rooms(1).await;
    let (events, commands) = (hotel.events().await, hotel.count(Stream::Commands).await);
    let typed = |kind: &str| put(&hotel, BOOK).header("Content-Type", kind);

    let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    problem(typed("text/plain").body(BODY), unsupported).await;
    problem(
        typed("application/x-www-form-urlencoded").body("data=1"),
        unsupported,
    )
    .await;

    // 16 KiB is the limit; white space is as good as anything.
    let padded = |length: usize| format!("{BODY}{}", " ".repeat(length - BODY.len()));
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    let json = "application/json";
    problem(typed(json).body(padded(16 * 1024 + 1)), too_large).await;
    problem(typed(json).body(padded(64 * 1024)), too_large).await;

    let not_found = StatusCode::NOT_FOUND;
    problem(
        put(&hotel, "/mutation/add-room").json(&json!({})),
        not_found,
    )
    .await;
    problem(put(&hotel, "/mutation/").json(&json!({})), not_found).await;
    problem(
        put(&hotel, "/mutation/book-room/1").json(&json!({})),
        not_found,
    )
    .await;

    for method in [Method::GET, Method::POST, Method::DELETE, Method::PATCH] {
        let url = hotel.backend.url(BOOK);
        let request = Client::new().request(method.clone(), &url);
        problem(request, StatusCode::METHOD_NOT_ALLOWED).await;
        let answer = Client::new().request(method, &url).send().await.unwrap();
        assert_eq!(answer.headers()["Allow"], "PUT");
    }
    let bad_key = typed(json).header("Idempotency-Key", "a.b >").body(BODY);
    problem(bad_key, StatusCode::BAD_REQUEST).await;

    assert_eq!(hotel.events().await, events);
    assert_eq!(hotel.count(Stream::Commands).await, commands);
    let answer = typed(json).body(padded(16 * 1024)).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    hotel
        .refused(booking(1, 2, "Next", "2030-01-01".parse().unwrap(), 1))
        .await;
}
