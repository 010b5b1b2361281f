//! Plain messages: typed, acknowledged, shared; and what a publish can ask for.

use std::time::Duration;

use jetstream_es::publish::PublishError;
use jetstream_es::testing::Server;
use jetstream_es::topic::{Heard, Listener, ListenerSpec, Publisher, SendError, Topic};
use jetstream_es::{
    Boundary, Cause, Connection, ExecuteError, PublishOptions, Recorded, Repository, StreamSpec,
    declare,
};
use serde::{Deserialize, Serialize};

use crate::bank;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Letter {
    #[serde(rename = "post.letter.v1")]
    Sent { number: u32 },
}

const POST: Topic<Letter> = Topic::new("post", "post.*", "/post", |letter| match letter {
    Letter::Sent { number } => format!("post.{number}"),
});

async fn open() -> (Server, Connection) {
    let server = Server::start().await;
    let connection = server.connect().await;
    let stream = StreamSpec {
        allow_ttl: true,
        deny_delete: false,
        deny_purge: false,
        ..StreamSpec::events("post", ["post.*"])
    };
    let declared = declare::stream(&connection.jetstream(), &stream).await;
    declared.unwrap();
    (server, connection)
}

async fn send(connection: &Connection, numbers: std::ops::RangeInclusive<u32>) {
    let publisher = Publisher::new(connection, POST);
    for number in numbers {
        let cause = Cause::new(format!("c{number}"));
        let id = format!("letter-{number}");
        let letter = Letter::Sent { number };
        publisher.publish(&id, &letter, &cause).await.unwrap();
    }
}

fn spec() -> ListenerSpec {
    ListenerSpec {
        ack_wait: Duration::from_millis(500),
        ..ListenerSpec::new("reader")
    }
}

async fn listen(connection: &Connection) -> Listener<Letter> {
    Listener::open(connection, POST, spec()).await.unwrap()
}

async fn next(listener: &mut Listener<Letter>) -> Heard<Letter> {
    let next = tokio::time::timeout(Duration::from_secs(30), listener.next());
    next.await.expect("a message")
}

fn number(heard: &Heard<Letter>) -> u32 {
    let Ok(Letter::Sent { number }) = heard.payload else {
        panic!("{heard:?}");
    };
    number
}

#[tokio::test]
async fn a_message_arrives_as_it_was_meant_and_is_stored_once() {
    let (_server, connection) = open().await;
    let publisher = Publisher::new(&connection, POST);
    let cause = Cause {
        correlation: "click".into(),
        actor: Some("counter/ada".into()),
        ..Cause::new("command")
    };
    let letter = Letter::Sent { number: 7 };
    let first = publisher.publish("l7", &letter, &cause).await.unwrap();
    assert_eq!((first.sequence, first.duplicate), (1, false));
    let again = publisher.publish("l7", &letter, &cause).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (1, true));

    let mut listener = listen(&connection).await;
    let heard = next(&mut listener).await;
    assert_eq!(
        (
            &*heard.subject,
            heard.sequence,
            heard.deliveries,
            number(&heard)
        ),
        ("post.7", 1, 1, 7)
    );
    let metadata = heard.metadata.as_ref().unwrap();
    assert_eq!((&*metadata.id, &*metadata.source), ("l7", "/post"));
    assert_eq!(metadata.causation.as_deref(), Some("command"));
    assert_eq!(metadata.correlation.as_deref(), Some("click"));
    assert_eq!(metadata.actor.as_deref(), Some("counter/ada"));
    heard.ack().await.unwrap();
}

#[tokio::test]
async fn those_who_listen_under_one_name_share_the_messages() {
    let (server, connection) = open().await;
    let elsewhere = server.connect().await;
    let (mut one, mut two) = (listen(&connection).await, listen(&elsewhere).await);
    send(&connection, 1..=20).await;
    let (mut by_one, mut all) = (0, Vec::new());
    while all.len() < 20 {
        let (heard, mine) = tokio::select! {
            heard = next(&mut one) => (heard, 1),
            heard = next(&mut two) => (heard, 0),
        };
        heard.ack().await.unwrap();
        by_one += mine;
        all.push(number(&heard));
    }
    all.sort_unstable();
    assert_eq!(all, (1..=20).collect::<Vec<_>>());
    assert!(
        (1..20).contains(&by_one),
        "one of them had nothing: {by_one}"
    );
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let (_server, connection) = open().await;
    send(&connection, 1..=4).await;
    let mut listener = listen(&connection).await;
    let mut held = Vec::new();
    for expected in 1..=4 {
        let heard = next(&mut listener).await;
        assert_eq!((number(&heard), heard.deliveries), (expected, 1));
        held.push(heard);
    }
    // One is forgotten, one is given back, one is refused for good, and one is done.
    held[1].nak(Duration::from_millis(50)).await.unwrap();
    held[2].terminate().await.unwrap();
    held[3].ack().await.unwrap();
    let mut again = Vec::new();
    for _ in 0..2 {
        let heard = next(&mut listener).await;
        assert_eq!(heard.deliveries, 2);
        heard.ack().await.unwrap();
        again.push(number(&heard));
    }
    assert_eq!(again, [2, 1]);
    send(&connection, 5..=5).await;
    assert_eq!(number(&next(&mut listener).await), 5);
}

