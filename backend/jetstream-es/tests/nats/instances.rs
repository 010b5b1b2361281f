//! Several instances of a processor share a stream while one dies, the server is killed, and the handler fails at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::ConnectOptions;
use jetstream_es::{
    Connection, DeadLetters, Failure, Handler, Processor, ProcessorSpec, RetryPolicy,
    StoredMessage, declare,
};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bank;

/// Chooses the faults; the same number makes the same choices again.
const SEED: &str = "JETSTREAM_ES_SEED";
const MESSAGES: u64 = 600;
const KEYS: u64 = 12;

/// Random numbers (SplitMix64).
struct Dice(AtomicU64);

impl Dice {
    fn throw(&self, sides: u64) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What all instances together have handled, in the order in which they did.
#[derive(Clone)]
struct Clumsy {
    dice: Arc<Dice>,
    handled: Arc<Mutex<Vec<(String, u64)>>>,
    distinct: watch::Sender<usize>,
}

impl Handler for Clumsy {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.split('.').nth(1).unwrap().to_owned()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        match self.dice.throw(10) {
            0 => return Err(Failure::transient("clumsy")),
            1 => return Err(Failure::outage("away")),
            2 => tokio::time::sleep(Duration::from_millis(self.dice.throw(5))).await,
            _ => {}
        }
        let mut handled = self.handled.lock().unwrap();
        handled.push((self.key(message), message.sequence));
        let distinct: BTreeSet<_> = handled.iter().map(|(_, sequence)| sequence).collect();
        self.distinct.send_replace(distinct.len());
        Ok(())
    }
}

/// An instance in a runtime of its own, which can be ended without anything in it being told.
fn start(url: String, handler: Clumsy) -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.spawn(async move {
        let options = ConnectOptions::new()
            .request_timeout(Some(Duration::from_secs(2)))
            .reconnect_delay_callback(|_| Duration::from_millis(20));
        let connection = Connection::open(options, &url).await.unwrap();
        let policy = RetryPolicy {
            // More than chance will ever need: what is tested here is not parked.
            attempts: 50,
            base: Duration::from_millis(1),
            longest: Duration::from_millis(5),
        };
        let spec = ProcessorSpec {
            policy,
            concurrency: 8,
            in_flight: 50,
            ..ProcessorSpec::new("accounts", "clumsy")
        };
        let processor = Processor::open(&connection, spec, handler).await.unwrap();
        processor.run(CancellationToken::new()).await;
    });
    runtime
}

#[tokio::test]
async fn nothing_is_lost_or_overtaken_whoever_dies() {
    let seed = std::env::var(SEED).map_or_else(
        |_| uuid::Uuid::new_v4().as_u64_pair().1,
        |seed| seed.parse().unwrap(),
    );
    println!("to have the same faults again: {SEED}={seed}");
    let dice = Arc::new(Dice(AtomicU64::new(seed)));
    let (mut server, connection) = bank::open().await;
    let jetstream = connection.jetstream();
    declare::stream(&jetstream, &DeadLetters::stream())
        .await
        .unwrap();
    for _ in 0..MESSAGES {
        let key = dice.throw(KEYS);
        bank::publish(&connection, format!("account.{key}.in"), "x").await;
    }
    let (distinct, mut reached) = watch::channel(0);
    let handler = Clumsy {
        dice: Arc::clone(&dice),
        handled: Arc::default(),
        distinct,
    };
    let mut until = async |count: u64| {
        let count = usize::try_from(count).unwrap();
        let reached = reached.wait_for(|reached| *reached >= count);
        let reached = tokio::time::timeout(Duration::from_secs(60), reached).await;
        drop(reached.expect("more is handled").unwrap());
    };
    let first = start(server.url(), handler.clone());
    until(1 + dice.throw(200)).await;
    let second = start(server.url(), handler.clone());
    until(200 + dice.throw(100)).await;
    first.shutdown_background();
    until(350 + dice.throw(100)).await;
    server.kill();
    server.restart().await;
    let third = start(server.url(), handler.clone());
    until(MESSAGES).await;
    second.shutdown_background();
    third.shutdown_background();

    let mut last = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (key, sequence) in handler.handled.lock().unwrap().iter() {
        if seen.insert(*sequence) {
            let before = last.insert(key.clone(), *sequence).unwrap_or(0);
            assert!(before < *sequence, "{sequence} after {before} of {key}");
        }
    }
    assert!(seen.into_iter().eq(1..=MESSAGES));
    let connection = server.connect().await;
    let letters = DeadLetters::new(&connection).list(None).await.unwrap();
    assert_eq!(letters, []);
}
