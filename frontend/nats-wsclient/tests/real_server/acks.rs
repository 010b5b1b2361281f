//! Acknowledgements of messages that a consumer delivered.

use std::time::Duration;

use nats_wsclient::jetstream::consumer::{Config, Consumer, Pull};
use nats_wsclient::jetstream::{AckKind, Message};
use nats_wsclient::{Client, RequestError};

use crate::pulls::{fill, orders};
use crate::run;
use crate::server::Server;

/// Long enough that a test which waits for it fails.
const LONG: Duration = Duration::from_secs(50);

/// A consumer that delivers again after `ack_wait`.
async fn consumer(client: &Client, ack_wait: Duration) -> Consumer {
    let config = Config {
        durable_name: Some("c".to_owned()),
        ack_wait,
        ..Config::default()
    };
    let stream = orders(client).await;
    stream.create_consumer(&config).await.expect("a consumer")
}

async fn next(consumer: &Consumer) -> Message {
    let pull = Pull::new().max_messages(1);
    let mut messages = consumer.fetch(pull).expect("open");
    messages.next().await.expect("one").expect("a message")
}

#[test]
fn what_is_acknowledged_is_done() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, LONG).await;
        fill(&client, 3).await;
        let message = next(&consumer).await;
        assert_eq!(consumer.info().await.expect("info").num_ack_pending, 1);
        message.double_ack().await.expect("confirmed");
        let info = consumer.info().await.expect("info");
        assert_eq!(info.num_ack_pending, 0);
        assert_eq!(info.ack_floor.stream_sequence, 1);

        next(&consumer).await.ack().expect("sent");
        let given_up = next(&consumer).await;
        let reason = AckKind::Term(Some("no such room".to_owned()));
        let mut advisories = client
            .subscribe("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.orders.c")
            .expect("a subject");
        given_up.double_ack_with(&reason).await.expect("confirmed");
        let advisory = advisories.next().await.expect("one").expect("a message");
        let advisory: serde_json::Value = serde_json::from_slice(&advisory.payload).expect("JSON");
        assert_eq!(advisory["reason"], "no such room");
        let info = consumer.info().await.expect("info");
        assert_eq!((info.num_ack_pending, info.num_pending), (0, 0));
        assert_eq!(info.ack_floor.stream_sequence, 3);
    });
}

#[test]
fn what_is_refused_comes_again() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, LONG).await;
        fill(&client, 1).await;
        let first = next(&consumer).await;
        assert_eq!(first.info().delivered, 1);
        first.ack_with(&AckKind::Nak(None)).expect("sent");
        let second = next(&consumer).await;
        assert_eq!(second.info().delivered, 2);
        assert_eq!(second.info().stream_sequence, 1);
        assert_eq!(second.info().consumer_sequence, 2);
        assert_eq!(second.payload, first.payload);

        let delay = Duration::from_millis(400);
        let before = client.now();
        let later = AckKind::Nak(Some(delay));
        second.double_ack_with(&later).await.expect("confirmed");
        let none = consumer
            .fetch_no_wait(Pull::new())
            .expect("open")
            .next()
            .await;
        assert!(none.is_none(), "{none:?}");
        let third = next(&consumer).await;
        assert_eq!(third.info().delivered, 3);
        assert!(client.now() - before >= delay);
    });
}

#[test]
fn work_that_takes_long_can_say_so() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let wait = Duration::from_secs(1);
        let consumer = consumer(&client, wait).await;
        fill(&client, 1).await;
        let message = next(&consumer).await;
        let begin = client.now();
        while client.now() - begin < wait * 2 {
            let progress = message.double_ack_with(&AckKind::Progress).await;
            progress.expect("confirmed");
            tokio::time::sleep(wait / 10).await;
        }
        let pull = || Pull::new().max_messages(1);
        let none = consumer.fetch_no_wait(pull()).expect("open").next().await;
        assert!(none.is_none(), "{none:?}");
        // And not for ever.
        assert_eq!(next(&consumer).await.info().delivered, 2);
    });
}

#[test]
fn an_acknowledgement_may_find_nobody() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, LONG).await;
        fill(&client, 1).await;
        let message = next(&consumer).await;
        consumer.delete().await.expect("deleted");
        assert_eq!(message.double_ack().await, Err(RequestError::NoResponders));
        // A message does not keep the client.
        drop((client, consumer));
        assert_eq!(message.double_ack().await, Err(RequestError::Closed));
        assert!(message.ack().is_err());
    });
}
