//! Finding out what was missed.

use std::time::Duration;

use super::work::{Aim, Page, Work};
use super::{DOUBTS, LiveMachine};
use crate::SyncState;
use crate::kv::{Entry, WatchError};
use crate::live::lineage::{Anchor, Lineage};
use crate::live::page;

/// Delays between attempts to fetch, doubling from the first to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl LiveMachine {
    pub(super) fn handle_entry(
        &mut self,
        now: Duration,
        mut page: Page,
        entry: Entry,
        previous: u64,
    ) {
        let found = Anchor::of(&entry);
        if previous != page.last || found.sequence <= previous {
            // A reply was lost.
            self.retry(now, None);
            return;
        }
        page.last = found.sequence;
        match (page.aim, self.lineage.anchor()) {
            (Aim::Verify, Some(anchor)) if found == anchor => page.aim = Aim::Continue,
            (Aim::Verify, Some(anchor)) if found.sequence > anchor.sequence => {
                page.aim = Aim::Unproven;
                self.unproven = vec![entry];
            }
            (Aim::Unproven, _) => self.unproven.push(entry),
            (Aim::Probe, _) if self.lineage.is_continued_by(found) => {
                self.proven(now);
                return;
            }
            // Every key was written since the last proof, so nothing tells. That is no reason to call it missing.
            (Aim::Probe, _) if self.checking && !self.lineage.is_contradicted_by(found) => {
                self.forget();
                self.fetch(now);
                return;
            }
            (Aim::Verify | Aim::Probe, _) => {
                self.restart(now);
                return;
            }
            (Aim::Newest, _) => {
                self.skips = false;
                self.lineage.add_fetched(found);
                self.fetch(now);
                return;
            }
            (Aim::Continue, _) => {
                page.brought = true;
                self.deliver_fetched(entry);
            }
        }
        self.work = Work::Fetching(page);
    }

    /// The server has the stream of everything that was delivered. What was put aside belongs to it.
    fn proven(&mut self, now: Duration) {
        self.lineage.prove();
        for entry in std::mem::take(&mut self.unproven) {
            self.deliver_fetched(entry);
        }
        if std::mem::take(&mut self.unproven_goes_on) {
            self.fetch(now);
        } else {
            // What was written since was heard.
            self.finish(now);
        }
    }

    fn deliver_fetched(&mut self, entry: Entry) {
        self.failures = 0;
        self.lineage.add_fetched(Anchor::of(&entry));
        let pending = entry.delta;
        self.deliver(entry);
        self.outbox.ripen_in_pieces(pending);
    }

    fn deliver(&mut self, mut entry: Entry) {
        let options = &self.config.options;
        let is_key = !entry.key.is_empty();
        if is_key && options.wants(&entry) {
            if options.headers_only {
                entry.value.clear();
            }
            self.outbox.push(entry);
        }
    }

    /// Delivers a live message, if it is the next one.
    pub(super) fn accept(&mut self, now: Duration, entry: Entry) {
        let found = Anchor::of(&entry);
        let known = self.lineage.known();
        let anchor = self.lineage.anchor();
        let is_later = anchor.is_none_or(|anchor| found.time >= anchor.time);
        if found.sequence <= known {
            // Stored later, and yet counted lower: the stream counts from one again.
            if anchor.is_some_and(|anchor| found.time > anchor.time) {
                self.restart(now);
            }
        } else if found.sequence == known + 1 && is_later {
            self.lineage.add_heard(found);
            self.deliver(entry);
            self.outbox.ripen();
        } else {
            // It comes after a hole, or contradicts what is known. If it belongs here, the fetch brings it.
            self.heard_of = self.heard_of.max(found.sequence);
            self.fetch_openly(now);
        }
    }

    /// The last page has ended.
    pub(super) fn finish(&mut self, now: Duration) {
        let known = self.lineage.known();
        // If it stays that way, what was heard of has expired meanwhile.
        if self.heard_of > known && self.doubts < DOUBTS {
            self.doubt(now);
            return;
        }
        // Nothing is missing, if the stream is still the same.
        if self.checking && !self.lineage.is_proven() {
            self.ask(now, Aim::Probe);
            return;
        }
        self.heard_of = 0;
        self.failures = 0;
        self.doubts = 0;
        self.skips = false;
        self.told = None;
        self.error = None;
        self.ever_live = true;
        self.outbox.release();
        self.outbox.set_state(SyncState::Live);
        let was_check = std::mem::take(&mut self.checking);
        let pause = if was_check {
            self.config.check_interval
        } else {
            self.config.settle_after
        };
        self.work = Work::Idle {
            next_check: now.saturating_add(pause),
        };
        self.accept_waiting(now);
    }

    /// Looks at what arrived during the fetch. If that leads to another fetch, the rest goes on waiting.
    pub(super) fn accept_waiting(&mut self, now: Duration) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        while matches!(self.work, Work::Idle { .. })
            && let Some(entry) = waiting.next()
        {
            self.accept(now, entry);
        }
        self.waiting = waiting.collect();
    }

    /// What was delivered is of another stream: everything is fetched, and replaces it.
    pub(super) fn restart(&mut self, now: Duration) {
        self.forget();
        self.fetch_openly(now);
    }

    /// What is fetched next replaces what was delivered.
    fn forget(&mut self) {
        self.lineage = Lineage::new(1);
        self.skips = false;
        self.heard_of = 0;
        self.doubts = 0;
        self.outbox.restart();
    }

    /// Fetches, and says so: something is missing.
    pub(super) fn fetch_openly(&mut self, now: Duration) {
        self.checking = false;
        self.outbox.set_state(self.catching_up());
        self.fetch(now);
    }

    /// Fetches what is newer than the anchor, or everything.
    pub(super) fn fetch(&mut self, now: Duration) {
        // What an attempt that was interrupted has put aside is of no use.
        self.unproven.clear();
        self.unproven_goes_on = false;
        let aim = match self.lineage.anchor() {
            Some(_) => Aim::Verify,
            None if self.skips => Aim::Newest,
            None => Aim::Continue,
        };
        self.ask(now, aim);
    }

    pub(super) fn ask(&mut self, now: Duration, aim: Aim) {
        self.last_request += 1;
        let id = self.last_request;
        let known = self.lineage.known();
        let size = self.config.page_size;
        let config = &self.config;
        self.request = Some(match aim {
            Aim::Verify | Aim::Unproven => page::request(config, id, known, size.saturating_add(1)),
            Aim::Probe => page::request(config, id, 1, 1),
            Aim::Newest => page::newest(config, id),
            Aim::Continue => page::request(config, id, known + 1, size),
        });
        self.work = Work::Fetching(Page {
            id,
            aim,
            last: 0,
            brought: false,
            heard: now,
        });
    }

    /// The answer may come from a replica that lags behind: it is asked for again in a moment.
    pub(super) fn doubt(&mut self, now: Duration) {
        self.doubts += 1;
        self.checking = false;
        self.outbox.set_state(self.catching_up());
        self.work = Work::Retrying {
            at: now + RETRY.0 * self.doubts,
        };
    }

    /// The fetch has failed, and is begun again from what is known.
    pub(super) fn retry(&mut self, now: Duration, error: Option<WatchError>) {
        if let Some(error) = error {
            self.checking = false;
            self.outbox.set_state(self.catching_up());
            self.report(error);
        }
        self.outbox.ripen();
        let (first, longest) = RETRY;
        let pause = first
            .saturating_mul(1 << self.failures.min(10))
            .min(longest);
        self.work = Work::Retrying { at: now + pause };
        self.failures += 1;
    }

    /// The state while something may be missing.
    pub(super) fn catching_up(&self) -> SyncState {
        if self.ever_live {
            SyncState::Resyncing
        } else {
            SyncState::Syncing
        }
    }

    pub(super) fn report(&mut self, error: WatchError) {
        if self.told.as_ref() != Some(&error) {
            self.told = Some(error.clone());
            self.error = Some(error);
        }
    }
}
