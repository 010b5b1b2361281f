//! The ordered consumer.

use std::time::Duration;

use nats_wsclient::jetstream::consumer::{
    DeliverPolicy, OrderedConfig, OrderedConsumer, OrderedError, OrderedEvent,
};
use nats_wsclient::jetstream::stream::{Config, Storage};
use nats_wsclient::{JetStream, Status, SyncState};

use crate::run;
use crate::server::Server;

/// What a reader has, and how it came to that.
#[derive(Default)]
struct Copy {
    messages: Vec<(u64, String)>,
    states: Vec<SyncState>,
    resets: usize,
    errors: Vec<OrderedError>,
}

impl Copy {
    /// Reads until `done` holds.
    async fn until(&mut self, consumer: &mut OrderedConsumer, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            match consumer.next().await.expect("no end") {
                Ok(OrderedEvent::Message(message)) => {
                    let last = self.messages.last().map_or(0, |(sequence, _)| *sequence);
                    assert!(message.sequence > last, "{message:?} after {last}");
                    assert!(message.published.unix_millis() > 0);
                    let payload = String::from_utf8(message.message.payload.to_vec());
                    let payload = payload.expect("UTF-8");
                    self.messages.push((message.sequence, payload));
                }
                Ok(OrderedEvent::State(state)) => self.states.push(state),
                Ok(OrderedEvent::Reset) => {
                    self.messages.clear();
                    self.resets += 1;
                }
                Err(error) => self.errors.push(error),
            }
        }
    }

    async fn until_live(&mut self, consumer: &mut OrderedConsumer) {
        self.until(consumer, |copy| copy.is_live()).await;
    }

    fn is_live(&self) -> bool {
        self.states.last() == Some(&SyncState::Live)
    }

    fn payloads(&self) -> Vec<&str> {
        self.messages
            .iter()
            .map(|(_, payload)| &**payload)
            .collect()
    }
}

/// Makes a stream with so many messages: their sequences, on `orders.<sequence modulo 10>`.
async fn orders(js: &JetStream, count: u64) {
    loop {
        let config = Config {
            name: "orders".to_owned(),
            subjects: vec!["orders.>".to_owned()],
            storage: Storage::File,
            ..Config::default()
        };
        let stream = js.create_stream(&config).await.expect("a stream");
        let info = stream.info().await.expect("how it is");
        if info.state.messages == 0 {
            break;
        }
        // nats-server deletes files later than it says so, and found old ones.
        js.delete_stream("orders").await.expect("gone");
    }
    more(js, 1..=count).await;
}

async fn more(js: &JetStream, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers.clone() {
        let published = js.publish(format!("orders.{}", number % 10), number.to_string());
        // The last one is stored after all the others.
        let ack = published.await.expect("sent");
        if number == *numbers.end() || number % 100 == 0 {
            ack.await.expect("stored");
        }
    }
}

fn numbers(range: std::ops::RangeInclusive<u64>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

fn config() -> OrderedConfig {
    OrderedConfig::new().heartbeat(Duration::from_millis(200))
}

/// Waits until there are so many consumers.
async fn consumers(js: &JetStream, count: usize) -> Vec<String> {
    loop {
        let names = js.consumer_names("orders").await.expect("names");
        if names.len() == count {
            return names;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn everything_in_its_order_and_then_what_is_new() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        orders(&js, 2_000).await;
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        let mut copy = Copy::default();
        copy.until_live(&mut consumer).await;
        assert_eq!(copy.payloads(), numbers(1..=2_000));
        more(&js, 2_001..=2_010).await;
        copy.until(&mut consumer, |copy| copy.messages.len() == 2_010)
            .await;
        assert_eq!(copy.payloads(), numbers(1..=2_010));
        assert_eq!(copy.states, [SyncState::Live]);
        assert_eq!((copy.resets, copy.errors.len()), (0, 0));

        consumers(&js, 1).await;
        drop(consumer);
        // Long before the server would think of it.
        consumers(&js, 0).await;
    });
}

#[test]
fn only_what_is_wanted() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        orders(&js, 40).await;
        for (config, expected) in [
            (
                config().filter_subjects(["orders.3"]),
                vec!["3", "13", "23", "33"],
            ),
            (
                config()
                    .filter_subjects(["orders.3", "orders.4"])
                    .deliver_policy(DeliverPolicy::LastPerSubject),
                vec!["33", "34"],
            ),
            (config().deliver_policy(DeliverPolicy::Last), vec!["40"]),
            (
                config().deliver_policy(DeliverPolicy::LastPerSubject),
                vec!["31", "32", "33", "34", "35", "36", "37", "38", "39", "40"],
            ),
            (config().start_sequence(39), vec!["39", "40"]),
            (config().deliver_policy(DeliverPolicy::New), vec![]),
            (config().filter_subjects(["orders.none"]), vec![]),
            (config().start_sequence(39).headers_only(), vec!["", ""]),
        ] {
            let mut consumer = js.ordered_consumer("orders", config).expect("a consumer");
            let mut copy = Copy::default();
            copy.until_live(&mut consumer).await;
            assert_eq!(copy.payloads(), expected);
        }
        consumers(&js, 0).await;
        for bad in ["", "a b", "a.>.b"] {
            let config = config().filter_subjects([bad]);
            assert!(js.ordered_consumer("orders", config).is_err(), "{bad:?}");
        }
        assert!(js.ordered_consumer("a.b", config()).is_err());
    });
}

