//! Clients behind a network that fails in every way, in an order that a seed decides.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use futures_util::Stream;
use nats_wsclient::jetstream::consumer::{
    Config, OrderedConfig, OrderedConsumer, OrderedEvent, Pull,
};
use nats_wsclient::kv::{WatchError, WatchUpdate};
use nats_wsclient::{
    Client, ConnectOptions, FlushError, LiveBucket, PublishError, RequestError, Status, SyncState,
};

use crate::copy::Copy;
use crate::platform::Tokio;
use crate::proxy::{Proxy, Way};
use crate::pulls::{fill, orders};
use crate::run;
use crate::server::{Server, create_bucket, delete, options, put};

/// Silence is found quickly, so that a test may have much of it.
fn impatient() -> ConnectOptions {
    options("all")
        .ping_interval(Duration::from_millis(100))
        .ping_timeout(Duration::from_millis(200))
        .connection_timeout(Duration::from_millis(500))
        .request_timeout(Duration::from_millis(500))
}

/// A client that reaches the server through the proxy.
async fn behind(proxy: &Proxy) -> Client {
    impatient()
        .connect_over(&proxy.url(), Tokio::new())
        .await
        .expect("a connection")
}

/// Waits until the client has come through to the server, which is not the same as a connection that seems to be there.
async fn comes_through(client: &Client, proxy: &Proxy) {
    proxy.refuse(false);
    let mut status = client.status_changes();
    while client.flush().await.is_err() {
        while status.next().await != Some(Status::Connected) {}
    }
}

/// SplitMix64: the same failures in the same order for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Changes the weather, and now and then waits until the client has come through.
    async fn change(&mut self, proxy: &Proxy, client: &Client) {
        match self.below(8) {
            0 | 1 => proxy.cut(),
            2 => proxy.silence(Way::ToClient),
            3 => proxy.silence(Way::ToServer),
            4 => proxy.split(true),
            5 => proxy.delay(Duration::from_millis(1 + self.below(5))),
            6 => {
                proxy.refuse(true);
                proxy.cut();
            }
            _ => proxy.heal(),
        }
        if self.below(2) == 0 {
            comes_through(client, proxy).await;
        }
    }
}

#[test]
fn what_is_published_arrives_once_or_not_at_all_and_a_flush_does_not_lie() {
    for seed in 1..=2 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (sender, receiver) = (behind(&proxy).await, server.connect().await);
            let mut messages = receiver.subscribe("a").expect("a subject");
            receiver.flush().await.expect("a connection");
            let mut random = Random(seed);
            let mut confirmed = Vec::new();
            let mut unconfirmed = Vec::new();
            for number in 0..400_u64 {
                match sender.publish("a", number.to_string()) {
                    Ok(_) => unconfirmed.push(number),
                    Err(PublishError::Disconnected) => comes_through(&sender, &proxy).await,
                    Err(error) => panic!("{error}"),
                }
                if number % 10 == 9 {
                    // What was sent over a connection that is lost may or may not have arrived.
                    match sender.flush().await {
                        Ok(()) => confirmed.append(&mut unconfirmed),
                        Err(FlushError { .. }) => unconfirmed.clear(),
                    }
                    random.change(&proxy, &sender).await;
                }
            }
            proxy.heal();
            while sender.publish("a", "last").is_err() || sender.flush().await.is_err() {
                comes_through(&sender, &proxy).await;
            }
            let mut arrived = Vec::new();
            loop {
                let message = messages.next().await.expect("no end").expect("no gap");
                if message.payload == "last" {
                    break;
                }
                let text = std::str::from_utf8(&message.payload).expect("UTF-8");
                arrived.push(text.parse::<u64>().expect("a number"));
            }
            assert!(arrived.is_sorted_by(|a, b| a < b), "{arrived:?}");
            for number in &confirmed {
                assert!(arrived.binary_search(number).is_ok(), "{number} is lost");
            }
            assert!(confirmed.len() > 50, "{} confirmed", confirmed.len());
        });
    }
}

