//! What becomes of messages that fail, of those that come after them, and of the letters about them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use jetstream_es::dead_letters::{DeadLetterError, Filed};
use jetstream_es::declare::{self, StreamSpec};
use jetstream_es::retry::Timing;
use jetstream_es::testing::Server;
use jetstream_es::{
    Connection, DeadLetter, DeadLetters, Failure, Handler, LetterState, Processor, ProcessorSpec,
    StoredMessage,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bank;

/// What several instances of a handler share: which messages they have handled, in order, and what is broken.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    handled: Vec<u64>,
    tries: HashMap<u64, u32>,
    told: Vec<(u64, LetterState)>,
    /// These fail no more.
    repaired: HashSet<u64>,
}

/// The second token is the key, the payload says what happens.
impl Handler for Notes {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.split('.').nth(1).unwrap().to_owned()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let sequence = message.sequence;
        let mut pages = self.0.lock().unwrap();
        let tries = pages.tries.entry(sequence).or_default();
        *tries += 1;
        let tries = *tries;
        let what = std::str::from_utf8(&message.payload).unwrap();
        let (what, count) = what.split_once(' ').unwrap_or((what, "0"));
        if !pages.repaired.contains(&sequence) {
            match what {
                "poison" => return Err(Failure::permanent("it is poisonous")),
                "busy" if tries <= count.parse().unwrap() => {
                    return Err(Failure::transient(format!("busy for the time no. {tries}")));
                }
                "away" if tries <= count.parse().unwrap() => {
                    return Err(Failure::outage("nobody answers"));
                }
                "panic" => {
                    drop(pages);
                    panic!("{what}");
                }
                _ => {}
            }
        }
        pages.handled.push(sequence);
        Ok(())
    }

    async fn parked(&self, message: &StoredMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let mut pages = self.0.lock().unwrap();
        pages.told.push((message.sequence, letter.state));
        Ok(())
    }

    async fn discarded(&self, message: &StoredMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let mut pages = self.0.lock().unwrap();
        pages.told.push((message.sequence, letter.state));
        Ok(())
    }
}

impl Notes {
    fn repair(&self, sequence: u64) {
        self.0.lock().unwrap().repaired.insert(sequence);
    }

    fn handled(&self) -> Vec<u64> {
        self.0.lock().unwrap().handled.clone()
    }

    fn tries(&self, sequence: u64) -> u32 {
        let pages = self.0.lock().unwrap();
        pages.tries.get(&sequence).copied().unwrap_or(0)
    }

    async fn until_handled(&self, sequences: &[u64]) {
        until(&format!("{sequences:?} handled"), async || {
            (self.handled() == sequences).then_some(())
        })
        .await;
    }
}

/// Asks until there is an answer.
async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits no longer than until the gate opens, and remembers for how long it was to wait.
#[derive(Clone)]
struct Gate {
    open: watch::Receiver<bool>,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Gate {
    fn new() -> (watch::Sender<bool>, Self) {
        let (sender, open) = watch::channel(false);
        let waits = Arc::default();
        (sender, Self { open, waits })
    }
}

impl Timing for Gate {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
    }

    fn random(&self) -> f64 {
        0.5
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        self.waits.lock().unwrap().push(wait);
        let mut open = self.open.clone();
        Box::pin(async move {
            open.wait_for(|open| *open).await.unwrap();
        })
    }
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(connection: &Connection, notes: &Notes) -> Self {
        Self::of(connection, notes, spec()).await
    }