#[test]
fn a_consumer_that_somebody_deletes_is_made_anew() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        orders(&js, 5).await;
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        let mut copy = Copy::default();
        copy.until_live(&mut consumer).await;
        for round in 1..=3_u64 {
            let names = consumers(&js, 1).await;
            js.delete_consumer("orders", &names[0]).await.expect("gone");
            more(&js, 5 + round..=5 + round).await;
            let wanted = copy.messages.len() + 1;
            copy.until(&mut consumer, |copy| {
                copy.messages.len() == wanted && copy.is_live()
            })
            .await;
        }
        assert_eq!(copy.payloads(), numbers(1..=8));
        assert!(copy.states.contains(&SyncState::Resyncing));
        assert_eq!((copy.resets, copy.errors), (0, vec![]));
        consumers(&js, 1).await;
    });
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    run(async {
        let mut server = Server::start();
        let client = server.connect().await;
        let js = client.jetstream();
        orders(&js, 100).await;
        let all = js.ordered_consumer("orders", config());
        let new = js.ordered_consumer("orders", config().deliver_policy(DeliverPolicy::New));
        let mut consumers = [all.expect("a consumer"), new.expect("a consumer")];
        let mut copies = [Copy::default(), Copy::default()];
        for (copy, consumer) in copies.iter_mut().zip(&mut consumers) {
            copy.until_live(consumer).await;
        }
        for round in 1..=2 {
            server.kill();
            for (copy, consumer) in copies.iter_mut().zip(&mut consumers) {
                let is_stale =
                    |copy: &Copy| matches!(copy.states.last(), Some(SyncState::Stale { .. }));
                copy.until(consumer, is_stale).await;
            }
            server.restart();
            let mut status = client.status_changes();
            while status.next().await != Some(Status::Connected) {}
            more(&js, 100 + round..=100 + round).await;
            for (copy, consumer) in copies.iter_mut().zip(&mut consumers) {
                let last = (100 + round).to_string();
                copy.until(consumer, |copy| {
                    copy.is_live() && copy.payloads().last() == Some(&&*last)
                })
                .await;
            }
        }
        assert_eq!(copies[0].payloads(), numbers(1..=102));
        assert_eq!(copies[1].payloads(), numbers(101..=102));
        assert_eq!((copies[0].resets, copies[1].resets), (0, 0));
    });
}

/// Of as many messages as before, of fewer, and of more: each time everything is delivered anew.
#[test]
fn a_stream_that_is_made_anew() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        orders(&js, 10).await;
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        let mut copy = Copy::default();
        copy.until_live(&mut consumer).await;
        for (round, count) in [10, 3, 30].into_iter().enumerate() {
            js.delete_stream("orders").await.expect("gone");
            orders(&js, count).await;
            copy.until(&mut consumer, |copy| copy.resets > round && copy.is_live())
                .await;
            copy.until(&mut consumer, |copy| {
                copy.messages.len() as u64 == count && copy.is_live()
            })
            .await;
            assert_eq!(copy.payloads(), numbers(1..=count));
        }
        consumers(&js, 1).await;
    });
}

#[test]
fn a_stream_that_is_not_there_yet() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        let mut copy = Copy::default();
        copy.until(&mut consumer, |copy| !copy.errors.is_empty())
            .await;
        let stream = "orders".to_owned();
        assert_eq!(copy.errors, [OrderedError::StreamMissing { stream }]);
        orders(&js, 0).await;
        copy.until_live(&mut consumer).await;
        more(&js, 1..=1).await;
        copy.until(&mut consumer, |copy| copy.messages.len() == 1)
            .await;
    });
}

#[test]
fn what_is_not_permitted_ends_it() {
    run(async {
        let server = Server::start();
        let js = server.connect_as("few").await.jetstream();
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        let error = consumer.next().await.expect("an item").expect_err("no");
        assert!(error.is_final(), "{error}");
        assert!(matches!(error, OrderedError::Denied { .. }), "{error}");
        assert!(consumer.next().await.is_none());
    });
}

/// The server is asked to wait for a reader that does not read.
#[test]
fn a_slow_reader_costs_some_megabytes_and_loses_nothing() {
    run(async {
        let server = Server::start();
        let writer = server.connect().await.jetstream();
        orders(&writer, 0).await;
        let payload = "x".repeat(100_000);
        for _ in 0..300 {
            let ack = writer.publish("orders.large", payload.clone());
            ack.await.expect("sent").await.expect("stored");
        }
        let client = server.connect().await;
        let js = client.jetstream();
        let mut consumer = js.ordered_consumer("orders", config()).expect("a consumer");
        // Until there is silence for five heartbeats.
        let received = || client.statistics().bytes_received;
        let mut before = 0;
        while before == 0 || received() > before + 2_000 {
            before = received();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(received() < 10_000_000, "{} bytes", received());
        let mut copy = Copy::default();
        copy.until_live(&mut consumer).await;
        assert_eq!(copy.messages.len(), 300);
        assert_eq!(copy.states, [SyncState::Live]);
    });
}
