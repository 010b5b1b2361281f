//! Finds the newest message of a subject among those that wait.

use std::collections::VecDeque;

use crate::proto::{Message, SubjectHash};

/// A hash table of the numbers of messages. It is small, and knows nothing of those that were taken out since: their
/// numbers are too low.
#[derive(Debug, Default)]
pub(super) struct Latest {
    /// A number and one; 0 is an empty slot. How many there are is a power of two, or none.
    slots: Vec<u64>,
    used: usize,
}

impl Latest {
    /// The index of the message with this subject. If there is none, `number` is from now on the one that has it.
    /// `taken` is the number of the first of the messages.
    pub(super) fn replace(
        &mut self,
        subject: &str,
        taken: u64,
        messages: &VecDeque<Message>,
        number: u64,
    ) -> Option<usize> {
        if self.used * 2 >= self.slots.len() {
            self.rebuild(taken, messages);
        }
        let slot = self.find(subject, |number| {
            let index = usize::try_from(number.checked_sub(taken)?).ok()?;
            let message = messages.get(index)?;
            (*message.subject == *subject).then_some(index)
        });
        match slot {
            Ok(index) => Some(index),
            Err(slot) => {
                self.slots[slot] = number + 1;
                self.used += 1;
                None
            }
        }
    }

    /// The first of the numbers in the subject's slots that is accepted, or the empty slot after them.
    fn find<T>(&self, subject: &str, accept: impl Fn(u64) -> Option<T>) -> Result<T, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = SubjectHash::of(subject).low_bits() & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                None => return Err(slot),
                Some(number) => {
                    if let Some(found) = accept(number) {
                        return Ok(found);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Forgets what was taken out, and makes place for as much again.
    fn rebuild(&mut self, taken: u64, messages: &VecDeque<Message>) {
        let slots = (messages.len() * 4).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(slots, 0);
        self.used = messages.len();
        for (number, message) in (taken..).zip(messages) {
            if let Err(slot) = self.find(&message.subject, |_| None::<()>) {
                self.slots[slot] = number + 1;
            }
        }
    }
}

// Property tests do not compile for WebAssembly.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::proto::{HeaderMap, Subject};

    fn message(subject: &str) -> Message {
        Message {
            subject: Subject::try_from(subject).expect("a subject"),
            reply: None,
            headers: HeaderMap::new(),
            payload: Bytes::new(),
        }
    }

    proptest! {
        /// It finds what looking at each message would find, however many come and go.
        #[test]
        fn it_finds_what_is_there(steps in prop::collection::vec(prop::option::of(0..40_u8), 0..600)) {
            let (mut latest, mut messages, mut taken) = (Latest::default(), VecDeque::new(), 0);
            for step in steps {
                let Some(subject) = step else {
                    taken += u64::from(messages.pop_front().is_some());
                    continue;
                };
                let new = message(&format!("a.{subject}"));
                let expected = messages.iter().position(|one: &Message| one.subject == new.subject);
                let number = taken + messages.len() as u64;
                prop_assert_eq!(latest.replace(&new.subject, taken, &messages, number), expected);
                if expected.is_none() {
                    messages.push_back(new);
                }
            }
            prop_assert!(latest.slots.len() <= 512, "it does not grow with what is gone");
        }
    }
}
