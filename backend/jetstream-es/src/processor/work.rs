//! What is done with one message, and with one letter.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use futures_util::FutureExt;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::gate::{Counts, Gate, Verdict};
use super::letters::Letters;
use super::{Handler, ProcessorSpec, Rest};
use crate::boundary::{StoredMessage, of_its_own};
use crate::breaker::Pass;
use crate::connection::Link;
use crate::dead_letters::{Attempt, DeadLetter, DeadLetterError, Filed, LetterState, filed};
use crate::feed::Delivery;
use crate::fold::text_of_panic;
use crate::{Failure, Patience};

pub(crate) struct Worker<H> {
    pub(crate) handler: H,
    letters: Letters,
    spec: ProcessorSpec,
    link: watch::Receiver<Link>,
    /// As many as may be handled at the same time. A message that waits for its next try has none.
    permits: Semaphore,
    /// The way to the destination, if there is a breaker.
    gate: Option<Gate>,
    stop: OnceLock<CancellationToken>,
}

/// How the tries of a message ended.
enum Tried<T> {
    Handled(T),
    /// It is to be parked.
    Failed(Vec<Attempt>),
    /// The message comes again, here or elsewhere, or the program ends.
    Abandoned,
}

/// How far a message has come while its key waited for it.
pub(super) enum Begun {
    /// The rest of it holds up nobody.
    Rest(Rest),
    /// It is done or parked; or, if false, that was given up, and it comes again.
    Ended(bool),
}

impl<H: Handler> Worker<H> {
    pub(super) fn new(
        handler: H,
        letters: Letters,
        link: watch::Receiver<Link>,
        spec: ProcessorSpec,
    ) -> Self {
        Self {
            handler,
            letters,
            link,
            permits: Semaphore::new(spec.concurrency.max(1)),
            gate: spec.breaker.clone().map(Gate::new),
            spec,
            stop: OnceLock::new(),
        }
    }

    pub(super) fn stop_with(&self, stop: &CancellationToken) {
        self.stop.get_or_init(|| stop.clone());
    }

    fn stopping(&self) -> bool {
        self.stop.get().is_some_and(CancellationToken::is_cancelled)
    }

    /// Learns which keys have letters, and tries until it is known.
    pub(crate) async fn learn_letters(&self) {
        let mut patience = Patience::default();
        while let Err(error) = self.letters.learn().await {
            tracing::warn!(consumer = self.spec.durable, "{error}; will try again");
            patience.wait().await;
        }
    }

    /// Works on a message until it is done or parked. Returns false if that was given up, and it comes again.
    pub(crate) async fn work_on(&self, key: &str, delivery: &Delivery) -> bool {
        match self.begin(key, delivery).await {
            Begun::Rest(rest) => self.finish(key, delivery, rest).await,
            Begun::Ended(done) => done,
        }
    }

    /// Works on a message for as long as the next one of its key has to wait.
    pub(super) async fn begin(&self, key: &str, delivery: &Delivery) -> Begun {
        let going_on = || delivery.is_current() && !self.stopping();
        let message = &delivery.message;
        if !going_on() {
            return Begun::Ended(false);
        }
        if self.letters.has(message) {
            self.acknowledge(delivery).await;
            return Begun::Ended(true);
        }
        let Some(blocked) = self.insist(going_on, || self.letters.block(key)).await else {
            return Begun::Ended(false);
        };
        if blocked {
            let parked = self.park(key, delivery, LetterState::Waiting, Vec::new());
            return Begun::Ended(parked.await);
        }
        let begin = || self.handler.begin(message);
        match self.attempt(message, going_on, begin).await {
            Tried::Handled(Some(rest)) => Begun::Rest(rest),
            Tried::Handled(None) => {
                self.acknowledge(delivery).await;
                Begun::Ended(true)
            }
            Tried::Failed(attempts) => {
                let parked = self.park(key, delivery, LetterState::Parked, attempts);
                Begun::Ended(parked.await)
            }
            Tried::Abandoned => Begun::Ended(false),
        }
    }

    /// Does the rest of a message that was begun. If it fails, the message is handled again as a whole, beside those of its
    /// key that have been begun meanwhile. Returns false if that was given up, and it comes again.
    pub(super) async fn finish(&self, key: &str, delivery: &Delivery, rest: Rest) -> bool {
        let going_on = || delivery.is_current() && !self.stopping();
        let message = &delivery.message;
        let mut rest = Some(rest);
        let go_on = || match rest.take() {
            Some(rest) => rest,
            None => self.handler.handle(message).boxed(),
        };
        match self.attempt(message, going_on, go_on).await {
            Tried::Handled(()) => {
                self.acknowledge(delivery).await;
                true
            }
            Tried::Failed(attempts) => {
                let parked = self.park(key, delivery, LetterState::Parked, attempts);
                parked.await
            }
            Tried::Abandoned => false,
        }
    }

