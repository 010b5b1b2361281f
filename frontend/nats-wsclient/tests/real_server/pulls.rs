//! Messages that a consumer is asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use nats_wsclient::jetstream::consumer::{
    Config, Consumer, Info, Messages, PriorityPolicy, Pull, PullError,
};
use nats_wsclient::jetstream::{ErrorCode, stream};
use nats_wsclient::{Client, RequestError};

use crate::run;
use crate::server::Server;

/// Long enough that a test which waits for it fails.
const LONG: Duration = Duration::from_secs(50);

/// The stream `orders`.
pub(crate) async fn orders(client: &Client) -> stream::Stream {
    let config = stream::Config {
        name: "orders".to_owned(),
        subjects: vec!["orders.>".to_owned()],
        ..stream::Config::default()
    };
    let made = client.jetstream().create_stream(&config).await;
    made.expect("a stream")
}

/// Stores so many messages in it.
pub(crate) async fn fill(client: &Client, count: usize) {
    let js = client.jetstream();
    let mut acks = Vec::new();
    for number in 1..=count {
        let sent = js.publish(format!("orders.{number}"), format!("number {number}"));
        acks.push(sent.await.expect("sent"));
    }
    for ack in acks {
        ack.await.expect("stored");
    }
}

async fn consumer(client: &Client, change: impl FnOnce(&mut Config)) -> Consumer {
    let mut config = Config {
        durable_name: Some("c".to_owned()),
        ..Config::default()
    };
    change(&mut config);
    let stream = orders(client).await;
    stream.create_consumer(&config).await.expect("a consumer")
}

/// Reads and acknowledges so many, or all.
async fn read(messages: &mut Messages, count: usize) -> Vec<u64> {
    let mut sequences = Vec::new();
    while sequences.len() < count
        && let Some(message) = messages.next().await
    {
        let message = message.expect("a message");
        sequences.push(message.info().stream_sequence);
        message.ack().expect("sent");
    }
    sequences
}

/// Waits until the consumer is like that.
async fn until(consumer: &Consumer, wanted: impl Fn(&Info) -> bool) {
    while !wanted(&consumer.info().await.expect("info")) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn a_batch_is_fetched() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |_| {}).await;
        fill(&client, 5).await;
        let pull = Pull::new().max_messages(3).expires(LONG);
        let mut batch = consumer.fetch(pull).expect("open");
        let first = batch.next().await.expect("one").expect("a message");
        assert_eq!(
            (&*first.subject, &*first.payload),
            ("orders.1", &b"number 1"[..])
        );
        assert_eq!((first.stream(), first.consumer()), ("orders", "c"));
        let info = *first.info();
        assert_eq!((info.stream_sequence, info.consumer_sequence), (1, 1));
        assert_eq!((info.delivered, info.pending), (1, 4));
        let age = client.now().as_millis() as i64 - info.published.unix_millis() as i64;
        assert!(age.abs() < 20_000, "{age} ms");
        assert_eq!(read(&mut batch, usize::MAX).await, [2, 3]);

        let no_wait = || consumer.fetch_no_wait(Pull::new()).expect("open");
        assert_eq!(read(&mut no_wait(), usize::MAX).await, [4, 5]);
        assert!(read(&mut no_wait(), usize::MAX).await.is_empty());
        let short = Pull::new().expires(Duration::from_millis(200));
        let before = client.now();
        let mut batch = consumer.fetch(short).expect("open");
        assert!(read(&mut batch, usize::MAX).await.is_empty());
        let took = client.now() - before;
        assert!(
            took >= Duration::from_millis(200) && took < LONG,
            "{took:?}"
        );

        let mut waiting = consumer.fetch(Pull::new().max_messages(1)).expect("open");
        until(&consumer, |info| info.num_waiting == 1).await;
        fill(&client, 1).await;
        assert_eq!(read(&mut waiting, usize::MAX).await, [6]);
    });
}

