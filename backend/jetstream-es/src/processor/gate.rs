//! What keeps a processor from calling a destination that is left alone.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::breaker::{BreakerError, Circuit, Pass};
use crate::{Breaker, Failure};

/// For how long a circuit that was found closed is taken for closed without asking again.
const FRESH: Duration = Duration::from_secs(1);
/// How long is waited at most before it is asked again whether the destination may be called: a trial of another
/// instance may succeed at any moment.
const GLANCE: Duration = Duration::from_millis(250);

/// The way to the destination, which all lanes of an instance take one after the other. While it is closed, the first of
/// them asks and the others stand behind it, so the bucket has one that asks for each instance, however many wait.
pub(super) struct Gate {
    breaker: Breaker,
    /// When the circuit was last seen closed and without failures, or with how many of them.
    closed: Mutex<Option<Closed>>,
}

#[derive(Clone, Copy)]
struct Closed {
    failures: u32,
    since: Instant,
}

/// What a try says about its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers.
    There,
    /// It failed.
    Away,
    /// Nothing: it may not even have been called.
    Unknown,
}

/// Against whom a failed try counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// Against the message, as without a breaker.
    AsTry,
    /// Against the message too, but apart: it was the trial.
    AsTrial,
    /// Against nobody but the destination, which is left alone from now on.
    Not,
}

impl Verdict {
    pub(super) fn of<T>(tried: &Result<T, Failure>) -> Self {
        match tried {
            Ok(_) => Self::There,
            Err(failure) if failure.is_permanent() => Self::Unknown,
            Err(_) => Self::Away,
        }
    }
}

impl Gate {
    pub(super) fn new(breaker: Breaker) -> Self {
        Self {
            breaker,
            closed: Mutex::default(),
        }
    }

    /// Asks for a pass once. `None` after a short while if there was none; whoever waits asks again.
    pub(super) async fn pass(&self) -> Option<Pass> {
        // Only the wait for the turn is given up: who has begun to ask may have become the trial.
        let mut closed = tokio::time::timeout(GLANCE, self.closed.lock())
            .await
            .ok()?;
        if closed.is_some_and(|closed| closed.since.elapsed() < FRESH) {
            return Some(Pass::Free);
        }
        *closed = None;
        let wait = match self.breaker.ask().await {
            Ok((pass, circuit)) => {
                *closed = Closed::of(&circuit);
                return Some(pass);
            }
            Err(BreakerError::Open { wait, .. }) => wait.min(GLANCE),
            Err(error) => {
                tracing::warn!("{error}; will ask again");
                GLANCE
            }
        };
        // The turn is kept meanwhile, so that nobody else asks.
        tokio::time::sleep(wait).await;
        None
    }

    /// Notes how a try ended, and says whether it counts.
    pub(super) async fn ended(&self, pass: &Pass, verdict: Verdict) -> Counts {
        let mut closed = self.closed.lock().await;
        let quiet = closed.is_some_and(|closed| closed.failures == 0);
        let noted = match verdict {
            Verdict::There if quiet && *pass == Pass::Free => return Counts::AsTry,
            Verdict::Unknown if *pass == Pass::Free => return Counts::AsTry,
            Verdict::There => self.breaker.note(pass, true).await,
            Verdict::Away => self.breaker.note(pass, false).await,
            Verdict::Unknown => self.breaker.give_back(pass).await,
        };
        let open = match noted {
            Ok(circuit) => {
                *closed = Closed::of(&circuit);
                closed.is_none()
            }
            Err(error) => {
                tracing::warn!("{error}");
                *closed = None;
                false
            }
        };
        match pass {
            Pass::Trial(_) => Counts::AsTrial,
            Pass::Free if open => Counts::Not,
            Pass::Free => Counts::AsTry,
        }
    }
}

impl Closed {
    fn of(circuit: &Circuit) -> Option<Self> {
        match circuit {
            Circuit::Closed { failures } => Some(Self {
                failures: *failures,
                since: Instant::now(),
            }),
            Circuit::Open { .. } | Circuit::HalfOpen { .. } => None,
        }
    }
}