    /// Files a letter about the message, tells of it, and acknowledges the message. Returns false if that was given up.
    async fn park(
        &self,
        key: &str,
        delivery: &Delivery,
        state: LetterState,
        attempts: Vec<Attempt>,
    ) -> bool {
        let going_on = || delivery.is_current() && !self.stopping();
        let message = &delivery.message;
        let now = self.spec.timing.now();
        let letter = self.letters.write(key, message, state, attempts, now);
        let filing = self.insist(going_on, || self.letters.file(&letter)).await;
        if filing.is_none() {
            return false;
        }
        report(&letter);
        let told = self.tell(message, &letter, going_on).await;
        if told {
            self.acknowledge(delivery).await;
        }
        told
    }

    /// Whether what comes under the key waits. `None` if that was not found out.
    pub(crate) async fn is_blocked(&self, key: &str, delivery: &Delivery) -> Option<bool> {
        let going_on = || delivery.is_current() && !self.stopping();
        self.insist(going_on, || self.letters.block(key)).await
    }

    /// Works on the letters of a key if the first of them is to be worked on.
    pub(super) async fn look_at_letter(&self, delivery: &Delivery) {
        let going_on = || delivery.is_current() && !self.stopping();
        let mut told = false;
        match filed(&delivery.message) {
            // Nothing is to be done before somebody decides.
            Ok(Filed { letter, .. }) if letter.state == LetterState::Parked => {}
            Ok(Filed { letter, .. }) => loop {
                if letter.state == LetterState::Discarded && !told {
                    told = self.tell_of_discard(&letter, going_on).await;
                    if !told {
                        return;
                    }
                }
                if !going_on() {
                    return;
                }
                let open = || self.letters.store.open_of(&letter.consumer, &letter.key);
                let Some(open) = self.insist(going_on, open).await else {
                    return;
                };
                let Some(first) = open.into_iter().next() else {
                    break;
                };
                if first.letter.state == LetterState::Parked {
                    break;
                }
                if !self.work_on_letter(first, going_on).await {
                    return;
                }
            },
            Err(error) => tracing::error!("{error}"),
        }
        self.acknowledge(delivery).await;
    }

    /// Tells the handler of a message that was given up, if it is still there. Returns false if that was not done.
    async fn tell_of_discard(&self, letter: &DeadLetter, going_on: impl Fn() -> bool) -> bool {
        let message = || async {
            match self.letters.store.message(letter).await {
                // A copy that is damaged is one of the reasons to give a letter up.
                Err(DeadLetterError::Copy { .. }) => Ok(None),
                message => message,
            }
        };
        match self.insist(&going_on, message).await {
            Some(Some(message)) => self.tell(&message, letter, going_on).await,
            Some(None) => true,
            None => false,
        }
    }

    /// Works on a letter until it has ended or is parked again. Returns false if that was given up.
    async fn work_on_letter(&self, filed: Filed, going_on: impl Fn() -> bool) -> bool {
        let Filed { letter, revision } = filed;
        let message = || self.letters.store.message(&letter);
        let message = match self.insist(&going_on, message).await {
            Some(message) => message,
            None => return false,
        };
        let now = || self.spec.timing.now();
        let tried = match &message {
            Some(message) => {
                let handle = || self.handler.handle(message);
                self.attempt(message, &going_on, handle).await
            }
            None => {
                let gone = "the message is no longer in its stream, and the letter has no copy";
                Tried::Failed(vec![Attempt::new(&gone, now())])
            }
        };
        let by = &self.spec.durable;
        let changed = match tried {
            Tried::Handled(()) => letter.clone().into_state(LetterState::Done, by, now()),
            Tried::Failed(attempts) => {
                let letter = letter.clone().with_attempts(attempts);
                letter.into_state(LetterState::Parked, by, now())
            }
            Tried::Abandoned => return false,
        };
        let file = || async {
            match self.letters.store.file(&changed, revision).await {
                // An operator has discarded it meanwhile, or an answer was lost: the next look shows.
                Ok(_) | Err(DeadLetterError::Changed(_)) => Ok(()),
                Err(error) => Err(error),
            }
        };
        if self.insist(&going_on, file).await.is_none() {
            return false;
        }
        if changed.state != LetterState::Parked {
            tracing::info!(letter = %changed.name(), "done at last");
            return true;
        }
        report(&changed);
        match &message {
            Some(message) => self.tell(message, &changed, going_on).await,
            None => true,
        }
    }

