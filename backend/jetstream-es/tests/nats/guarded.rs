//! A destination that is away is left alone by all instances, and no message pays for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use jetstream_es::breaker::Circuit;
use jetstream_es::testing::Server;
use jetstream_es::{
    Breaker, BreakerPolicy, Connection, DeadLetters, Failure, Handler, LetterState, Processor,
    ProcessorSpec, RetryPolicy, StoredMessage, declare,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bank;

/// A destination that takes what is not stubborn, unless it is away.
#[derive(Clone, Default)]
struct Mail(Arc<MailState>);

#[derive(Default)]
struct MailState {
    there: AtomicBool,
    calls: AtomicU32,
    taken: AtomicU32,
}

impl Handler for Mail {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.split('.').nth(1).unwrap().to_owned()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        if message.payload == "unreadable" {
            return Err(Failure::permanent("it cannot be read"));
        }
        if message.payload == "stubborn" || !self.0.there.load(Ordering::SeqCst) {
            return Err(Failure::transient("nobody is there"));
        }
        self.0.taken.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Mail {
    fn calls(&self) -> u32 {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn taken(&self) -> u32 {
        self.0.taken.load(Ordering::SeqCst)
    }
}

async fn open() -> (Server, Connection) {
    let (server, connection) = bank::open().await;
    let bucket = declare::bucket(&connection.jetstream(), &Breaker::bucket()).await;
    bucket.unwrap();
    (server, connection)
}

async fn start(
    connection: &Connection,
    durable: &str,
    mail: &Mail,
    breaker: &Breaker,
) -> DropGuard {
    let spec = ProcessorSpec {
        breaker: Some(breaker.clone()),
        policy: RetryPolicy {
            attempts: 4,
            base: Duration::from_millis(1),
            ..RetryPolicy::default()
        },
        ..ProcessorSpec::new("accounts", durable)
    };
    let processor = Processor::open(connection, spec, mail.clone())
        .await
        .unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(processor.run(stop.clone()));
    stop.drop_guard()
}

pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn circuit(breaker: &Breaker) -> Circuit {
    breaker.read().await.unwrap().0
}

#[tokio::test]
async fn while_the_destination_is_away_few_calls_are_made_and_nothing_is_parked() {
    const PAUSE: Duration = Duration::from_millis(400);
    let (server, connection) = open().await;
    let (mail, other) = (Mail::default(), server.connect().await);
    let breaker = |connection: &Connection| {
        let policy = BreakerPolicy {
            failures: 3,
            pause: PAUSE,
            ..BreakerPolicy::default()
        };
        Breaker::new(connection, "mail", policy).unwrap()
    };
    // Two flows to one destination, in two programs.
    let _one = start(&connection, "letters", &mail, &breaker(&connection)).await;
    let _two = start(&other, "parcels", &mail, &breaker(&other)).await;
    for key in 0..20 {
        bank::publish(&connection, format!("account.{key}.in"), "hello").await;
    }
    let breaker = breaker(&connection);
    until("left alone", async || {
        circuit(&breaker).await != Circuit::default() && {
            let before = mail.calls();
            // What was on its way when it was noticed has failed by now.
            tokio::time::sleep(PAUSE / 4).await;
            before == mail.calls()
        }
    })
    .await;
    let (before, since) = (mail.calls(), Instant::now());
    until("five trials", async || mail.calls() >= before + 5).await;
    let pauses = since.elapsed().as_millis() / PAUSE.as_millis();
    let trials = u128::from(mail.calls() - before);
    assert!(trials <= pauses + 2, "{trials} trials in {pauses} pauses");
    let letters = DeadLetters::new(&connection);
    assert_eq!(letters.list(None).await.unwrap(), []);

    mail.0.there.store(true, Ordering::SeqCst);
    until("all sent twice", async || mail.taken() == 40).await;
    assert_eq!(circuit(&breaker).await, Circuit::default());
    assert_eq!(letters.list(None).await.unwrap(), []);
}

#[tokio::test]
async fn a_message_that_fails_alone_is_parked_after_its_trials_and_others_find_the_destination() {
    let (_server, connection) = open().await;
    let mail = Mail::default();
    mail.0.there.store(true, Ordering::SeqCst);
    let policy = BreakerPolicy {
        failures: 2,
        pause: Duration::from_millis(20),
        ..BreakerPolicy::default()
    };
    let breaker = Breaker::new(&connection, "mail", policy).unwrap();
    let _running = start(&connection, "letters", &mail, &breaker).await;
    bank::publish(&connection, "account.1.in", "stubborn").await;
    let letters = DeadLetters::new(&connection);
    until("parked", async || {
        let letters = letters.list(Some("letters")).await.unwrap();
        letters.len() == 1 && letters[0].letter.state == LetterState::Parked
    })
    .await;
    // One that counted, one that opened the circuit, and four trials.
    let letter = letters.list(None).await.unwrap().remove(0).letter;
    assert_eq!(letter.attempts.len(), 6, "{letter:?}");
    assert_ne!(circuit(&breaker).await, Circuit::default());

    // A trial that says nothing about the destination makes the next message the trial, at once.
    bank::publish(&connection, "account.2.in", "unreadable").await;
    bank::publish(&connection, "account.3.in", "hello").await;
    until("sent", async || mail.taken() == 1).await;
    until("closed", async || {
        circuit(&breaker).await == Circuit::default()
    })
    .await;
}
