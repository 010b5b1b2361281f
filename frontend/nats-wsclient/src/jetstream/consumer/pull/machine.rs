//! Asks, counts what arrives, and asks again.

use std::collections::VecDeque;
use std::time::Duration;

use super::status::Answer;
use super::{Pull, PullError};
use crate::decimal;
use crate::jetstream::MessageInfo;
use crate::json;
use crate::proto::Message;

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// After how long a request that failed is followed by the next one, and how long that becomes at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Until when there are requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// There is one.
    Fetch { no_wait: bool },
    /// As long as somebody reads: whenever there is room for half of what may wait for the reader.
    Continuous,
}

/// Gets messages of a pull consumer: see the [module](super).
///
/// Its driver subscribes to [`inbox`](Self::inbox) before it says [`handle_connected`](Self::handle_connected),
/// publishes what [`poll_request`](Self::poll_request) asks for, and hands in what arrives.
#[derive(Debug)]
pub(super) struct PullMachine {
    mode: Mode,
    pull: Pull,
    /// Where the consumer takes requests.
    next_subject: String,
    /// Ends with the number of the request, so that an answer tells which one it is for.
    inbox: String,
    phase: Phase,
    /// The requests that the consumer works on, in its order. Messages do not tell whose they are: they are taken for
    /// those of the first one.
    open: VecDeque<Open>,
    last_id: u64,
    request: Option<Request>,
    /// When the consumer was last heard of, or asked while there was no other request.
    heard: Duration,
    items: VecDeque<Item>,
    /// The messages among the items, and their bytes as the server counts them.
    unread: usize,
    unread_bytes: usize,
    /// How many a fetch has yet to get.
    missing: usize,
    /// The next message did not fit: ask for it when there is as much room as can be.
    wants_all_room: bool,
    /// Tells the server that this client is the one that is pinned (ADR-42).
    pin: Option<String>,
    /// Failures in a row.
    failures: u32,
    /// The error that the reader knows of.
    told: Option<PullError>,
}

pub(super) type Item = Result<(Message, MessageInfo), PullError>;

/// A request to be published to the consumer's subject.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) id: u64,
    /// Where its messages and answers go.
    pub(super) reply: String,
    /// JSON.
    pub(super) body: String,
}

#[derive(Debug)]
enum Phase {
    Offline,
    Asking,
    /// A request failed, and the next one waits until then.
    Pausing {
        until: Duration,
    },
    Ended,
}

/// What is left of a request.
#[derive(Debug)]
struct Open {
    id: u64,
    messages: usize,
    bytes: usize,
    /// Nothing of it was used, and there was all the room that can be.
    is_whole: bool,
}

impl PullMachine {
    /// One that waits for a connection. `inbox` is a subject that nobody else has; answers arrive one token below it.
    pub(super) fn new(mode: Mode, pull: Pull, next_subject: String, inbox: &str) -> Self {
        Self {
            mode,
            missing: pull.max_messages,
            pull,
            next_subject,
            inbox: format!("{inbox}."),
            phase: Phase::Offline,
            open: VecDeque::new(),
            last_id: 0,
            request: None,
            heard: Duration::ZERO,
            items: VecDeque::new(),
            unread: 0,
            unread_bytes: 0,
            wants_all_room: false,
            pin: None,
            failures: 0,
            told: None,
        }
    }

    // ---- What happened ----------------------------------------------------------------------------------------------

    /// There is a connection, and the server was told of the subscription.
    pub(super) fn handle_connected(&mut self, now: Duration) {
        if !self.is_ended() {
            self.phase = Phase::Asking;
            self.ask(now);
        }
    }

    /// The connection is lost, and with it whatever was on its way.
    pub(super) fn handle_disconnected(&mut self) {
        self.open.clear();
        self.request = None;
        match self.mode {
            _ if self.is_ended() => {}
            Mode::Fetch { .. } => self.end(Some(PullError::Disconnected)),
            Mode::Continuous => self.phase = Phase::Offline,
        }
    }