#[test]
fn messages_come_as_long_as_they_are_read() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |_| {}).await;
        fill(&client, 1_000).await;
        let pull = Pull::new().max_messages(20);
        let mut messages = consumer.messages(pull).expect("open");
        let all: Vec<u64> = (1..=1_000).collect();
        assert_eq!(read(&mut messages, 1_000).await, all);
        // Nobody reads, so no more than 20 are delivered; and no fewer than 10, since it asks when there is room for half.
        fill(&client, 100).await;
        until(&consumer, |info| info.delivered.stream_sequence >= 1_010).await;
        client.flush().await.expect("a connection");
        let info = consumer.info().await.expect("info");
        assert!(info.delivered.stream_sequence <= 1_020, "{info:?}");
        let rest: Vec<u64> = (1_001..=1_100).collect();
        assert_eq!(read(&mut messages, 100).await, rest);
        // What is asked for ends with the stream, at the latest when there would be something to deliver.
        until(&consumer, |info| info.num_waiting > 0).await;
        drop(messages);
        fill(&client, 1).await;
        until(&consumer, |info| info.num_waiting == 0).await;
        assert_eq!(consumer.info().await.expect("info").num_pending, 1);
    });
}

#[test]
fn bytes_are_bounded() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |_| {}).await;
        fill(&client, 200).await;
        let pull = Pull::new().max_messages(1_000).max_bytes(500);
        let mut messages = consumer.messages(pull).expect("open");
        let all: Vec<u64> = (1..=200).collect();
        assert_eq!(read(&mut messages, 200).await, all);
        drop(messages);

        let js = client.jetstream();
        let sent = js.publish("orders.large", vec![b'x'; 1_000]).await;
        sent.expect("sent").await.expect("stored");
        let pull = || Pull::new().max_bytes(500);
        let too_large = Some(PullError::TooLarge { max_bytes: 500 });
        let mut batch = consumer.fetch(pull()).expect("open");
        assert_eq!(batch.next().await.and_then(Result::err), too_large);
        assert!(batch.next().await.is_none());
        let mut messages = consumer.messages(pull()).expect("open");
        assert_eq!(messages.next().await.and_then(Result::err), too_large);
        let purged = orders(&client).await.purge(stream::Purge::all()).await;
        purged.expect("purged");
        fill(&client, 1).await;
        assert_eq!(read(&mut messages, 1).await, [202]);
    });
}

#[test]
fn a_server_that_dies_loses_nothing() {
    run(async {
        let mut server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |config| config.ack_wait = Duration::from_secs(2)).await;
        fill(&client, 300).await;
        let mut messages = consumer
            .messages(Pull::new().max_messages(50))
            .expect("open");
        let mut confirmed = BTreeSet::new();
        let mut kills = 0;
        while confirmed.len() < 300 {
            let message = match messages.next().await.expect("no end") {
                Ok(message) => message,
                Err(error) => {
                    assert!(!error.is_final(), "{error}");
                    continue;
                }
            };
            // Without a confirmation it comes again. With one it may too: the server writes it to its disk a little later.
            if message.double_ack().await.is_ok() {
                confirmed.insert(message.info().stream_sequence);
            }
            if confirmed.len() >= 100 * (kills + 1) && kills < 2 {
                kills += 1;
                server.restart();
            }
        }
        assert_eq!(kills, 2);
    });
}

#[test]
fn a_fetch_ends_with_its_connection() {
    run(async {
        let mut server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |_| {}).await;
        let mut batch = consumer.fetch(Pull::new().expires(LONG)).expect("open");
        until(&consumer, |info| info.num_waiting == 1).await;
        server.kill();
        let error = batch.next().await.and_then(Result::err);
        assert_eq!(error, Some(PullError::Disconnected));
        assert!(batch.next().await.is_none());
        let mut batch = consumer.fetch(Pull::new()).expect("open");
        let error = batch.next().await.and_then(Result::err);
        assert_eq!(error, Some(PullError::Disconnected));

        let mut messages = consumer.messages(Pull::new()).expect("open");
        server.restart();
        while !client.status().is_connected() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fill(&client, 1).await;
        let message = loop {
            match messages.next().await.expect("no end") {
                Ok(message) => break message,
                Err(error) => assert!(!error.is_final(), "{error}"),
            }
        };
        assert_eq!(message.info().stream_sequence, 1);
        drop((client, consumer));
        assert!(messages.next().await.is_none(), "the client is closed");
    });
}

/// The only item of what is asked for, in both ways.
async fn only_error(consumer: &Consumer, pull: Pull) -> PullError {
    let mut all = consumer.messages(pull.clone()).expect("open");
    let error = all.next().await.and_then(Result::err).expect("an error");
    assert_eq!(all.next().await.is_none(), error.is_final());
    let mut batch = consumer.fetch(pull).expect("open");
    assert_eq!(
        batch.next().await.and_then(Result::err),
        Some(error.clone())
    );
    assert!(batch.next().await.is_none());
    error
}

