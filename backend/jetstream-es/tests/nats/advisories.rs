//! Nothing dies unseen.

use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::jetstream::consumer::pull;
use futures_util::StreamExt;
use jetstream_es::advisories::{self, Advisory, Death};
use jetstream_es::declare;
use jetstream_es::feed::{Feed, FeedSpec, Start};

use crate::bank;

#[tokio::test]
async fn messages_that_are_given_up_or_terminated_are_told_of() {
    let (_server, connection) = bank::open().await;
    let jetstream = connection.jetstream();
    let day = Duration::from_secs(24 * 60 * 60);
    declare::stream(&jetstream, &advisories::stream(day))
        .await
        .unwrap();
    for _ in 0..2 {
        bank::publish(&connection, "account.1.in", "x").await;
    }
    let impatient = pull::Config {
        durable_name: Some("impatient".to_owned()),
        max_deliver: 2,
        ..pull::Config::default()
    };
    let consumer = jetstream.create_consumer_on_stream(impatient, "accounts");
    let mut messages = consumer.await.unwrap().messages().await.unwrap();
    let mut next = async || messages.next().await.unwrap().unwrap();
    next().await.ack_with(AckKind::Nak(None)).await.unwrap();
    next().await.ack_with(AckKind::Term).await.unwrap();
    next().await.ack_with(AckKind::Nak(None)).await.unwrap();
    // What pins and creates is no death, and is not in the stream.
    let spec = |stream, durable: &str| FeedSpec {
        stream,
        durable: durable.to_owned(),
        description: String::new(),
        filter: None,
        start: Start::Beginning,
        in_flight: 10,
    };
    let mut pinned = Feed::open(&connection, spec("accounts", "pinned"))
        .await
        .unwrap();
    pinned.next(2).await;
    pinned.close().await;
    let accounts = jetstream.get_stream("accounts").await.unwrap();
    accounts.delete_consumer("pinned").await.unwrap();

    let mut feed = Feed::open(&connection, spec(advisories::STREAM, "watch"))
        .await
        .unwrap();
    let mut deaths = Vec::new();
    while deaths.len() < 3 {
        let next = tokio::time::timeout(Duration::from_secs(30), feed.next(10));
        for delivery in next.await.expect("an advisory") {
            let advisory = Advisory::read(&delivery.message).unwrap();
            assert_eq!(advisory.stream, "accounts");
            deaths.push(advisory.death);
        }
    }
    deaths.sort_by_key(|death| format!("{death:?}"));
    let consumer = || "impatient".to_owned();
    assert_eq!(
        deaths,
        [
            Death::ConsumerDeleted {
                consumer: "pinned".to_owned()
            },
            Death::GivenUp {
                consumer: consumer(),
                sequence: 1,
                deliveries: 2
            },
            Death::Terminated {
                consumer: consumer(),
                sequence: 2,
                deliveries: 1,
                reason: None
            },
        ]
    );
}