    /// A message arrived on the subscription.
    pub(super) fn handle_message(&mut self, now: Duration, message: Message) {
        if self.is_ended() {
            return;
        }
        if let Some(answer) = Answer::of(&message) {
            let id = message.subject.strip_prefix(&*self.inbox);
            // One for an earlier request says nothing any more.
            if let Some(index) = id
                .and_then(|id| decimal::number(id.as_bytes()))
                .and_then(|id| self.open.iter().position(|open| open.id == id))
            {
                self.heard = now;
                self.handle_answer(now, index, answer);
            }
        } else if let Some(info) = message.reply.as_deref().and_then(MessageInfo::parse) {
            self.heard = now;
            self.receive(message, info);
        }
    }

    /// The server does not permit to publish or to subscribe to this.
    pub(super) fn handle_denied(&mut self, subject: &str) {
        if !self.is_ended() {
            self.end(Some(PullError::Denied {
                subject: subject.to_owned(),
            }));
        }
    }

    /// A request could not be sent.
    pub(super) fn handle_unsent(&mut self, now: Duration, id: u64) {
        self.open.retain(|open| open.id != id);
        self.pause(now);
    }

    /// Time has passed, or something was read.
    pub(super) fn handle_timeout(&mut self, now: Duration) {
        let is_due = self.poll_timeout().is_some_and(|due| due <= now);
        match self.phase {
            Phase::Asking if is_due && now > self.silent_at() + LATE => self.heard = now,
            Phase::Asking if is_due => {
                // The next request may take another way.
                self.open.clear();
                self.fail(PullError::Silent);
            }
            Phase::Pausing { .. } if is_due => self.phase = Phase::Asking,
            _ => {}
        }
        self.ask(now);
    }

