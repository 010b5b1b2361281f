//! What was received and not taken by the reader yet.

use super::WatchUpdate;
use crate::SyncState;
use crate::kv::Entry;
use crate::proto::SubjectHash;

/// How many revisions of a snapshot are worth the reader's time.
const PIECE: u64 = 1_000;

/// Beyond so many entries those that a newer revision of their key has overtaken are dropped.
const COMPACT_FROM: usize = 4_096;

/// Updates that wait for the reader, merged into one.
///
/// It holds no more than the bucket does: a reader that never comes costs a copy of the bucket, not of its history.
#[derive(Debug)]
pub(crate) struct Outbox {
    state: SyncState,
    told: Option<SyncState>,
    entries: Vec<Entry>,
    /// Something was handed out, or waits to be.
    used: bool,
    /// The next update replaces what the reader has.
    reset: bool,
    /// The replacement is not complete. Half of it would look like a bucket that has lost the rest.
    held: bool,
    /// What waits is worth the reader's time: not every message of a page is, the page is.
    ripe: bool,
    compact_at: usize,
    /// The reader wants each revision.
    whole: bool,
}

impl Outbox {
    /// An outbox that drops what was overtaken before it was read, unless the reader wants the `whole` history.
    pub(crate) fn new(whole: bool) -> Self {
        Self {
            state: SyncState::Syncing,
            told: None,
            entries: Vec::new(),
            used: false,
            reset: false,
            held: false,
            ripe: true,
            compact_at: COMPACT_FROM,
            whole,
        }
    }

    pub(crate) fn state(&self) -> SyncState {
        self.state
    }

    pub(crate) fn set_state(&mut self, state: SyncState) {
        self.state = state;
        self.ripe = true;
    }

    /// Hands out what waits, from the next time on that the reader asks.
    pub(crate) fn ripen(&mut self) {
        self.ripe = true;
    }

    /// A snapshot has come so far that so many revisions are pending: it is handed out in pieces. What comes after the
    /// last revision is told together with it.
    pub(crate) fn ripen_in_pieces(&mut self, pending: u64) {
        if pending > 0 && pending.is_multiple_of(PIECE) {
            self.ripen();
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.used = true;
        self.entries.push(entry);
        if !self.whole && self.entries.len() >= self.compact_at {
            self.compact();
            self.compact_at = COMPACT_FROM.max(2 * self.entries.len());
        }
    }

    /// Starts a replacement of everything that was handed out or waits, if there is anything.
    pub(crate) fn restart(&mut self) {
        self.entries.clear();
        self.reset = self.used;
        self.held = self.used;
    }

    /// The replacement, if there is one, is complete.
    pub(crate) fn release(&mut self) {
        self.held = false;
    }

    /// Whether there is something that the reader has not heard of yet.
    pub(crate) fn has_news(&self) -> bool {
        let entries = !self.held && (self.reset || !self.entries.is_empty());
        self.ripe && (entries || self.told != Some(self.state))
    }

    /// What the reader has not heard of yet.
    pub(crate) fn take(&mut self) -> Option<WatchUpdate> {
        if !self.has_news() {
            return None;
        }
        self.ripe = false;
        self.told = Some(self.state);
        let (reset, entries) = if self.held {
            (false, Vec::new())
        } else {
            (
                std::mem::take(&mut self.reset),
                std::mem::take(&mut self.entries),
            )
        };
        Some(WatchUpdate {
            state: self.state,
            reset,
            entries,
        })
    }

    /// Drops the entries that a later one of the same key has overtaken. The keys are found in a hash table of indices: a
    /// `BTreeMap` would copy them, and add a kilobyte to the page.
    fn compact(&mut self) {
        let size = (2 * self.entries.len()).next_power_of_two();
        let mut slots = vec![None; size];
        let mut newest = vec![false; self.entries.len()];
        for (index, entry) in self.entries.iter().enumerate().rev() {
            let mut slot = SubjectHash::of(&entry.key).low_bits() % size;
            while slots[slot].is_some_and(|later: usize| self.entries[later].key != entry.key) {
                slot = (slot + 1) % size;
            }
            newest[index] = slots[slot].is_none();
            slots[slot].get_or_insert(index);
        }
        let mut newest = newest.into_iter();
        self.entries.retain(|_| newest.next() == Some(true));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Timestamp;
    use crate::kv::Operation;

    #[test]
    fn a_reader_that_does_not_come_costs_no_history() {
        let entry = |revision: u64| Entry {
            key: format!("key.{}", revision % 1_000),
            value: Bytes::new(),
            revision,
            delta: 0,
            created: Timestamp::default(),
            operation: Operation::Put,
            marker: None,
        };
        let mut outbox = Outbox::new(false);
        for revision in 1..=COMPACT_FROM as u64 {
            outbox.push(entry(revision));
        }
        let kept = outbox.take().expect("an update").entries;
        let kept: Vec<u64> = kept.iter().map(|entry| entry.revision).collect();
        let newest: Vec<u64> = (COMPACT_FROM as u64 - 999..=COMPACT_FROM as u64).collect();
        assert_eq!(kept, newest);
    }
}
