//! What a feed delivers, and in which order.

use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use jetstream_es::feed::{Feed, FeedError, FeedSpec, PIN_TIMEOUT, Start};
use jetstream_es::{Connection, Delivery};
use tokio::sync::mpsc;

use crate::bank;

fn spec(durable: &str) -> FeedSpec {
    FeedSpec {
        stream: "accounts",
        durable: durable.to_owned(),
        description: String::new(),
        filter: None,
        start: Start::Beginning,
        in_flight: 100,
    }
}

async fn publish(connection: &Connection, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let stored = bank::publish(connection, "account.1.in", number.to_string()).await;
        assert_eq!(stored, number);
    }
}

/// The next `count` messages, which arrive in any number of batches.
async fn take(feed: &mut Feed, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(30), feed.next(count - taken.len()));
        taken.extend(next.await.expect("a delivery"));
    }
    taken
}

fn sequences(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries
        .iter()
        .map(|delivery| delivery.message.sequence)
        .collect()
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_before_what_is_new() {
    let (_server, connection) = bank::open().await;
    publish(&connection, 1..=6).await;
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    let taken = take(&mut feed, 6).await;
    assert_eq!(sequences(&taken), [1, 2, 3, 4, 5, 6]);
    for done in &taken[..3] {
        done.ack().await.unwrap();
    }
    connection.client().flush().await.unwrap();
    // The reader is gone with 4 to 6 in its hands, and there is more now.
    drop(feed);
    publish(&connection, 7..=8).await;
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    assert_eq!(sequences(&take(&mut feed, 5).await), [4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn where_a_feed_begins_matters_once() {
    let (_server, connection) = bank::open().await;
    publish(&connection, 1..=2).await;
    let now = |durable| FeedSpec {
        start: Start::Now,
        ..spec(durable)
    };
    let beginning = Feed::open(&connection, spec("old")).await.unwrap();
    beginning.close().await;
    let feed = Feed::open(&connection, now("new")).await.unwrap();
    feed.close().await;
    publish(&connection, 3..=3).await;
    let mut beginning = Feed::open(&connection, now("old")).await.unwrap();
    assert_eq!(sequences(&take(&mut beginning, 3).await), [1, 2, 3]);
    let mut feed = Feed::open(&connection, spec("new")).await.unwrap();
    assert_eq!(sequences(&take(&mut feed, 1).await), [3]);
}

#[tokio::test]
async fn an_acknowledgement_leaves_the_others_to_come_again() {
    let (_server, connection) = bank::open().await;
    publish(&connection, 1..=5).await;
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    let taken = take(&mut feed, 5).await;
    for done in [0, 1, 3] {
        taken[done].ack().await.unwrap();
    }
    connection.client().flush().await.unwrap();
    drop(feed);
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    // 4 had been done out of order; it comes twice, and nothing comes too late.
    assert_eq!(sequences(&take(&mut feed, 3).await), [3, 4, 5]);
}

#[tokio::test]
async fn a_killed_server_costs_nothing_but_the_time_it_is_away() {
    let (mut server, connection) = bank::open().await;
    publish(&connection, 1..=3).await;
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    let flows = feed.flows();
    for done in take(&mut feed, 2).await {
        done.ack().await.unwrap();
    }
    connection.client().flush().await.unwrap();
    server.kill();
    server.restart().await;
    let other = server.connect().await;
    publish(&other, 4..=5).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&5) {
        seen.extend(sequences(&take(&mut feed, 1).await));
    }
    // A server that is killed may have forgotten acknowledgements, and what was on its way before comes again. But
    // nothing is left out, and nothing comes late.
    for pair in seen.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "{seen:?}");
    }
    assert!(seen.ends_with(&[3, 4, 5]), "{seen:?}");
    assert!(*flows.borrow());
}

#[tokio::test]
async fn a_single_event_does_not_wait_for_others() {
    let (_server, connection) = bank::open().await;
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    for number in 1..=3 {
        publish(&connection, number..=number).await;
        let batch = tokio::time::timeout(Duration::from_secs(5), feed.next(1_000)).await;
        assert_eq!(sequences(&batch.expect("without a second event")), [number]);
    }
}

#[tokio::test]
async fn the_consumer_is_brought_up_to_date_or_it_is_said_why_not() {
    let (_server, connection) = bank::open().await;
    drop(Feed::open(&connection, spec("reader")).await.unwrap());
    let more = FeedSpec {
        in_flight: 7,
        ..spec("reader")
    };
    drop(Feed::open(&connection, more).await.unwrap());
    let stream = connection.jetstream().get_stream("accounts").await.unwrap();
    let info = stream.consumer_info("reader").await.unwrap();
    assert_eq!(info.config.max_ack_pending, 7);

    let other = pull::Config {
        durable_name: Some("other".to_owned()),
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    stream.create_consumer(other).await.unwrap();
    let error = Feed::open(&connection, spec("other")).await.unwrap_err();
    assert!(matches!(error, FeedError::Refused { .. }), "{error}");
}

/// The next messages, or none within a moment.
async fn at_once(feed: &mut Feed) -> Vec<u64> {
    let next = tokio::time::timeout(Duration::from_secs(1), feed.next(1_000)).await;
    next.map_or_else(|_| Vec::new(), |batch| sequences(&batch))
}

#[tokio::test]
async fn of_two_instances_one_reads_and_the_other_takes_over_when_it_closes() {
    let (server, connection) = bank::open().await;
    let other = server.connect().await;
    publish(&connection, 1..=3).await;
    let mut first = Feed::open(&connection, spec("reader")).await.unwrap();
    let taken = take(&mut first, 3).await;
    let mut second = Feed::open(&other, spec("reader")).await.unwrap();
    publish(&connection, 4..=5).await;
    assert_eq!(sequences(&take(&mut first, 2).await), [4, 5]);
    assert!(at_once(&mut second).await.is_empty(), "both read");
    assert!(*second.flows().borrow(), "standing by is ready");

    for done in &taken[..2] {
        done.ack().await.unwrap();
    }
    assert!(taken[2].is_current());
    first.close().await;
    assert!(!taken[2].is_current());
    let closed = Instant::now();
    // All that was not acknowledged comes to the other one, in order.
    assert_eq!(sequences(&take(&mut second, 3).await), [3, 4, 5]);
    let waited = closed.elapsed();
    assert!(waited < PIN_TIMEOUT, "handed over after {waited:?}");
}

#[tokio::test]
async fn what_a_reader_acknowledges_late_is_done_and_nothing_else() {
    let (server, connection) = bank::open().await;
    let other = server.connect().await;
    publish(&connection, 1..=60).await;
    let mut first = Feed::open(&connection, spec("reader")).await.unwrap();
    let of_first = take(&mut first, 60).await;
    for done in &of_first[..20] {
        done.ack().await.unwrap();
    }
    first.close().await;
    let mut second = Feed::open(&other, spec("reader")).await.unwrap();
    // From here on the server counts its deliveries from 1 again: this one has a higher number than all of them.
    let of_second = take(&mut second, 40).await;
    assert_eq!(of_second[0].message.sequence, 21);
    of_first[49].ack().await.unwrap();
    connection.client().flush().await.unwrap();
    for done in of_second {
        done.ack().await.unwrap();
    }
    let stream = other.jetstream().get_stream("accounts").await.unwrap();
    let start = Instant::now();
    loop {
        let info = stream.consumer_info("reader").await.unwrap();
        if info.num_ack_pending == 0 {
            assert_eq!(info.ack_floor.stream_sequence, 60);
            return;
        }
        let waited = start.elapsed();
        assert!(waited < Duration::from_secs(10), "taken for old: {info:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_instance_that_dies_is_replaced_within_seconds() {
    let (server, connection) = bank::open().await;
    let url = server.url();
    let (delivered, mut deliveries) = mpsc::unbounded_channel();
    // A runtime of its own, which can be ended without anything in it being told, as by kill -9.
    let doomed = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    doomed.spawn(async move {
        let connection = Connection::open(ConnectOptions::new(), &url).await.unwrap();
        let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
        loop {
            for delivery in feed.next(10).await {
                if delivery.message.sequence <= 12 {
                    delivery.ack().await.unwrap();
                }
                delivered.send(delivery.message.sequence).unwrap();
            }
        }
    });
    let (until, mut reached) = (60, 0);
    publish(&connection, 1..=until).await;
    while reached < 20 {
        reached = deliveries.recv().await.unwrap();
    }
    let mut second = Feed::open(&connection, spec("reader")).await.unwrap();
    doomed.shutdown_background();
    while let Some(sequence) = deliveries.recv().await {
        assert_eq!(sequence, reached + 1, "the first one reads in order");
        reached = sequence;
    }
    publish(&connection, until + 1..=until + 20).await;
    let died = Instant::now();
    let mut seen = sequences(&take(&mut second, 1).await);
    let waited = died.elapsed();
    assert!(
        waited < PIN_TIMEOUT + Duration::from_secs(2),
        "taken over after {waited:?}"
    );
    assert!(seen[0] <= reached + 1, "{} follows {reached}", seen[0]);
    while *seen.last().unwrap() < until + 20 {
        seen.extend(sequences(&take(&mut second, 1).await));
    }
    let expected: Vec<u64> = (seen[0]..=until + 20).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_consumer_that_acknowledged_all_before_goes_on_where_it_was() {
    let (_server, connection) = bank::open().await;
    publish(&connection, 1..=4).await;
    let jetstream = connection.jetstream();
    let old = pull::Config {
        durable_name: Some("reader".to_owned()),
        ack_policy: AckPolicy::All,
        max_ack_pending: 100,
        ..pull::Config::default()
    };
    let old = jetstream.create_consumer_on_stream(old, "accounts").await;
    let mut messages = old.unwrap().messages().await.unwrap();
    for _ in 0..2 {
        let message = futures_util::StreamExt::next(&mut messages).await;
        message.unwrap().unwrap().double_ack().await.unwrap();
    }
    drop(messages);
    let mut feed = Feed::open(&connection, spec("reader")).await.unwrap();
    assert_eq!(sequences(&take(&mut feed, 2).await), [3, 4]);
}

#[tokio::test]
async fn a_filter_leaves_out_what_others_read() {
    let (_server, connection) = bank::open().await;
    for account in [1, 2, 1, 2] {
        bank::publish(&connection, format!("account.{account}.in"), "x").await;
    }
    let spec = FeedSpec {
        filter: Some("account.2.>".to_owned()),
        ..spec("reader")
    };
    let mut feed = Feed::open(&connection, spec).await.unwrap();
    assert_eq!(sequences(&take(&mut feed, 2).await), [2, 4]);
}
