//! The watch as a state machine: messages and time in, updates and requests out.

use std::time::Duration;

use super::config::LiveBucket;
use super::page::{self, Reply};
use crate::kv::{Entry, Outbox, WatchError, WatchUpdate};
use crate::proto::Message;
use crate::{SyncState, Timestamp};

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// Delays between attempts to fetch, doubling from the first to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often an answer that may come from a replica that lags behind is asked for again before it is believed.
const DOUBTS: u32 = 3;

/// How many live messages wait for the end of a fetch. What finds no place is fetched again.
const MOST_WAITING: usize = 64 * 1_024;

/// A request to be sent to [`LiveBucket::page_subject`]. Every reply to it goes to [`LiveMachine::handle_page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Replies to an earlier request are of no use any more.
    pub id: u64,
    /// JSON.
    pub body: String,
}

/// The newest message that was delivered; everything before it was, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    sequence: u64,
    time: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    /// There is no connection.
    Offline,
    /// Nothing to do until it is checked whether something was missed.
    Idle {
        next_check: Duration,
    },
    Fetching(Page),
    Retrying {
        at: Duration,
    },
    /// Given up.
    Ended,
}

/// A page that is being received.
#[derive(Debug, Clone, Copy)]
struct Page {
    id: u64,
    aim: Aim,
    /// The sequence of the last message of this page, 0 before the first.
    last: u64,
    /// Something of it was delivered.
    brought: bool,
    /// When the server last said something of this page.
    heard: Duration,
}

/// What a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Begins with the anchor, shows whether it is still there, and brings what comes after it.
    Verify,
    /// Began where the anchor was, which is no longer there. What it brings is put aside.
    Unproven,
    /// Is the very first message of the stream, and shows whether the stream is older than the anchor.
    Probe,
    /// Is what comes after the anchor, of the same stream.
    Continue,
}

/// A live watch of a bucket. See the [module](super).
///
/// Its driver subscribes to [`LiveBucket::live_subject`] before it says [`handle_connected`](Self::handle_connected),
/// sends what [`poll_request`](Self::poll_request) asks for, and hands in what arrives.
#[derive(Debug)]
pub struct LiveMachine {
    config: LiveBucket,
    key_prefix: String,
    work: Work,
    anchor: Option<Anchor>,
    /// A page that may be of another stream than the anchor.
    unproven: Vec<Entry>,
    /// Live messages that arrived during a fetch, to be looked at after it.
    waiting: Vec<Entry>,
    /// The largest sequence that was heard of and left to a fetch.
    heard_of: u64,
    outbox: Outbox,
    request: Option<PageRequest>,
    last_request: u64,
    /// Whether everything was there at least once.
    ever_live: bool,
    /// The fetch only checks: what was delivered counts as live meanwhile.
    checking: bool,
    lost_at: Option<Duration>,
    /// Failures in a row.
    failures: u32,
    /// How often in a row an answer was not believed.
    doubts: u32,
    error: Option<WatchError>,
    /// The error that the reader knows of.
    told: Option<WatchError>,
}

impl LiveMachine {
    /// A watch that waits for a connection.
    pub fn new(config: LiveBucket) -> Self {
        Self {
            key_prefix: config.key_prefix(),
            config,
            work: Work::Offline,
            anchor: None,
            unproven: Vec::new(),
            waiting: Vec::new(),
            heard_of: 0,
            outbox: Outbox::new(),
            request: None,
            last_request: 0,
            ever_live: false,
            checking: false,
            lost_at: None,
            failures: 0,
            doubts: 0,
            error: None,
            told: None,
        }
    }

    // ---- What happened ----------------------------------------------------------------------------------------------

    /// There is a connection, and the server was told of the subscription.
    pub fn handle_connected(&mut self, now: Duration) {
        if self.is_ended() {
            return;
        }
        let lost_at = self.lost_at.take().unwrap_or(now);
        let too_long = now.saturating_sub(lost_at) > self.config.markers_last;
        if too_long && self.anchor.is_some() {
            self.restart(now);
        } else {
            self.fetch_openly(now);
        }
    }

    /// There is no connection any more; the server was last heard of at `since`.
    pub fn handle_disconnected(&mut self, since: Duration) {
        if matches!(self.work, Work::Ended | Work::Offline) {
            return;
        }
        self.work = Work::Offline;
        self.request = None;
        self.checking = false;
        self.lost_at = Some(since);
        self.waiting.clear();
        self.heard_of = 0;
        if self.ever_live {
            self.outbox.set_state(SyncState::Stale { since });
        }
    }