    // ---- What to do -------------------------------------------------------------------------------------------------

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match self.phase {
            Phase::Asking if !self.open.is_empty() => Some(self.silent_at()),
            Phase::Pausing { until } => Some(until),
            Phase::Asking | Phase::Offline | Phase::Ended => None,
        }
    }

    /// A request to send.
    pub(super) fn poll_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    /// What is next for the reader.
    pub(super) fn poll_item(&mut self) -> Option<Item> {
        let is_fetch = matches!(self.mode, Mode::Fetch { .. });
        if is_fetch && matches!(self.phase, Phase::Offline) {
            self.end(Some(PullError::Disconnected));
        }
        let item = self.items.pop_front()?;
        if let Ok((message, _)) = &item {
            self.unread -= 1;
            self.unread_bytes -= size(message);
        }
        Some(item)
    }

    /// Whether [`poll_item`](Self::poll_item) has something.
    pub(super) fn has_items(&self) -> bool {
        !self.items.is_empty()
    }

    /// Whether nothing more will come after the items.
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Whether there is something to send after a call of [`handle_timeout`](Self::handle_timeout), since something was
    /// read.
    pub(super) fn wants_more(&self) -> bool {
        self.request.is_some() || matches!(self.phase, Phase::Asking) && self.room().is_some()
    }

    /// The subject to publish requests to.
    pub(super) fn next_subject(&self) -> &str {
        &self.next_subject
    }

    /// The subject to subscribe to.
    pub(super) fn inbox(&self) -> String {
        format!("{}*", self.inbox)
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn unread(&self) -> usize {
        self.unread
    }

    // ---- How --------------------------------------------------------------------------------------------------------

    /// Asks for what there is room for.
    fn ask(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Asking) || self.request.is_some() {
            return;
        }
        let Some((messages, bytes)) = self.room() else {
            return;
        };
        if self.open.is_empty() {
            self.heard = now;
        }
        self.last_id += 1;
        self.open.push_back(Open {
            id: self.last_id,
            messages,
            bytes,
            is_whole: bytes == self.pull.max_bytes,
        });
        let request = self.pull.request(messages, bytes, self.pin.as_deref());
        let body = match self.mode {
            Mode::Fetch { no_wait: true } => json::write(&request.no_wait()),
            _ => json::write(&request),
        };
        self.request = Some(Request {
            id: self.last_id,
            reply: format!("{}{}", self.inbox, self.last_id),
            body,
        });
    }

    /// How many messages and bytes to ask for, if it is time to ask.
    fn room(&self) -> Option<(usize, usize)> {
        let Pull {
            max_messages,
            max_bytes,
            ..
        } = self.pull;
        if self.mode != Mode::Continuous {
            return self.open.is_empty().then_some((max_messages, max_bytes));
        }
        let (mut messages, mut bytes) = (self.unread, self.unread_bytes);
        for open in &self.open {
            messages += open.messages;
            bytes += open.bytes;
        }
        let messages = max_messages.saturating_sub(messages);
        let bytes = max_bytes.saturating_sub(bytes);
        let enough = messages > 0 && messages * 2 >= max_messages && bytes * 2 >= max_bytes;
        let all = bytes == max_bytes;
        (enough && (all || !self.wants_all_room)).then_some((messages, bytes))
    }

    fn receive(&mut self, message: Message, info: MessageInfo) {
        self.recovered();
        let size = size(&message);
        if let Some(open) = self.open.front_mut() {
            open.messages -= 1;
            open.bytes = open.bytes.saturating_sub(size);
            open.is_whole = false;
            if open.messages == 0 {
                self.open.pop_front();
            }
        }
        if let Some(pin) = message.headers.get("Nats-Pin-Id") {
            self.pin = Some(pin.to_owned());
        }
        self.unread += 1;
        self.unread_bytes += size;
        self.wants_all_room = false;
        self.items.push_back(Ok((message, info)));
        self.missing = self.missing.saturating_sub(1);
        if self.missing == 0 && self.mode != Mode::Continuous {
            self.end(None);
        }
    }

    fn handle_answer(&mut self, now: Duration, index: usize, answer: Answer) {
        if answer == Answer::Heartbeat {
            self.recovered();
            return;
        }
        let open = self.open.remove(index);
        let is_fetch = self.mode != Mode::Continuous;
        match answer {
            Answer::Heartbeat => {}
            Answer::Over if is_fetch => self.end(None),
            Answer::Over => self.recovered(),
            Answer::NoRoom if open.is_some_and(|open| open.is_whole) => {
                let max_bytes = self.pull.max_bytes;
                self.fail(PullError::TooLarge { max_bytes });
                self.pause(now);
            }
            Answer::NoRoom if is_fetch => self.end(None),
            Answer::NoRoom => self.wants_all_room = true,
            Answer::Unpinned if self.pin.take().is_some() => {}
            Answer::Unpinned => self.pause(now),
            Answer::Failed(error) => {
                self.fail(error);
                self.pause(now);
            }
            Answer::Final(error) => self.end(Some(error)),
        }
    }

    /// The consumer does what it is asked for.
    fn recovered(&mut self) {
        self.failures = 0;
        self.told = None;
    }

    /// Tells the reader, once. A fetch ends.
    fn fail(&mut self, error: PullError) {
        if self.mode != Mode::Continuous {
            self.end(Some(error));
        } else if self.told.as_ref() != Some(&error) {
            self.told = Some(error.clone());
            // Nobody may be reading.
            self.items.pop_back_if(|last| last.is_err());
            self.items.push_back(Err(error));
        }
    }

    fn pause(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Asking) {
            let (first, longest) = RETRY;
            let delay = first * 2_u32.saturating_pow(self.failures.min(10));
            self.failures += 1;
            let until = now + delay.min(longest);
            self.phase = Phase::Pausing { until };
        }
    }

    fn end(&mut self, error: Option<PullError>) {
        self.items.extend(error.map(Err));
        self.open.clear();
        self.request = None;
        self.phase = Phase::Ended;
    }

    fn silent_at(&self) -> Duration {
        self.heard + self.pull.longest_silence()
    }
}

/// How the server counts the bytes of a message.
fn size(message: &Message) -> usize {
    message.size() + message.reply.as_deref().map_or(0, str::len)
}
