//! The watch as a state machine: messages and time in, updates and requests out.

mod catch_up;
mod work;

use std::time::Duration;

use self::work::{Aim, Work};
use super::config::LiveBucket;
use super::lineage::Lineage;
use super::page::Reply;
use crate::SyncState;
use crate::kv::{Entry, Outbox, Start, WatchError, WatchUpdate};
use crate::proto::Message;

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

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

/// A live watch of a bucket. See the [module](super).
///
/// Its driver subscribes to [`LiveBucket::live_subject`] before it says [`handle_connected`](Self::handle_connected),
/// sends what [`poll_request`](Self::poll_request) asks for, and hands in what arrives.
#[derive(Debug)]
pub struct LiveMachine {
    config: LiveBucket,
    key_prefix: String,
    work: Work,
    lineage: Lineage,
    /// What is there already is not wanted, and it is not known yet how far that goes.
    skips: bool,
    /// A page that may be of another stream than the anchor.
    unproven: Vec<Entry>,
    /// There is more after it.
    unproven_goes_on: bool,
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
        let start = config.options.start;
        let first = match start {
            Start::Revision(revision) => revision,
            Start::Last | Start::History | Start::Updates => 1,
        };
        Self {
            key_prefix: config.key_prefix(),
            config,
            work: Work::Offline,
            lineage: Lineage::new(first),
            skips: start == Start::Updates,
            unproven: Vec::new(),
            unproven_goes_on: false,
            waiting: Vec::new(),
            heard_of: 0,
            outbox: Outbox::new(start == Start::History),
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
        if too_long && self.lineage.anchor().is_some() {
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
        let Some((entry, _)) = Entry::read(message, &self.key_prefix) else {
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
        match Reply::read(&self.config, &self.key_prefix, message) {
            Reply::Entry { entry, previous } => self.handle_entry(now, page, entry, previous),
            Reply::End { last, .. } if last != page.last => self.retry(now, None),
            // The data first and then the proof: a stream that is the same afterwards was the same before.
            Reply::End { pending, .. } if page.aim == Aim::Unproven => {
                self.unproven_goes_on = pending > 0;
                self.ask(now, Aim::Probe);
            }
            Reply::End { pending, .. } if pending > 0 && page.brought => {
                self.outbox.ripen();
                self.fetch(now);
            }
            // The anchor alone filled a page.
            Reply::End { pending, .. } if pending > 0 => self.ask(now, Aim::Continue),
            Reply::End { .. } => self.finish(now),
            Reply::Nothing => match page.aim {
                Aim::Continue | Aim::Newest => self.finish(now),
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
}
