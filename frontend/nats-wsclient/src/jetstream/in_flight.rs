//! The messages that wait for their acknowledgement, of which there may be so many.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::client::PendingAnswer;

/// How many may wait, unless it is said otherwise.
const LIMIT: usize = 1_000;

/// Counts the messages in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    state: Rc<RefCell<State>>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// How many have a slot.
    slots: usize,
    /// The answers that nobody awaits any more, and that are on their way.
    unattended: Vec<PendingAnswer>,
    /// Look through them when there are so many.
    sweep_at: usize,
    /// Those who wait for room.
    waiting: Vec<Waker>,
}

/// A place among the messages in flight.
#[derive(Debug)]
pub(super) struct Slot {
    state: Rc<RefCell<State>>,
    taken: bool,
}

impl InFlight {
    pub(super) fn new(limit: usize) -> Self {
        let state = State {
            limit: limit.max(1),
            slots: 0,
            unattended: Vec::new(),
            sweep_at: 0,
            waiting: Vec::new(),
        };
        Self {
            state: Rc::new(RefCell::new(state)),
        }
    }

    /// Waits for a slot. Whoever stops waiting leaves nothing behind.
    pub(super) async fn room(&self) -> Slot {
        std::future::poll_fn(|context| self.state.borrow_mut().poll_room(context)).await;
        Slot {
            state: Rc::clone(&self.state),
            taken: true,
        }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl State {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.slots + self.unattended.len() >= self.limit {
            self.sweep(context);
        }
        if self.slots + self.unattended.len() >= self.limit {
            let waker = context.waker();
            if !self.waiting.iter().any(|other| other.will_wake(waker)) {
                self.waiting.push(waker.clone());
            }
            return Poll::Pending;
        }
        self.slots += 1;
        Poll::Ready(())
    }

    /// Forgets the answers that have come.
    fn sweep(&mut self, context: &mut Context<'_>) {
        self.unattended
            .retain_mut(|answer| Pin::new(answer).poll(context).is_pending());
        // Twice as many before the next time: each answer is looked at a few times, however many there are.
        self.sweep_at = self.unattended.len() * 2 + 16;
    }
}

impl Slot {
    /// The answer is there. Somebody else may send.
    pub(super) fn release(&mut self) {
        if std::mem::take(&mut self.taken) {
            let mut state = self.state.borrow_mut();
            state.slots -= 1;
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Nobody awaits the answer any more. It takes part in the count until it comes.
    pub(super) fn hand_over(&mut self, answer: PendingAnswer) {
        {
            let mut state = self.state.borrow_mut();
            state.unattended.push(answer);
            if state.unattended.len() >= state.sweep_at {
                state.sweep(&mut Context::from_waker(Waker::noop()));
            }
        }
        self.release();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.release();
    }
}
