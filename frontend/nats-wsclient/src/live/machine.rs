//! The watch as a state machine: messages and time in, updates and requests out.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::LiveBucket;
use super::entry::LiveEntry;
use super::outbox::Outbox;
use super::page::{self, Reply};
use super::{LiveError, LiveState, LiveUpdate, Timestamp};
use crate::proto::Message;

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// Delays between attempts to fetch, doubling from the first to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often an answer that may come from a replica that lags behind is asked for again before it is believed.
const DOUBTS: u32 = 3;

/// A request to be sent to [`LiveBucket::page_subject`]. Every reply to it goes to [`LiveMachine::handle_page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Replies to an earlier request are of no use any more.
    pub id: u64,
    /// JSON.
    pub body: String,
}

/// The newest message of which everything before it is known, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    sequence: u64,
    time: Timestamp,
}

/// Live messages without a hole between them, that arrived while there may be one before them.
#[derive(Debug, Clone, Copy)]
struct Run {
    oldest: Anchor,
    newest: Anchor,
}

impl Anchor {
    /// Whether both can be of one stream: what has a larger sequence was not stored earlier.
    fn agrees_with(self, other: Self) -> bool {
        match self.sequence.cmp(&other.sequence) {
            Ordering::Less => self.time <= other.time,
            Ordering::Equal => self.time == other.time,
            Ordering::Greater => self.time >= other.time,
        }
    }
}

impl Run {
    fn agrees_with(self, other: Anchor) -> bool {
        self.oldest.agrees_with(other) && self.newest.agrees_with(other)
    }
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
    /// When the server last said something of this page.
    heard: Duration,
}

/// What a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Begins with the anchor, shows whether it is still there, and brings what comes after it.
    Verify,
    /// Is the very first message of the stream, and shows whether the stream is older than the anchor.
    Probe,
    /// Is what comes after the anchor.
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
    run: Option<Run>,
    /// The keys of which a live message was delivered during a fetch. The fetch may bring an older one of them.
    fresh: BTreeMap<String, u64>,
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
    error: Option<LiveError>,
    /// The error that the reader knows of.
    told: Option<LiveError>,
}