#[test]
fn a_subscription_hears_nothing_twice_and_in_order() {
    for seed in 11..=12 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (sender, receiver) = (server.connect().await, behind(&proxy).await);
            let mut messages = receiver.subscribe("a").expect("a subject");
            receiver.flush().await.expect("a connection");
            let last = Rc::new(Cell::new(false));
            let heard = Rc::clone(&last);
            let hearing = async {
                let mut arrived = Vec::new();
                loop {
                    let message = messages.next().await.expect("no end").expect("no gap");
                    let text = std::str::from_utf8(&message.payload).expect("UTF-8");
                    if text == "last" {
                        break;
                    }
                    arrived.push(text.parse::<u64>().expect("a number"));
                }
                heard.set(true);
                arrived
            };
            let telling = async {
                let mut random = Random(seed);
                for number in 0..400_u64 {
                    sender
                        .publish("a", number.to_string())
                        .expect("a connection");
                    if number % 10 == 9 {
                        sender.flush().await.expect("a connection");
                        random.change(&proxy, &receiver).await;
                    }
                }
                proxy.heal();
                while !last.get() {
                    // Then the server knows of the subscription.
                    comes_through(&receiver, &proxy).await;
                    sender.publish("a", "last").expect("a connection");
                    sender.flush().await.expect("a connection");
                    comes_through(&receiver, &proxy).await;
                }
            };
            let (arrived, ()) = tokio::join!(hearing, telling);
            assert!(arrived.is_sorted_by(|a, b| a < b), "{arrived:?}");
            assert!(arrived.len() > 50, "{} arrived", arrived.len());
        });
    }
}

#[test]
fn a_request_has_its_own_answer_or_a_reason() {
    for seed in 21..=22 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (asker, answerer) = (behind(&proxy).await, server.connect().await);
            let mut questions = answerer.subscribe("echo").expect("a subject");
            answerer.flush().await.expect("a connection");
            let answering = tokio::task::spawn_local(async move {
                while let Some(Ok(question)) = questions.next().await {
                    let reply = question.reply.expect("a question");
                    answerer
                        .publish(&*reply, &question.payload)
                        .expect("a connection");
                }
            });
            let mut random = Random(seed);
            let mut answered = 0;
            for number in 0..100 {
                let text = number.to_string();
                match asker.request("echo", &text).await {
                    Ok(answer) => {
                        assert_eq!(answer.payload, text);
                        answered += 1;
                    }
                    Err(RequestError::Publish(PublishError::Disconnected)) => {
                        comes_through(&asker, &proxy).await;
                    }
                    Err(RequestError::Disconnected | RequestError::TimedOut) => {}
                    Err(error) => panic!("{error}"),
                }
                if number % 4 == 3 {
                    random.change(&proxy, &asker).await;
                }
            }
            assert!(answered > 20, "{answered} answered");
            answering.abort();
        });
    }
}

#[test]
fn a_live_watch_comes_through() {
    for seed in 31..=33 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (writer, reader) = (server.connect().await, behind(&proxy).await);
            create_bucket(&writer, "b").await;
            let bucket = LiveBucket::new("b").expect("a name");
            let soon = Duration::from_millis(200);
            let bucket = bucket
                .page_size(7, 1_000)
                .page_timeout(soon)
                .check(soon, soon);
            let mut watch = reader.live(bucket).expect("a watch");
            in_bad_weather(seed, &proxy, &writer, &reader, &mut watch).await;
        });
    }
}

#[test]
fn a_watch_by_an_ordered_consumer_comes_through() {
    for seed in 61..=63 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (writer, reader) = (server.connect().await, behind(&proxy).await);
            create_bucket(&writer, "b").await;
            let store = reader.jetstream().key_value("b").expect("a name");
            let mut watch = store.watch_all().expect("a connection");
            in_bad_weather(seed, &proxy, &writer, &reader, &mut watch).await;
        });
    }
}

