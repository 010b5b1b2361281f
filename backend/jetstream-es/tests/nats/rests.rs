//! A handler may leave a rest, during which the next message of the key is begun.

use futures_util::FutureExt;
use jetstream_es::testing::Server;
use jetstream_es::{
    Connection, DeadLetters, Failure, Handler, LetterState, Processor, ProcessorSpec, Rest,
    StoredMessage,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bank;

/// Notes what it does. The rests wait for a gate, and then come to what the payload says.
#[derive(Clone)]
struct Waiter {
    steps: watch::Sender<Vec<Step>>,
    gate: watch::Receiver<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Begun(u64),
    Rested(u64),
    Handled(u64),
}

use Step::{Begun, Handled, Rested};

impl Waiter {
    fn note(&self, step: Step) {
        self.steps.send_modify(|steps| steps.push(step));
    }

    async fn until(&self, expected: &[Step]) {
        let mut steps = self.steps.subscribe();
        let there = steps.wait_for(|steps| steps == expected);
        let there = tokio::time::timeout(std::time::Duration::from_secs(30), there).await;
        let there = there.map(|there| there.map(|_| ()));
        assert!(
            matches!(there, Ok(Ok(()))),
            "{:?} instead of {expected:?}",
            self.steps.borrow()
        );
    }
}

impl Handler for Waiter {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.clone()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        self.note(Handled(message.sequence));
        match &*message.payload {
            b"always" => Err(Failure::permanent("it fails again")),
            _ => Ok(()),
        }
    }

    async fn begin(&self, message: &StoredMessage) -> Result<Option<Rest>, Failure> {
        let sequence = message.sequence;
        self.note(Begun(sequence));
        if message.payload.is_empty() {
            return Ok(None);
        }
        let (waiter, payload) = (self.clone(), message.payload.clone());
        let rest = async move {
            let mut gate = waiter.gate.clone();
            gate.wait_for(|open| *open).await.unwrap();
            waiter.note(Rested(sequence));
            match &*payload {
                b"well" => Ok(()),
                _ => Err(Failure::transient("it fails")),
            }
        };
        Ok(Some(rest.boxed()))
    }
}

struct Fixture {
    waiter: Waiter,
    gate: watch::Sender<bool>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    connection: Connection,
    _server: Server,
}

impl Fixture {
    async fn start() -> Self {
        let (server, connection) = bank::open().await;
        let (gate, open) = watch::channel(false);
        let waiter = Waiter {
            steps: watch::Sender::new(Vec::new()),
            gate: open,
        };
        let spec = ProcessorSpec::new("accounts", "waiter");
        let processor = Processor::open(&connection, spec, waiter.clone()).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(processor.unwrap().run(stop.clone()));
        Self {
            waiter,
            gate,
            stop,
            running,
            connection,
            _server: server,
        }
    }

    async fn publish(&self, payload: &str) {
        bank::publish(&self.connection, "account.a.in", payload).await;
    }

    /// What has been delivered and is not acknowledged.
    async fn pending(&self) -> usize {
        let stream = self.connection.jetstream().get_stream("accounts").await;
        let info = stream.unwrap().consumer_info("waiter").await.unwrap();
        info.num_ack_pending
    }

    /// Ends the processor, after which everything that was done is acknowledged.
    async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.running).await.unwrap();
    }
}

#[tokio::test]
async fn the_next_of_a_key_is_begun_during_the_rest_and_each_is_acknowledged_after_its_own() {
    let mut fixture = Fixture::start().await;
    for payload in ["well", "well", ""] {
        fixture.publish(payload).await;
    }
    let begun = [Begun(1), Begun(2), Begun(3)];
    fixture.waiter.until(&begun).await;
    // Who is asked to stop ends what has been begun first.
    fixture.stop.cancel();
    assert!(fixture.pending().await >= 2, "acknowledged before the rest");
    fixture.gate.send_replace(true);
    fixture.stop().await;
    let steps = fixture.waiter.steps.borrow().clone();
    assert_eq!(steps[..3], begun);
    let (mut rested, expected) = (steps[3..].to_vec(), [Rested(1), Rested(2)]);
    rested.sort_by_key(|step| *step != Rested(1));
    assert_eq!(rested, expected);
    assert_eq!(fixture.pending().await, 0);
}

#[tokio::test]
async fn when_a_rest_fails_the_message_is_handled_again_as_a_whole() {
    let mut fixture = Fixture::start().await;
    fixture.gate.send_replace(true);
    fixture.publish("once").await;
    let steps = [Begun(1), Rested(1), Handled(1)];
    fixture.waiter.until(&steps).await;
    fixture.stop().await;
    assert_eq!(fixture.pending().await, 0);
    let letters = DeadLetters::new(&fixture.connection);
    assert_eq!(letters.list(None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_message_whose_rest_cannot_be_done_is_parked_and_its_key_waits() {
    let mut fixture = Fixture::start().await;
    fixture.gate.send_replace(true);
    fixture.publish("always").await;
    let letters = DeadLetters::new(&fixture.connection);
    let parked = async || loop {
        let parked = letters.list(Some("waiter")).await.unwrap();
        if !parked.is_empty() {
            return parked;
        }
        tokio::task::yield_now().await;
    };
    let parked = parked().await;
    let errors = parked[0].letter.attempts.iter();
    let errors: Vec<_> = errors.map(|attempt| attempt.error.as_str()).collect();
    assert_eq!(errors, ["it fails", "it fails again"]);
    fixture.publish("well").await;
    loop {
        let mut there = letters.list(Some("waiter")).await.unwrap();
        there.sort_by_key(|filed| filed.letter.pointer.sequence);
        let states: Vec<_> = there.iter().map(|filed| filed.letter.state).collect();
        if states == [LetterState::Parked, LetterState::Waiting] {
            break;
        }
        assert_eq!(states, [LetterState::Parked]);
        tokio::task::yield_now().await;
    }
    fixture.stop().await;
    let steps = fixture.waiter.steps.borrow().clone();
    assert_eq!(steps, [Begun(1), Rested(1), Handled(1)]);
}
