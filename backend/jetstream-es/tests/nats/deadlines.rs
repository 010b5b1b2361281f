//! What is due comes when it is due, once, whoever was down meanwhile.

use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use futures_util::StreamExt;
use jetstream_es::Connection;
use jetstream_es::deadlines::{self, Deadlines, Key};
use jetstream_es::declare;
use jetstream_es::testing::Server;

async fn open() -> (Server, Connection, Deadlines) {
    let server = Server::start().await;
    let connection = server.connect().await;
    declare::stream(&connection.jetstream(), &deadlines::stream())
        .await
        .unwrap();
    let deadlines = Deadlines::new(&connection);
    (server, connection, deadlines)
}

fn key(key: &str) -> Key {
    Key::new(key).unwrap()
}

fn in_ms(ms: u64) -> SystemTime {
    SystemTime::now() + Duration::from_millis(ms)
}

/// What is due, as a durable consumer sees it.
async fn due(connection: &Connection) -> pull::Stream {
    let config = pull::Config {
        durable_name: Some("due".into()),
        filter_subject: deadlines::DUE.into(),
        ack_policy: AckPolicy::Explicit,
        ..Default::default()
    };
    let consumer = connection
        .jetstream()
        .create_consumer_on_stream(config, deadlines::STREAM)
        .await;
    consumer.unwrap().messages().await.unwrap()
}

async fn next(due: &mut pull::Stream) -> (String, String) {
    let message = tokio::time::timeout(Duration::from_secs(30), due.next()).await;
    let message = message.expect("something that is due").unwrap().unwrap();
    message.ack().await.unwrap();
    let payload = String::from_utf8(message.payload.to_vec()).unwrap();
    (message.subject.to_string(), payload)
}

async fn set(deadlines: &Deadlines, name: &str, at: SystemTime, payload: &'static str) {
    deadlines
        .set(&key(name), at, HeaderMap::new(), payload.into())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_due_comes_then_and_what_was_due_comes_at_once() {
    let (_server, connection, deadlines) = open().await;
    let mut due = due(&connection).await;
    let at = in_ms(1_000);
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "text/plain");
    deadlines
        .set(&key("hold.1"), at, headers, "later".into())
        .await
        .unwrap();
    let pending = deadlines.pending(&key("hold.1")).await.unwrap().unwrap();
    assert!(at.duration_since(pending).unwrap() < Duration::from_millis(1));
    let past = SystemTime::now() - Duration::from_secs(3_600);
    set(&deadlines, "hold.2", past, "past").await;

    let expected = ("deadline.due.hold.2".to_owned(), "past".to_owned());
    assert_eq!(next(&mut due).await, expected);
    let expected = ("deadline.due.hold.1".to_owned(), "later".to_owned());
    assert_eq!(next(&mut due).await, expected);
    assert!(SystemTime::now() >= pending, "it came before its time");
    assert_eq!(deadlines.pending(&key("hold.1")).await.unwrap(), None);
    // The headers are there; those of the schedule are not.
    let stream = connection.jetstream().get_stream(deadlines::STREAM).await;
    let stored = stream.unwrap();
    let stored = stored
        .get_last_raw_message_by_subject("deadline.due.hold.1")
        .await
        .unwrap();
    let content_type = stored.headers.get("Content-Type").unwrap();
    assert_eq!(content_type.as_str(), "text/plain");
    assert!(stored.headers.get("Nats-Schedule").is_none());
    assert!(stored.headers.get("Nats-TTL").is_some());
}

#[tokio::test]
async fn setting_again_replaces_and_cancelling_removes() {
    let (_server, connection, deadlines) = open().await;
    let mut due = due(&connection).await;
    set(&deadlines, "hold.1", in_ms(600), "first").await;
    set(&deadlines, "hold.1", in_ms(900), "second").await;
    set(&deadlines, "hold.2", in_ms(600), "cancelled").await;
    deadlines.cancel(&key("hold.2")).await.unwrap();
    assert_eq!(deadlines.pending(&key("hold.2")).await.unwrap(), None);
    // Cancelling what is not there is no mistake.
    deadlines.cancel(&key("hold.3")).await.unwrap();
    // Due after all of them, had they not been replaced and cancelled.
    set(&deadlines, "end", in_ms(1_400), "end").await;
    assert_eq!(next(&mut due).await.1, "second");
    assert_eq!(next(&mut due).await.1, "end");
}

#[tokio::test]
async fn a_deadline_outlives_the_server() {
    let (mut server, connection, deadlines) = open().await;
    set(&deadlines, "soon", in_ms(300), "soon").await;
    set(&deadlines, "later", in_ms(2_500), "later").await;
    server.kill();
    // The first one is due while the server is away.
    let down = in_ms(400);
    while SystemTime::now() < down {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.restart().await;
    let mut link = connection.link();
    link.wait_for(|link| link.reconnects > 0 && link.up)
        .await
        .unwrap();
    let mut due = due(&connection).await;
    assert_eq!(next(&mut due).await.1, "soon");
    assert_eq!(next(&mut due).await.1, "later");
}