#[test]
fn a_pull_consumer_misses_nothing() {
    for seed in 41..=42 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (writer, reader) = (server.connect().await, behind(&proxy).await);
            orders(&writer).await;
            let stream = reader.jetstream().stream("orders").expect("a name");
            let config = Config {
                durable_name: Some("c".to_owned()),
                ack_wait: Duration::from_millis(500),
                ..Config::default()
            };
            let consumer = stream.create_consumer(&config).await.expect("a consumer");
            let pull = Pull::new()
                .max_messages(20)
                .expires(Duration::from_secs(2))
                .heartbeat(Duration::from_millis(500));
            let mut messages = consumer.messages(pull).expect("a connection");
            let writing = async {
                let mut random = Random(seed);
                for _ in 0..20 {
                    fill(&writer, 10).await;
                    random.change(&proxy, &reader).await;
                }
                proxy.heal();
            };
            let reading = async {
                let mut seen = BTreeSet::new();
                while seen.len() < 200 {
                    match messages.next().await.expect("no end") {
                        Ok(message) => {
                            seen.insert(message.info().stream_sequence);
                            // If it gets lost, the message comes again. If it is its answer, it does not.
                            let _ = message.double_ack().await;
                        }
                        Err(error) => assert!(!error.is_final(), "{error}"),
                    }
                }
                seen
            };
            let ((), seen) = tokio::join!(writing, reading);
            assert!(seen.into_iter().eq(1..=200), "seed {seed}");
        });
    }
}

#[test]
fn an_ordered_consumer_reads_everything_once_and_in_order() {
    for seed in 51..=52 {
        run(async {
            let server = Server::start();
            let proxy = Proxy::start(server.port()).await;
            let (writer, reader) = (server.connect().await, behind(&proxy).await);
            orders(&writer).await;
            let soon = Duration::from_millis(500);
            let config = OrderedConfig::new().heartbeat(soon).api_timeout(soon);
            let consumer = reader.jetstream().ordered_consumer("orders", config);
            let mut consumer = consumer.expect("a connection");
            let writing = async {
                let mut random = Random(seed);
                for _ in 0..20 {
                    fill(&writer, 10).await;
                    random.change(&proxy, &reader).await;
                }
                proxy.heal();
            };
            let ((), read) = tokio::join!(writing, read_in_order(&mut consumer, 200));
            assert!(read.into_iter().eq(1..=200), "seed {seed}");
        });
    }
}

/// The sequences of so many messages, once it is live.
pub(crate) async fn read_in_order(consumer: &mut OrderedConsumer, count: usize) -> Vec<u64> {
    let mut sequences = Vec::new();
    let mut is_live = false;
    while sequences.len() < count || !is_live {
        match consumer.next().await.expect("no end") {
            Ok(OrderedEvent::Message(message)) => sequences.push(message.sequence),
            Ok(OrderedEvent::State(state)) => is_live = state == SyncState::Live,
            Ok(OrderedEvent::Reset) => panic!("it is the same stream"),
            Err(error) => assert!(!error.is_final(), "{error}"),
        }
    }
    sequences
}

/// Writes while the network fails. In the end the watch has what the bucket has, no revision came twice or out of order
/// (its copy checks that), and nothing was ever thought to be of another bucket.
async fn in_bad_weather(
    seed: u64,
    proxy: &Proxy,
    writer: &Client,
    reader: &Client,
    watch: &mut (impl Stream<Item = Result<WatchUpdate, WatchError>> + Unpin),
) {
    // A key that stays as it is shows a live watch that the bucket is still the same.
    put(writer, "b", "first", "").await;
    let mut expected = BTreeMap::from([("first".to_owned(), String::new())]);
    let writing = async {
        let mut random = Random(seed);
        for number in 0..400 {
            let key = format!("k{}", random.below(23));
            if random.below(10) == 0 {
                delete(writer, "b", &key, "DEL").await;
                expected.remove(&key);
            } else {
                put(writer, "b", &key, &number.to_string()).await;
                expected.insert(key, number.to_string());
            }
            if number % 10 == 9 {
                random.change(proxy, reader).await;
            }
        }
        proxy.heal();
        put(writer, "b", "last", "").await;
        expected.insert("last".to_owned(), String::new());
    };
    let mut copy = Copy::default();
    let complete = |copy: &Copy| {
        copy.values.contains_key("last") && copy.states.last() == Some(&SyncState::Live)
    };
    let reading = copy.until(watch, complete);
    tokio::join!(writing, reading);
    assert_eq!(copy.values, expected, "seed {seed}");
    assert_eq!(copy.resets, 0, "seed {seed}");
}
