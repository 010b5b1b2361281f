//! What the one who reads the messages knows of the letters of its consumer.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::boundary::StoredMessage;
use crate::dead_letters::{
    Attempt, DeadLetter, DeadLetterError, DeadLetters, LetterName, LetterState,
};
use crate::processor::ProcessorSpec;

/// The letters of one consumer.
pub(super) struct Letters {
    pub(super) store: DeadLetters,
    consumer: String,
    stream: &'static str,
    /// Whether letters carry copies.
    copies: bool,
    known: Mutex<Known>,
}

/// Grows only: what is known to have a letter has one, and whether a letter has ended is asked when it matters.
#[derive(Default)]
struct Known {
    /// The sequences of the messages that have a letter.
    messages: HashSet<u64>,
    /// For each key that has open letters, the last one of them.
    keys: HashMap<String, LetterName>,
}

impl Letters {
    pub(super) fn new(store: DeadLetters, spec: &ProcessorSpec, copies: bool) -> Self {
        Self {
            store,
            consumer: spec.durable.clone(),
            stream: spec.stream,
            copies,
            known: Mutex::default(),
        }
    }

    /// Learns of all letters there are.
    pub(super) async fn learn(&self) -> Result<(), DeadLetterError> {
        let mut letters = self.store.list(Some(&self.consumer)).await?;
        letters.sort_by_key(|filed| filed.letter.pointer.sequence);
        let mut known = self.known();
        for filed in letters {
            known.messages.insert(filed.letter.pointer.sequence);
            if !filed.letter.state.is_end() {
                let name = filed.letter.name();
                known.keys.insert(filed.letter.key, name);
            }
        }
        Ok(())
    }

    /// Whether the message has a letter, so that it is nothing for the one who reads the messages any more.
    pub(super) fn has(&self, message: &StoredMessage) -> bool {
        self.known().messages.contains(&message.sequence)
    }

    /// Whether the key has a letter that has not ended. Asks the leader, if it ever had one.
    pub(super) async fn block(&self, key: &str) -> Result<bool, DeadLetterError> {
        let last = self.known().keys.get(key).cloned();
        let Some(last) = last else {
            return Ok(false);
        };
        // Mostly this one tells: it is the last that will be worked on.
        match self.store.show(&last).await {
            Ok(filed) if !filed.letter.state.is_end() => return Ok(true),
            Ok(_) | Err(DeadLetterError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
        let open = self.store.open_of(&self.consumer, key).await?;
        let mut known = self.known();
        match open.last() {
            Some(filed) => known.keys.insert(key.to_owned(), filed.letter.name()),
            None => known.keys.remove(key),
        };
        Ok(!open.is_empty())
    }

    /// A letter about the message.
    pub(super) fn write(
        &self,
        key: &str,
        message: &StoredMessage,
        state: LetterState,
        attempts: Vec<Attempt>,
        now: SystemTime,
    ) -> DeadLetter {
        let letter = DeadLetter::new(&self.consumer, key, self.stream, message, state, now);
        let letter = letter.with_attempts(attempts);
        match self.copies {
            true => letter.with_copy(message),
            false => letter,
        }
    }

    /// Files a letter, or finds that there is one already.
    pub(super) async fn file(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        self.store.park(letter).await?;
        let mut known = self.known();
        known.messages.insert(letter.pointer.sequence);
        known.keys.insert(letter.key.clone(), letter.name());
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing that runs under the lock leaves it half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
