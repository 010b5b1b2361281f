//! Who waits for the outcome of which command.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::wait;

/// Clones of it are one ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Bytes>>>>,
}

/// Somebody who waits.
#[derive(Debug)]
pub(super) struct Expected {
    command: String,
    told: oneshot::Receiver<Bytes>,
}

/// What an outcome says in any case, a peer's too.
#[derive(Debug, Deserialize)]
struct Outcome {
    command: String,
    decision: String,
}

impl Ledger {
    /// Waits for the outcome of a command, which is not sent yet.
    pub(super) fn expect(&self, command: &str) -> Expected {
        let (sender, told) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(command.to_owned(), sender);
        Expected {
            command: command.to_owned(),
            told,
        }
    }

    /// Tells an outcome to the one who waits for it. Nobody may: an outcome can come twice.
    pub(super) fn tell(&self, outcome: Bytes) {
        let command = read(&outcome).command;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.remove(&command) {
            // Nobody has to wait for it any longer.
            drop(sender.send(outcome));
        }
    }
}

impl Expected {
    /// Returns when the command is done.
    ///
    /// # Panics
    /// When it has no outcome, or one that it should not have.
    pub(super) async fn done(self) {
        let Self { command, told } = self;
        let told = tokio::time::timeout(wait::DEADLINE, told).await;
        let told = told.unwrap_or_else(|_| panic!("the command {command} has no outcome"));
        assert_done(&told.expect("the ledger"));
    }
}

/// Fails when an outcome is another one than "done".
pub(super) fn assert_done(outcome: &[u8]) {
    let Outcome { command, decision } = read(outcome);
    assert_eq!(
        decision,
        "done",
        "the command {command}: {}",
        String::from_utf8_lossy(outcome)
    );
}

fn read(outcome: &[u8]) -> Outcome {
    serde_json::from_slice(outcome).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(outcome);
        panic!("{text} is no outcome: {error}")
    })
}