    /// Tries as often as the policy says.
    async fn attempt<T, F>(
        &self,
        message: &StoredMessage,
        going_on: impl Fn() -> bool,
        mut act: impl FnMut() -> F,
    ) -> Tried<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (timing, policy) = (&self.spec.timing, &self.spec.policy);
        let (consumer, sequence) = (&self.spec.durable, message.sequence);
        let mut attempts = Vec::new();
        let (mut tries, mut trials) = (0, 0);
        let mut outage = Patience::default();
        loop {
            let Some(pass) = self.pass(&going_on).await else {
                return Tried::Abandoned;
            };
            let tried = {
                // The semaphore is never closed; without a permit the work would only be less bounded.
                let _permit = self.permits.acquire().await;
                // The call itself may panic, before there is a future.
                caught(async { act().await }).await
            };
            let up = self.link.borrow().up;
            // Without a connection nothing can be noted, and nothing was learned about the destination.
            let counts = match &self.gate {
                Some(gate) if up => gate.ended(&pass, Verdict::of(&tried)).await,
                _ => Counts::AsTry,
            };
            let failure = match tried {
                Ok(done) => return Tried::Handled(done),
                Err(failure) => failure,
            };
            if failure.is_outage() || !up {
                tracing::warn!(consumer, sequence, "{failure}; will try again");
                self.unless_stopped(outage.wait()).await;
            } else {
                attempts.push(Attempt::new(&failure, timing.now()));
                match counts {
                    Counts::AsTry => tries += 1,
                    Counts::AsTrial => trials += 1,
                    Counts::Not => {}
                }
                if failure.is_permanent() || tries.max(trials) >= policy.attempts {
                    return Tried::Failed(attempts);
                }
                tracing::debug!(consumer, sequence, tries, "{failure}; will try again");
                if counts == Counts::AsTry {
                    let wait = policy.wait_before(tries + 1, timing.random());
                    self.unless_stopped(timing.sleep(wait)).await;
                }
            }
            if !going_on() {
                return Tried::Abandoned;
            }
        }
    }

    /// Waits for as long as the destination is left alone. `None` if the message comes again, here or elsewhere.
    async fn pass(&self, going_on: impl Fn() -> bool) -> Option<Pass> {
        let Some(gate) = &self.gate else {
            return Some(Pass::Free);
        };
        let passed = async {
            while going_on() {
                if let Some(pass) = gate.pass().await {
                    return Some(pass);
                }
            }
            None
        };
        match self.stop.get() {
            Some(stop) => stop.run_until_cancelled(passed).await.flatten(),
            None => passed.await,
        }
    }

    /// Tells the handler of a letter, and tries until that is done. Returns false if it was given up.
    async fn tell(
        &self,
        message: &StoredMessage,
        letter: &DeadLetter,
        going_on: impl Fn() -> bool,
    ) -> bool {
        let tell = || async {
            let told = async {
                match letter.state {
                    LetterState::Discarded => self.handler.discarded(message, letter).await,
                    _ => self.handler.parked(message, letter).await,
                }
            };
            match caught(told).await {
                Err(failure) if failure.is_permanent() => {
                    tracing::error!(letter = %letter.name(), "nobody could be told of it: {failure}");
                    Ok(())
                }
                told => told,
            }
        };
        self.insist(going_on, tell).await.is_some()
    }

    /// Does something until it succeeds, or `None` if that is not wanted any more.
    async fn insist<T, E: std::fmt::Display, F>(
        &self,
        going_on: impl Fn() -> bool,
        act: impl Fn() -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut patience = Patience::default();
        loop {
            match act().await {
                Ok(done) => return Some(done),
                Err(error) => {
                    tracing::warn!(consumer = self.spec.durable, "{error}; will try again");
                }
            }
            self.unless_stopped(patience.wait()).await;
            if !going_on() {
                return None;
            }
        }
    }

    async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) {
        match self.stop.get() {
            Some(stop) => drop(stop.run_until_cancelled(wait).await),
            None => drop(wait.await),
        }
    }

    async fn acknowledge(&self, delivery: &Delivery) {
        if let Err(error) = delivery.ack().await {
            // Then the message comes again.
            tracing::debug!(consumer = self.spec.durable, "not acknowledged: {error}");
        }
    }
}

/// Waits for what the handler does. What a panic leaves behind is the handler's own, as after any panic in a task.
async fn caught<T>(handled: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let handled = AssertUnwindSafe(handled).catch_unwind();
    handled.await.unwrap_or_else(|panic| {
        let text = text_of_panic(panic.as_ref());
        Err(Failure::permanent(format!("the handler panicked: {text}")))
    })
}

/// The key of a message; one of its own if the handler panics over it, and then it will do so again, and park it.
pub(super) fn key_of(handler: &impl Handler, message: &StoredMessage) -> String {
    let key = catch_unwind(AssertUnwindSafe(|| handler.key(message)));
    key.unwrap_or_else(|_| of_its_own(message))
}

fn report(letter: &DeadLetter) {
    let name = letter.name();
    match letter.attempts.last() {
        Some(Attempt { error, .. }) => {
            tracing::error!(letter = %name, state = %letter.state, "{error}");
        }
        None => tracing::warn!(letter = %name, state = %letter.state, "not worked on yet"),
    }
}