    /// A message arrived on the subscription.
    pub fn handle_live(&mut self, now: Duration, message: &Message) {
        let Some(entry) = Entry::read(message, &self.key_prefix) else {
            self.report(WatchError::Malformed {
                subject: message.subject.to_string(),
            });
            if matches!(self.work, Work::Idle { .. }) {
                self.fetch_openly(now);
            }
            return;
        };
        match self.work {
            Work::Idle { .. } => self.accept(now, entry),
            Work::Fetching(_) | Work::Retrying { .. } if self.waiting.len() < MOST_WAITING => {
                self.waiting.push(entry);
            }
            Work::Fetching(_) | Work::Retrying { .. } => {
                self.heard_of = self.heard_of.max(entry.revision);
            }
            Work::Offline | Work::Ended => {}
        }
    }

    /// A reply to the request `id` arrived.
    pub fn handle_page(&mut self, now: Duration, id: u64, message: &Message) {
        let Work::Fetching(mut page) = self.work else {
            return;
        };
        if page.id != id {
            return;
        }
        page.heard = now;
        match Reply::read(&self.config, message) {
            Reply::Entry { entry, previous } => self.handle_entry(now, page, entry, previous),
            Reply::End { last, .. } if last != page.last => self.retry(now, None),
            // The data first and then the proof: a stream that is the same afterwards was the same before.
            Reply::End { .. } if page.aim == Aim::Unproven => self.ask(now, Aim::Probe),
            Reply::End { pending, .. } if pending > 0 && page.brought => {
                self.outbox.ripen();
                self.fetch(now);
            }
            // The anchor alone filled a page.
            Reply::End { pending, .. } if pending > 0 => self.ask(now, Aim::Continue),
            Reply::End { .. } => self.finish(now),
            Reply::Nothing => match page.aim {
                Aim::Continue => self.finish(now),
                Aim::Verify if self.doubts < DOUBTS => self.doubt(now),
                Aim::Verify | Aim::Unproven | Aim::Probe => self.restart(now),
            },
            Reply::Failed(error) => self.retry(now, Some(error)),
        }
    }

    /// The server does not permit what the watch needs.
    pub fn handle_denied(&mut self, subject: &str) {
        self.work = Work::Ended;
        self.request = None;
        self.outbox.set_state(self.catching_up());
        self.report(WatchError::Denied {
            subject: subject.to_owned(),
        });
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        let Some(due) = self.poll_timeout().filter(|&due| due <= now) else {
            return;
        };
        match self.work {
            Work::Idle { .. } => {
                self.checking = true;
                self.fetch(now);
            }
            Work::Retrying { .. } => self.fetch(now),
            Work::Fetching(_) if now - due > LATE => self.fetch(now),
            Work::Fetching(_) => {
                let bucket = self.config.bucket.clone();
                self.retry(now, Some(WatchError::NoAnswer { bucket }));
            }
            Work::Offline | Work::Ended => {}
        }
    }