    async fn of(connection: &Connection, notes: &Notes, spec: ProcessorSpec) -> Self {
        let processor = Processor::open(connection, spec, notes.clone()).await;
        let stop = CancellationToken::new();
        let task = tokio::spawn(processor.unwrap().run(stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn spec() -> ProcessorSpec {
    let (open, gate) = Gate::new();
    open.send_replace(true);
    ProcessorSpec {
        timing: Arc::new(gate),
        ..ProcessorSpec::new("accounts", "clerk")
    }
}

async fn open() -> (Server, Connection, DeadLetters) {
    let (server, connection) = bank::open().await;
    let jetstream = connection.jetstream();
    declare::stream(&jetstream, &DeadLetters::stream())
        .await
        .unwrap();
    let letters = DeadLetters::new(&connection);
    (server, connection, letters)
}

async fn publish(connection: &Connection, messages: &[(&str, &str)]) {
    for (key, payload) in messages {
        bank::publish(connection, format!("account.{key}.in"), *payload).await;
    }
}

/// The letters of the processor by the sequence of their message, as soon as they are in these states.
async fn until_letters(letters: &DeadLetters, expected: &[(u64, LetterState)]) -> Vec<Filed> {
    until(&format!("{expected:?}"), async || {
        let mut there = letters.list(Some("clerk")).await.unwrap();
        there.sort_by_key(|filed| filed.letter.pointer.sequence);
        let states = there
            .iter()
            .map(|filed| (filed.letter.pointer.sequence, filed.letter.state));
        states.eq(expected.iter().copied()).then_some(there)
    })
    .await
}

async fn until_all_is_acknowledged(connection: &Connection) {
    let stream = connection.jetstream().get_stream("accounts").await.unwrap();
    until("all acknowledged", async || {
        let info = stream.consumer_info("clerk").await.unwrap();
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
}

use LetterState::{Discarded, Done, Parked, Retrying, Waiting};

#[tokio::test]
async fn a_transient_failure_is_tried_again_while_other_keys_go_on() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    let (gate, timing) = Gate::new();
    let waits = Arc::clone(&timing.waits);
    let spec = ProcessorSpec {
        timing: Arc::new(timing),
        concurrency: 1,
        ..spec()
    };
    let running = Running::of(&connection, &notes, spec).await;
    publish(
        &connection,
        &[("a", "busy 4"), ("a", "ok"), ("b", "ok"), ("b", "ok")],
    )
    .await;
    notes.until_handled(&[3, 4]).await;
    gate.send_replace(true);
    notes.until_handled(&[3, 4, 1, 2]).await;
    assert_eq!(notes.tries(1), 5);
    let waits = waits.lock().unwrap().clone();
    assert_eq!(waits, [0, 50, 100, 200].map(Duration::from_millis));
    until_all_is_acknowledged(&connection).await;
    until_letters(&letters, &[]).await;
    running.stop().await;
}

#[tokio::test]
async fn after_the_last_try_the_message_is_parked_and_its_key_waits() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    let running = Running::start(&connection, &notes).await;
    publish(
        &connection,
        &[("a", "busy 9"), ("a", "ok"), ("b", "ok"), ("a", "ok")],
    )
    .await;
    let filed = until_letters(&letters, &[(1, Parked), (2, Waiting), (4, Waiting)]).await;
    until_all_is_acknowledged(&connection).await;
    assert_eq!(notes.handled(), [3]);
    let letter = &filed[0].letter;
    assert_eq!(letter.name().as_str(), "clerk.a.accounts.1");
    assert_eq!(letter.pointer.subject, "account.a.in");
    let errors = letter.attempts.iter().map(|attempt| attempt.error.as_str());
    assert!(
        errors.eq((1..=5).map(|tries| format!("busy for the time no. {tries}"))),
        "{letter:?}"
    );
    assert_eq!(letter.original, None, "the stream keeps it for ever");
    let mut told = notes.0.lock().unwrap().told.clone();
    told.sort_by_key(|(sequence, _)| *sequence);
    assert_eq!(told, [(1, Parked), (2, Waiting), (4, Waiting)]);

    // What waits is not asked for before what it waits for.
    let name = filed[1].letter.name();
    let early = letters.retry(&name, "ada").await.unwrap_err();
    assert!(matches!(early, DeadLetterError::Waits { .. }), "{early}");

    // Still broken: another five tries, and the key waits on.
    letters.retry(&letter.name(), "ada").await.unwrap();
    let filed = until("ten tries", async || {
        let filed = letters.show(&letter.name()).await.unwrap();
        (filed.letter.attempts.len() == 9 + 1 || filed.letter.state == Done).then_some(filed)
    })
    .await;
    // The tenth try succeeds: "busy 9".
    assert_eq!((filed.letter.state, notes.tries(1)), (Done, 10));
    until_letters(&letters, &[(1, Done), (2, Done), (4, Done)]).await;
    assert_eq!(notes.handled(), [3, 1, 2, 4]);
    let by: Vec<_> = filed
        .letter
        .changes
        .iter()
        .map(|change| (change.state, change.by.as_str()))
        .collect();
    assert_eq!(by, [(Parked, "clerk"), (Retrying, "ada"), (Done, "clerk")]);

    // The key is free again.
    publish(&connection, &[("a", "ok")]).await;
    notes.until_handled(&[3, 1, 2, 4, 5]).await;
    running.stop().await;
}

#[tokio::test]
async fn a_permanent_failure_and_a_panic_are_parked_at_once() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    let running = Running::start(&connection, &notes).await;
    publish(&connection, &[("a", "poison"), ("b", "panic"), ("c", "ok")]).await;
    let filed = until_letters(&letters, &[(1, Parked), (2, Parked)]).await;
    assert_eq!((notes.tries(1), notes.tries(2)), (1, 1));
    assert_eq!(filed[0].letter.attempts[0].error, "it is poisonous");
    assert_eq!(
        filed[1].letter.attempts[0].error,
        "the handler panicked: panic"
    );
    notes.until_handled(&[3]).await;

    // An operator gives it up; what waits behind it is worked on.
    publish(&connection, &[("a", "ok"), ("a", "poison"), ("a", "ok")]).await;
    until_letters(
        &letters,
        &[
            (1, Parked),
            (2, Parked),
            (4, Waiting),
            (5, Waiting),
            (6, Waiting),
        ],
    )
    .await;
    letters
        .discard(&filed[0].letter.name(), "ada")
        .await
        .unwrap();
    until_letters(
        &letters,
        &[
            (1, Discarded),
            (2, Parked),
            (4, Done),
            (5, Parked),
            (6, Waiting),
        ],
    )
    .await;
    assert_eq!(notes.handled(), [3, 4]);
    until("told of the discard", async || {
        let pages = notes.0.lock().unwrap();
        pages.told.contains(&(1, Discarded)).then_some(())
    })
    .await;
    let again = letters.retry(&filed[0].letter.name(), "ada").await;
    assert!(
        matches!(again, Err(DeadLetterError::State { .. })),
        "{again:?}"
    );
    running.stop().await;
}

#[tokio::test]
async fn an_outage_is_not_the_messages_fault() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    let running = Running::start(&connection, &notes).await;
    publish(&connection, &[("a", "away 7")]).await;
    notes.until_handled(&[1]).await;
    assert_eq!(notes.tries(1), 8);
    until_letters(&letters, &[]).await;
    running.stop().await;
}

#[tokio::test]
async fn blocked_keys_are_known_after_a_restart_and_letters_need_no_new_message() {
    let (server, connection, letters) = open().await;
    let notes = Notes::default();
    publish(&connection, &[("a", "poison"), ("b", "poison")]).await;
    let running = Running::start(&connection, &notes).await;
    let filed = until_letters(&letters, &[(1, Parked), (2, Parked)]).await;
    running.stop().await;

    // While nobody runs an operator acts, and there is more.
    notes.repair(2);
    letters.retry(&filed[1].letter.name(), "ada").await.unwrap();
    publish(&connection, &[("a", "ok")]).await;
    let other = server.connect().await;
    let (one, two) = (
        Running::start(&connection, &notes).await,
        Running::start(&other, &notes).await,
    );
    until_letters(&letters, &[(1, Parked), (2, Done), (3, Waiting)]).await;
    assert_eq!(notes.handled(), [2]);
    notes.repair(1);
    letters.retry(&filed[0].letter.name(), "ada").await.unwrap();
    until_letters(&letters, &[(1, Done), (2, Done), (3, Done)]).await;
    assert_eq!(notes.handled(), [2, 1, 3]);
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_crash_between_the_letter_and_the_acknowledgement_makes_no_second_letter() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    publish(&connection, &[("a", "poison"), ("a", "ok")]).await;
    let stream = connection.jetstream().get_stream("accounts").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    let message = StoredMessage {
        subject: message.subject.into_string(),
        sequence: 1,
        headers: message.headers,
        payload: message.payload,
        time: None,
    };
    let now = SystemTime::now();
    let letter = DeadLetter::new("clerk", "a", "accounts", &message, Parked, now);
    assert!(letters.park(&letter).await.unwrap());
    assert!(!letters.park(&letter).await.unwrap(), "a second letter");

    let running = Running::start(&connection, &notes).await;
    until_letters(&letters, &[(1, Parked), (2, Waiting)]).await;
    until_all_is_acknowledged(&connection).await;
    assert_eq!((notes.tries(1), notes.tries(2)), (0, 0));
    running.stop().await;
}

#[tokio::test]
async fn a_letter_about_a_message_that_may_be_forgotten_has_a_copy() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    let jetstream = connection.jetstream();
    let day = Duration::from_secs(24 * 60 * 60);
    declare::stream(&jetstream, &StreamSpec::work("orders", ["order.>"], day))
        .await
        .unwrap();
    let spec = ProcessorSpec {
        stream: "orders",
        ..spec()
    };
    let running = Running::of(&connection, &notes, spec).await;
    let order = r#"{"id":"o1","type":"order.placed.v1"}"#;
    bank::publish(&connection, "order.x.1", order).await;
    notes.until_handled(&[1]).await;
    bank::publish(&connection, "order.x.1", "poison").await;
    let filed = until_letters(&letters, &[(2, Parked)]).await;
    let orders = jetstream.get_stream("orders").await.unwrap();
    orders.purge().await.unwrap();
    let message = letters.message(&filed[0].letter).await.unwrap().unwrap();
    assert_eq!((&*message.payload, message.sequence), (&b"poison"[..], 2));
    notes.repair(2);
    letters.retry(&filed[0].letter.name(), "ada").await.unwrap();
    notes.until_handled(&[1, 2]).await;
    running.stop().await;
}

#[tokio::test]
async fn a_letter_that_is_not_understood_is_shown_and_holds_up_its_key_alone() {
    let (_server, connection, letters) = open().await;
    let notes = Notes::default();
    publish(&connection, &[("a", "ok"), ("a", "ok"), ("b", "ok")]).await;
    // As a later version of this crate may have written it, and one that is nobody's.
    let subject = "dlq.clerk.a.accounts.1";
    bank::publish(&connection, subject, r#"{"shape":"of tomorrow"}"#).await;
    bank::publish(&connection, "dlq.nonsense", "nonsense").await;
    let running = Running::start(&connection, &notes).await;
    notes.until_handled(&[3]).await;
    let filed = until_letters(&letters, &[(1, Parked), (2, Waiting)]).await;
    let letter = &filed[0].letter;
    let error = &letter.attempts[0].error;
    assert!(error.contains("not understood"), "{error}");
    assert_eq!(
        (letter.consumer.as_str(), letter.key.as_str()),
        ("clerk", "a")
    );

    letters.retry(&letter.name(), "ada").await.unwrap();
    until_letters(&letters, &[(1, Done), (2, Done)]).await;
    assert_eq!(notes.handled(), [3, 1, 2]);
    running.stop().await;
}