impl LiveMachine {
    /// A watch that waits for a connection.
    pub fn new(config: LiveBucket) -> Self {
        Self {
            key_prefix: config.key_prefix(),
            config,
            work: Work::Offline,
            anchor: None,
            run: None,
            fresh: BTreeMap::new(),
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
        if matches!(self.work, Work::Ended) {
            return;
        }
        let away = self
            .lost_at
            .take()
            .map_or(Duration::ZERO, |lost_at| now.saturating_sub(lost_at));
        let too_long = away > self.config.markers_last && self.anchor.is_some();
        // Live messages were delivered, and there is no anchor to tell whether they were of the stream that is there now.
        let adrift = self.anchor.is_none() && !self.fresh.is_empty();
        if too_long || adrift {
            self.restart(now);
        } else {
            self.outbox.set_state(LiveState::Syncing);
            self.fetch(now);
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
        // What the next connection brings does not continue this. What was delivered stays delivered.
        self.run = None;
        if self.ever_live {
            self.outbox.set_state(LiveState::Stale { since });
        }
    }

    /// A message arrived on the subscription.
    pub fn handle_live(&mut self, now: Duration, message: &Message) {
        if matches!(self.work, Work::Ended) {
            return;
        }
        let Some(entry) = LiveEntry::read(message, &self.key_prefix) else {
            self.report(LiveError::Malformed {
                subject: message.subject.to_string(),
            });
            if matches!(self.work, Work::Idle { .. }) {
                self.outbox.set_state(LiveState::Syncing);
                self.fetch(now);
            }
            return;
        };
        let newest = Anchor {
            sequence: entry.revision,
            time: entry.time,
        };
        let known = [self.anchor, self.run.map(|run| run.newest)];
        let known = known
            .into_iter()
            .flatten()
            .max_by_key(|known| known.sequence);
        match known {
            // Written later, and yet counted lower: the stream counts from one again.
            Some(known) if newest.sequence <= known.sequence && newest.time > known.time => {
                self.restart(now);
            }
            Some(known) if newest.sequence <= known.sequence => return,
            _ => {}
        }
        let expected = self.anchor.map_or(1, |anchor| anchor.sequence + 1);
        if matches!(self.work, Work::Idle { .. }) {
            if newest.sequence == expected {
                self.anchor = Some(newest);
                self.outbox.push(entry);
                self.outbox.ripen();
                return;
            }
            self.outbox.set_state(LiveState::Syncing);
            self.fetch(now);
        }
        self.extend_run(newest);
        self.fresh.insert(entry.key.clone(), entry.revision);
        self.outbox.push(entry);
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
            Reply::End { pending, .. } if pending > 0 => {
                self.outbox.ripen();
                self.fetch(now);
            }
            Reply::End { .. } => self.finish(now),
            Reply::Nothing => match page.aim {
                Aim::Continue => self.finish(now),
                Aim::Verify if self.doubts < DOUBTS => self.doubt(now),
                Aim::Verify | Aim::Probe => self.restart(now),
            },
            Reply::Failed(error) => self.retry(now, Some(error)),
        }
    }

    /// The server does not permit what the watch needs.
    pub fn handle_denied(&mut self, subject: &str) {
        self.work = Work::Ended;
        self.request = None;
        self.outbox.set_state(LiveState::Syncing);
        self.report(LiveError::Denied {
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
                self.retry(now, Some(LiveError::NoAnswer { bucket }));
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
    pub fn poll_update(&mut self) -> Option<LiveUpdate> {
        self.outbox.take()
    }

    /// Why the watch is not live. Each error is told once, until the watch is live again.
    pub fn poll_error(&mut self) -> Option<LiveError> {
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

    /// What the watch was made of.
    pub fn config(&self) -> &LiveBucket {
        &self.config
    }

    // ---- Inside -----------------------------------------------------------------------------------------------------

    fn handle_entry(&mut self, now: Duration, mut page: Page, entry: LiveEntry, previous: u64) {
        let found = Anchor {
            sequence: entry.revision,
            time: entry.time,
        };
        if previous != page.last || found.sequence <= previous {
            // A reply was lost.
            self.retry(now, None);
            return;
        }
        match (page.aim, self.anchor) {
            (Aim::Verify, Some(anchor)) if found == anchor => {
                page.aim = Aim::Continue;
                page.last = found.sequence;
                self.work = Work::Fetching(page);
                return;
            }
            (Aim::Verify, Some(anchor)) if found.sequence > anchor.sequence => {
                self.ask(now, Aim::Probe);
                return;
            }
            // Of the first message of the stream only the anchor's own past proves that it is the same one.
            (Aim::Probe, Some(anchor))
                if found.sequence < anchor.sequence && found.time <= anchor.time =>
            {
                self.ask(now, Aim::Continue);
                return;
            }
            (Aim::Verify | Aim::Probe, _) => {
                self.restart(now);
                return;
            }
            (Aim::Continue, _) => {}
        }
        // A page and live messages that contradict each other are of two streams of the same name.
        if self.run.is_some_and(|run| !run.agrees_with(found)) {
            self.restart(now);
            return;
        }
        page.last = found.sequence;
        self.work = Work::Fetching(page);
        self.failures = 0;
        self.anchor = Some(found);
        let overtaken = self
            .fresh
            .get(&entry.key)
            .is_some_and(|&fresh| fresh >= entry.revision);
        if !overtaken {
            self.outbox.push(entry);
        }
    }

    /// Notes a live message whose predecessors may be missing.
    fn extend_run(&mut self, newest: Anchor) {
        match &mut self.run {
            Some(run) if newest.sequence == run.newest.sequence + 1 => run.newest = newest,
            run => {
                *run = Some(Run {
                    oldest: newest,
                    newest,
                });
            }
        }
    }

    /// The last page has ended.
    fn finish(&mut self, now: Duration) {
        let known = self.anchor.map_or(0, |anchor| anchor.sequence);
        if let Some(run) = self.run {
            let hole = run.oldest.sequence > known + 1;
            if hole && self.doubts < DOUBTS {
                self.doubt(now);
                return;
            }
            // A hole that stays is one in the stream itself: messages that have expired meanwhile.
            if run.newest.sequence > known {
                self.anchor = Some(run.newest);
            }
        }
        self.run = None;
        self.fresh.clear();
        self.failures = 0;
        self.doubts = 0;
        self.told = None;
        self.error = None;
        self.ever_live = true;
        self.outbox.release();
        self.outbox.set_state(LiveState::Live);
        let checked = std::mem::take(&mut self.checking);
        let pause = if checked {
            self.config.check_interval
        } else {
            self.config.settle_after
        };
        self.work = Work::Idle {
            next_check: now.saturating_add(pause),
        };
    }

    /// What was delivered is of another stream: everything is fetched, and replaces it.
    fn restart(&mut self, now: Duration) {
        self.anchor = None;
        self.run = None;
        self.fresh.clear();
        self.doubts = 0;
        self.checking = false;
        self.outbox.restart();
        self.outbox.set_state(LiveState::Syncing);
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
            Aim::Verify => (anchor, self.config.page_size.saturating_add(1)),
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
            heard: now,
        });
    }

    /// The answer may come from a replica that lags behind: it is asked for again in a moment.
    fn doubt(&mut self, now: Duration) {
        self.doubts += 1;
        self.checking = false;
        self.outbox.set_state(LiveState::Syncing);
        self.work = Work::Retrying {
            at: now + RETRY.0 * self.doubts,
        };
    }

    /// The fetch has failed, and is begun again from what is known.
    fn retry(&mut self, now: Duration, error: Option<LiveError>) {
        if let Some(error) = error {
            self.checking = false;
            self.outbox.set_state(LiveState::Syncing);
            self.report(error);
        }
        self.outbox.ripen();
        self.work = Work::Retrying {
            at: now
                + RETRY
                    .0
                    .saturating_mul(1 << self.failures.min(10))
                    .min(RETRY.1),
        };
        self.failures += 1;
    }

    fn report(&mut self, error: LiveError) {
        if self.told.as_ref() != Some(&error) {
            self.told = Some(error.clone());
            self.error = Some(error);
        }
    }

    /// How current what was delivered is.
    pub fn state(&self) -> LiveState {
        self.outbox.state()
    }
}