    // ---- What to do -------------------------------------------------------------------------------------------------

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.work {
            Work::Idle { next_check } => Some(next_check),
            Work::Fetching(page) => Some(page.heard + self.config.page_timeout),
            Work::Retrying { at } => Some(at),
            Work::Offline | Work::Ended => None,
        }
    }

    /// A request to send. It takes the place of one before.
    pub fn poll_request(&mut self) -> Option<PageRequest> {
        self.request.take()
    }

    /// Everything since the last time it was asked for.
    pub fn poll_update(&mut self) -> Option<WatchUpdate> {
        self.outbox.take()
    }

    /// Why the watch is not live. Each error is told once, until the watch is live again.
    pub fn poll_error(&mut self) -> Option<WatchError> {
        self.error.take()
    }

    /// Whether [`poll_update`](Self::poll_update) or [`poll_error`](Self::poll_error) has something.
    pub fn has_news(&self) -> bool {
        self.error.is_some() || self.outbox.has_news()
    }

    /// Whether nothing will come any more.
    pub fn is_ended(&self) -> bool {
        matches!(self.work, Work::Ended)
    }

    /// How current what was delivered is.
    pub fn state(&self) -> SyncState {
        self.outbox.state()
    }

    /// What the watch was made of.
    pub fn config(&self) -> &LiveBucket {
        &self.config
    }

    // ---- Inside -----------------------------------------------------------------------------------------------------

    fn handle_entry(&mut self, now: Duration, mut page: Page, entry: Entry, previous: u64) {
        let found = Anchor::of(&entry);
        if previous != page.last || found.sequence <= previous {
            // A reply was lost.
            self.retry(now, None);
            return;
        }
        page.last = found.sequence;
        match (page.aim, self.anchor) {
            (Aim::Verify, Some(anchor)) if found == anchor => page.aim = Aim::Continue,
            (Aim::Verify, Some(anchor)) if found.sequence > anchor.sequence => {
                page.aim = Aim::Unproven;
                self.unproven = vec![entry];
            }
            (Aim::Unproven, _) => self.unproven.push(entry),
            // Only a message from before the anchor proves that the stream is not a later one.
            (Aim::Probe, Some(anchor))
                if found.sequence < anchor.sequence && found.time <= anchor.time =>
            {
                for entry in std::mem::take(&mut self.unproven) {
                    self.deliver(entry);
                }
                self.fetch(now);
                return;
            }
            (Aim::Verify | Aim::Probe, _) => {
                self.restart(now);
                return;
            }
            (Aim::Continue, _) => {
                page.brought = true;
                self.deliver(entry);
            }
        }
        self.work = Work::Fetching(page);
    }

    fn deliver(&mut self, entry: Entry) {
        self.failures = 0;
        self.anchor = Some(Anchor::of(&entry));
        self.outbox.push(entry);
    }

    /// Delivers a live message, if it is the next one.
    fn accept(&mut self, now: Duration, entry: Entry) {
        let found = Anchor::of(&entry);
        let known = self.anchor.map_or(0, |anchor| anchor.sequence);
        let is_later = self.anchor.is_none_or(|anchor| found.time >= anchor.time);
        if found.sequence <= known {
            // Stored later, and yet counted lower: the stream counts from one again.
            if self.anchor.is_some_and(|anchor| found.time > anchor.time) {
                self.restart(now);
            }
        } else if found.sequence == known + 1 && is_later {
            self.deliver(entry);
            self.outbox.ripen();
        } else {
            // It comes after a hole, or contradicts what is known. If it belongs here, the fetch brings it.
            self.heard_of = self.heard_of.max(found.sequence);
            self.fetch_openly(now);
        }
    }

    /// The last page has ended.
    fn finish(&mut self, now: Duration) {
        let known = self.anchor.map_or(0, |anchor| anchor.sequence);
        // If it stays that way, what was heard of has expired meanwhile.
        if self.heard_of > known && self.doubts < DOUBTS {
            self.doubt(now);
            return;
        }
        self.heard_of = 0;
        self.failures = 0;
        self.doubts = 0;
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
    fn accept_waiting(&mut self, now: Duration) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        while matches!(self.work, Work::Idle { .. })
            && let Some(entry) = waiting.next()
        {
            self.accept(now, entry);
        }
        self.waiting = waiting.collect();
    }

    /// What was delivered is of another stream: everything is fetched, and replaces it.
    fn restart(&mut self, now: Duration) {
        self.anchor = None;
        self.heard_of = 0;
        self.doubts = 0;
        self.outbox.restart();
        self.fetch_openly(now);
    }

    /// Fetches, and says so: something is missing.
    fn fetch_openly(&mut self, now: Duration) {
        self.checking = false;
        self.outbox.set_state(self.catching_up());
        self.fetch(now);
    }

    /// Fetches what is newer than the anchor, or everything.
    fn fetch(&mut self, now: Duration) {
        let aim = if self.anchor.is_some() {
            Aim::Verify
        } else {
            Aim::Continue
        };
        self.ask(now, aim);
    }

    fn ask(&mut self, now: Duration, aim: Aim) {
        let anchor = self.anchor.map_or(0, |anchor| anchor.sequence);
        let (from, batch) = match aim {
            Aim::Verify | Aim::Unproven => (anchor, self.config.page_size.saturating_add(1)),
            Aim::Probe => (1, 1),
            Aim::Continue => (anchor + 1, self.config.page_size),
        };
        self.last_request += 1;
        let id = self.last_request;
        self.request = Some(page::request(&self.config, id, from, batch));
        self.work = Work::Fetching(Page {
            id,
            aim,
            last: 0,
            brought: false,
            heard: now,
        });
    }

    /// The answer may come from a replica that lags behind: it is asked for again in a moment.
    fn doubt(&mut self, now: Duration) {
        self.doubts += 1;
        self.checking = false;
        self.outbox.set_state(self.catching_up());
        self.work = Work::Retrying {
            at: now + RETRY.0 * self.doubts,
        };
    }

    /// The fetch has failed, and is begun again from what is known.
    fn retry(&mut self, now: Duration, error: Option<WatchError>) {
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
    fn catching_up(&self) -> SyncState {
        if self.ever_live {
            SyncState::Resyncing
        } else {
            SyncState::Syncing
        }
    }

    fn report(&mut self, error: WatchError) {
        if self.told.as_ref() != Some(&error) {
            self.told = Some(error.clone());
            self.error = Some(error);
        }
    }
}

impl Anchor {
    fn of(entry: &Entry) -> Self {
        Self {
            sequence: entry.revision,
            time: entry.created,
        }
    }
}
