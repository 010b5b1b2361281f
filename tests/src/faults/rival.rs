//! A program beside the backends that decides on the same rooms: a channel manager, or a backend that was taken for dead.
//! Whoever of them is second in a room has to decide again.

use std::time::{Duration, Instant};

use jetstream_es::{Cause, Connection};
use shared::bookings::BookRoom;
use shared::outcome::{Decision, Outcome};
use vacancy_backend::done::Done;
use vacancy_backend::hotel::{Hotel, NotDone};

use super::history::{Entry, History};
use super::plan::{Repeated, Step};
use crate::wait;

/// How long it waits before it tries again what could not be decided.
const TRIES_AGAIN_AFTER: Duration = Duration::from_millis(30);

pub(super) struct Rival {
    hotel: Hotel,
}

impl Rival {
    pub(super) fn new(connection: &Connection) -> Self {
        Self {
            hotel: Hotel::new(connection),
        }
    }

    /// Carries out the steps, each of which is a booking; returns what came of them, and how often somebody else was faster.
    pub(super) async fn carry_out(self, steps: &[Step]) -> (History, usize) {
        let mut history = History::new();
        let mut conflicts = 0;
        for step in steps {
            let mut told = Vec::new();
            let times = if step.repeated == Repeated::Never {
                1
            } else {
                2
            };
            for _ in 0..times {
                let decision = self.decide(step, &mut conflicts).await;
                let outcome = Outcome {
                    command: step.id.clone(),
                    decision,
                    next: Vec::new(),
                };
                told.push((Instant::now(), outcome));
            }
            let entry = Entry {
                command: step.command,
                acknowledged: None,
                tries: 1,
                by_stranger: false,
                told,
            };
            history.insert(step.id.clone(), entry);
        }
        (history, conflicts)
    }

    /// Decides until it is known what came of it.
    async fn decide(&self, step: &Step, conflicts: &mut usize) -> Decision {
        let wish: BookRoom = serde_json::from_value(step.data.clone()).expect("a booking");
        let cause = Cause::new(step.id.as_str());
        let start = Instant::now();
        loop {
            // A decision that is followed by another one was overtaken.
            let mut decided = false;
            let decide = |room: Option<&_>, ledger: &_| {
                *conflicts += usize::from(decided);
                let decision = wish.decide(room, ledger);
                decided = decision.is_ok();
                decision
            };
            match self.hotel.decide_on_nights(wish.room, &cause, decide).await {
                Ok(Done { event, view, .. }) => return Decision::Done { event, view },
                Err(NotDone::Refused(refusal)) => return Decision::Refused { refusal },
                Err(NotDone::NotYet(reason)) => assert!(
                    start.elapsed() < wait::DEADLINE,
                    "{} could not be decided: {reason}",
                    step.id
                ),
                Err(NotDone::Broken(reason)) => panic!("{} cannot be decided: {reason}", step.id),
            }
            tokio::time::sleep(TRIES_AGAIN_AFTER).await;
        }
    }
}