#[test]
fn a_consumer_that_goes_ends_it() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |_| {}).await;
        let mut messages = consumer.messages(Pull::new()).expect("open");
        until(&consumer, |info| info.num_waiting == 1).await;
        consumer.delete().await.expect("deleted");
        let error = messages.next().await.and_then(Result::err);
        assert_eq!(error, Some(PullError::ConsumerDeleted));
        assert!(messages.next().await.is_none());

        let mut batch = consumer.fetch(Pull::new()).expect("open");
        let error = batch.next().await.and_then(Result::err);
        assert_eq!(error, Some(PullError::NoResponders));
        // One that is made later is found.
        let mut messages = consumer.messages(Pull::new()).expect("open");
        let error = messages.next().await.and_then(Result::err);
        assert_eq!(error, Some(PullError::NoResponders));
        let config = consumer.cached_info().expect("asked").config.clone();
        let stream = orders(&client).await;
        stream.create_consumer(&config).await.expect("a consumer");
        fill(&client, 1).await;
        assert_eq!(read(&mut messages, 1).await, [1]);

        assert_eq!(stream.get_consumer("c").await.expect("there").name(), "c");
        let error = stream.get_consumer("d").await.map(drop);
        let code = error.expect_err("none").error_code();
        assert_eq!(code, Some(ErrorCode::CONSUMER_NOT_FOUND));
    });
}

#[test]
fn a_consumer_refuses_what_is_beyond_its_limits() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |config| {
            config.max_batch = 10;
            config.max_expires = Duration::from_secs(1);
            config.max_bytes = 1_000;
        })
        .await;
        let pull = || {
            Pull::new()
                .max_messages(10)
                .expires(Duration::from_millis(900))
        };
        for (pull, limit) in [
            (pull().max_messages(11), "MaxRequestBatch"),
            (pull().expires(LONG), "MaxRequestExpires"),
            (pull().max_bytes(1_001), "MaxRequestMaxBytes"),
        ] {
            let error = only_error(&consumer, pull).await;
            let PullError::Refused {
                status,
                description,
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!(*status, 409);
            assert!(description.contains(limit), "{description}");
        }
        let error = only_error(&consumer, pull().group("jobs").priority(10)).await;
        assert!(
            matches!(error, PullError::Refused { status: 400, .. }),
            "{error}"
        );
    });
}

#[test]
fn a_permission_may_be_missing() {
    run(async {
        let server = Server::start();
        let client = server.connect_as("few").await;
        let stream = client.jetstream().stream("orders").expect("a name");
        let consumer = stream.consumer("c").expect("a name");
        let error = only_error(&consumer, Pull::new()).await;
        let expected = PullError::Denied {
            subject: "$JS.API.CONSUMER.MSG.NEXT.orders.c".to_owned(),
        };
        assert_eq!(error, expected);
        let denied = consumer.info().await.map(drop).expect_err("denied");
        let denied = denied.to_string();
        let expected = RequestError::PermissionDenied {
            subject: "$JS.API.CONSUMER.INFO.orders.c".to_owned(),
        };
        assert_eq!(denied, expected.to_string());
    });
}

#[test]
fn one_client_of_a_group_is_pinned() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let consumer = consumer(&client, |config| {
            config.priority_groups = vec!["jobs".to_owned()];
            config.priority_policy = PriorityPolicy::PinnedClient;
            config.priority_timeout = Duration::from_secs(1);
        })
        .await;
        fill(&client, 40).await;
        let pull = || Pull::new().max_messages(4).group("jobs");
        let mut first = consumer.messages(pull()).expect("open");
        assert_eq!(read(&mut first, 1).await, [1]);
        let mut second = consumer.messages(pull()).expect("open");
        until(&consumer, |info| info.num_waiting > 0).await;
        let rest: Vec<u64> = (2..=40).collect();
        assert_eq!(read(&mut first, 39).await, rest);
        // Once the first one is silent for too long it is the second one's turn.
        drop(first);
        fill(&client, 1).await;
        assert_eq!(read(&mut second, 1).await, [41]);
    });
}