#[tokio::test]
async fn a_message_that_is_not_understood_is_told_and_does_not_stop_the_others() {
    let (_server, connection) = open().await;
    bank::publish(&connection, "post.1", "{").await;
    send(&connection, 2..=2).await;
    let mut listener = listen(&connection).await;
    let heard = next(&mut listener).await;
    assert!(heard.payload.is_err() && heard.metadata.is_none());
    heard.terminate().await.unwrap();
    assert_eq!(number(&next(&mut listener).await), 2);
}

#[tokio::test]
async fn a_killed_server_is_no_end() {
    let (mut server, connection) = open().await;
    send(&connection, 1..=1).await;
    let mut listener = listen(&connection).await;
    next(&mut listener).await.ack().await.unwrap();
    server.kill();
    server.restart().await;
    let other = server.connect().await;
    send(&other, 2..=2).await;
    // The server may have forgotten that the first one was acknowledged.
    let mut heard = vec![number(&next(&mut listener).await)];
    while heard.last() != Some(&2) {
        heard.push(number(&next(&mut listener).await));
    }
    assert!(heard == [2] || heard == [1, 2], "{heard:?}");
}

#[tokio::test]
async fn a_publish_can_expect_and_expire() {
    let (_server, connection) = open().await;
    let publisher = Publisher::new(&connection, POST);
    let cause = Cause::new("c");
    let publish = async |number: u32, options: PublishOptions| {
        let (id, letter) = (format!("l{number}"), Letter::Sent { number });
        let published = publisher.publish_with(&id, &letter, &cause, &options);
        published.await
    };
    let expiring = PublishOptions {
        ttl: Some(Duration::from_millis(900)),
        expected_last_sequence: Some(0),
        expected_stream: Some("post".into()),
        ..PublishOptions::default()
    };
    publish(1, expiring).await.unwrap();
    let next = PublishOptions {
        expected_last_id: Some("l1".into()),
        id: Some("another".into()),
        ..PublishOptions::default()
    };
    publish(2, next.clone()).await.unwrap();
    let refused = publish(3, next).await;
    // The id is looked at first.
    assert!(matches!(refused, Ok(published) if published.duplicate && published.sequence == 2));
    let overtaken = PublishOptions {
        expected_last_sequence: Some(1),
        ..PublishOptions::default()
    };
    let conflict = publish(4, overtaken).await;
    assert!(matches!(
        conflict,
        Err(SendError::Publish(PublishError::Conflict))
    ));
    for wrong in [
        PublishOptions {
            expected_stream: Some("accounts".into()),
            ..PublishOptions::default()
        },
        PublishOptions {
            expected_last_id: Some("l1".into()),
            ..PublishOptions::default()
        },
    ] {
        let refused = publish(5, wrong).await;
        assert!(matches!(
            refused,
            Err(SendError::Publish(PublishError::Refused { .. }))
        ));
    }
    // The first one expires, and the second one stays.
    let mut stream = connection.jetstream().get_stream("post").await.unwrap();
    let expired = async {
        while stream.info().await.unwrap().state.messages > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let expired = tokio::time::timeout(Duration::from_secs(30), expired).await;
    expired.expect("the message to expire");
    assert_eq!(stream.info().await.unwrap().state.first_sequence, 2);
}

/// Events that say what the server is to do with them.
struct Boxes;

impl Boundary for Boxes {
    type Id = u32;
    type Event = Letter;
    type State = u32;

    const STREAM: &'static str = "post";
    const SOURCE: &'static str = "/post";

    fn filter(number: &u32) -> String {
        format!("post.{number}")
    }

    fn subject(Letter::Sent { number }: &Letter) -> String {
        format!("post.{number}")
    }

    fn about(Letter::Sent { number }: &Letter) -> String {
        number.to_string()
    }

    fn evolve(count: u32, _event: &Recorded<Letter>) -> u32 {
        count + 1
    }

    fn options(Letter::Sent { number }: &Letter) -> PublishOptions {
        PublishOptions {
            ttl: Some(Duration::from_secs(3_600)),
            id: Some(format!("id-{}", number % 10)),
            ..PublishOptions::default()
        }
    }
}

#[tokio::test]
async fn an_event_says_how_it_is_published() {
    let (_server, connection) = open().await;
    let boxes = Repository::<Boxes>::new(&connection, 10);
    let sent = |number| move |_: &u32| Ok::<_, String>(vec![Letter::Sent { number }]);
    boxes.execute(&1, &Cause::new("a"), sent(1)).await.unwrap();
    let stream = connection.jetstream().get_stream("post").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    let header = |name: &str| message.headers.get(name).unwrap().as_str().to_owned();
    assert_eq!(
        (&*header("Nats-TTL"), &*header("Nats-Msg-Id")),
        ("3600s", "id-1")
    );
    // The same id for another event is a mistake that is told, and nothing is decided again and again.
    let taken = boxes.execute(&11, &Cause::new("b"), sent(11)).await;
    assert!(matches!(taken, Err(ExecuteError::IdTaken)), "{taken:?}");
    assert_eq!(boxes.newest(&11, |count| *count).await.unwrap(), 0);
}
