//! The client as a state machine, across connections: bytes and time in, bytes and events out.
//!
//! It does no I/O and reads no clock. Its driver owns a socket and a timer and does four things: it tells what happened
//! (`handle_…`), takes the events ([`Session::poll_event`], until there is none), sends what is to be sent
//! ([`Session::transmit`]), does what is to be done with the socket ([`Session::poll_io`]), and arms its timer
//! ([`Session::poll_timeout`]). Time is a `Duration` since any origin, as long as it is always the same one.
//!
//! ```text
//!            open                INFO                PONG
//!  Opening ───────► Greeting ───────────► Handshake ──────► Connected
//!     ▲                │   CONNECT, PING ─┘    │                │
//!     │ timeout        ▼        any failure    ▼                ▼
//!  Waiting ◄───────────┴───────────────────────┴────────────────┘
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::backoff::Backoff;
use super::info::{Credentials, connect_json};
use super::parse::{Parser, ServerOp};
use super::status::{DisconnectCause, Stage, Status};
use super::subject::{check_pattern, check_subject};
use super::{HeaderMap, Message, ProtocolError, ServerError, ServerInfo, SubjectError, encode};

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// The most bytes of one WebSocket message. The server also takes no more than `max_payload` in a compressed one.
const CHUNK: usize = 32 * 1_024;

/// A write buffer that has grown beyond this is given back when it is empty.
const SPARE_CAPACITY: usize = 256 * 1_024;

/// What a [`Session`] has to know.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// How the client is called in the server's monitoring.
    pub name: Option<String>,
    pub credentials: Credentials,
    /// How long an attempt may take, from the dial to the answered handshake.
    pub connection_timeout: Duration,
    /// After how much silence the server is asked whether it is still there.
    pub ping_interval: Duration,
    /// How long it may take to answer that.
    pub ping_timeout: Duration,
    /// How long it may take to answer after the page woke up.
    pub wake_timeout: Duration,
    /// The delay before the first new attempt; it doubles up to `reconnect_max`.
    pub reconnect_min: Duration,
    pub reconnect_max: Duration,
    /// How many failed attempts in a row end the session; `None`: none ever do.
    pub max_reconnects: Option<u32>,
    /// Whether the very first attempt may fail, too.
    pub retry_on_initial_connect: bool,
    /// The largest message in bytes, headers included, that is accepted from the server.
    pub max_message: usize,
    /// How many bytes may wait to be sent.
    pub write_limit: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            name: None,
            credentials: Credentials::None,
            connection_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            wake_timeout: Duration::from_secs(3),
            reconnect_min: Duration::from_millis(200),
            reconnect_max: Duration::from_secs(5),
            max_reconnects: None,
            retry_on_initial_connect: false,
            max_message: 64 * 1_024 * 1_024,
            write_limit: 8 * 1_024 * 1_024,
        }
    }
}

/// The number of a subscription, the same across connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(u64);

/// The number of a ping that [`Session::ping`] sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PingId(u64);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// There is a connection, and every subscription was sent to the server again.
    Connected,
    /// The connection was lost. What was published or asked shortly before may or may not have arrived.
    Disconnected(DisconnectCause),
    /// [`Session::status`] is another one.
    StatusChanged,
    /// A message for a subscription.
    Message { sid: Sid, message: Message },
    /// The server has processed everything that was sent before this ping.
    Pong(PingId),
    /// The server refused a subscription, which is gone.
    SubscriptionDenied { sid: Sid, subject: String },
    /// The server said `-ERR`, also when another event or the status tells of it.
    ServerError(ServerError),
}

/// What to do with the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// Dial. The socket before, if any, was closed by an earlier [`Io::Close`] or by its peer.
    Open,
    /// Close the socket, or stop dialling. Nothing of it may be reported afterwards.
    Close,
}

/// Why something was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    #[error(transparent)]
    InvalidSubject(#[from] SubjectError),
    #[error(
        "a message of {size} bytes is larger than the server takes ({max_payload}): send less at once"
    )]
    TooLarge { size: usize, max_payload: usize },
    #[error("there is no connection to the server: wait until there is, and publish again")]
    Disconnected,
    #[error(
        "{waiting} bytes already wait to be sent: the network is slower than the publisher, publish less or wait for flush()"
    )]
    Backpressure { waiting: usize },
}

/// How much went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    pub messages_received: u64,
    /// Bytes of the protocol.
    pub bytes_received: u64,
    pub messages_published: u64,
    /// Bytes of the protocol.
    pub bytes_sent: u64,
    /// How many connections were made.
    pub connections: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting { until: Duration },
    Opening { deadline: Duration },
    Greeting { deadline: Duration },
    Handshake { deadline: Duration },
    Connected { since: Duration },
    Closed,
}

/// A ping that shall tell whether the server is still there.
#[derive(Debug, Clone, Copy)]
struct Probe {
    sent: Duration,
    patience: Duration,
    /// It is the second one in a row, because the timer of the first one was late.
    repeated: bool,
}

#[derive(Debug)]
struct Subscribed {
    subject: String,
    queue: Option<String>,
}

/// The client's side of the protocol. See the [module](self).
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    status: Status,
    info: Option<ServerInfo>,
    parser: Parser,
    out: Vec<u8>,
    /// Bytes that the driver has taken and its socket has not sent.
    unsent: usize,
    events: VecDeque<Event>,
    io: VecDeque<Io>,
    subscriptions: BTreeMap<Sid, Subscribed>,
    last_sid: u64,
    /// The pings that were sent and not answered, oldest first; `None` is one of the session's own.
    pings: VecDeque<Option<PingId>>,
    last_ping: u64,
    probe: Option<Probe>,
    now: Duration,
    last_heard: Duration,
    /// How many attempts have failed in a row.
    failures: u32,
    ever_connected: bool,
    backoff: Backoff,
    /// The last thing that the server said, if that was an `-ERR` after which it need not close the connection.
    last_words: Option<ServerError>,
    statistics: Statistics,
}

impl Session {
    /// A session that dials at once. `seed` is for the jitter of the back-off.
    pub fn new(config: SessionConfig, now: Duration, seed: u64) -> Self {
        let mut session = Self {
            phase: Phase::Closed,
            status: Status::Connecting {
                attempt: 1,
                cause: None,
            },
            info: None,
            parser: Parser::new(config.max_message),
            out: Vec::new(),
            unsent: 0,
            events: VecDeque::new(),
            io: VecDeque::new(),
            subscriptions: BTreeMap::new(),
            last_sid: 0,
            pings: VecDeque::new(),
            last_ping: 0,
            probe: None,
            now,
            last_heard: now,
            failures: 0,
            ever_connected: false,
            backoff: Backoff::new(config.reconnect_min, config.reconnect_max, seed),
            last_words: None,
            statistics: Statistics::default(),
            config,
        };
        session.open();
        session
    }

    // ---- What happened ----------------------------------------------------------------------------------------------

    /// The socket is open.
    pub fn handle_open(&mut self, now: Duration) {
        self.now = now;
        if let Phase::Opening { deadline } = self.phase {
            self.phase = Phase::Greeting { deadline };
            self.last_heard = now;
        }
    }

    /// Bytes arrived.
    pub fn handle_input(&mut self, now: Duration, bytes: &[u8]) {
        self.handle_input_with(now, bytes.len(), |space| space.copy_from_slice(bytes));
    }

    /// `length` bytes arrived, which `fill` writes where they are to be.
    pub fn handle_input_with(
        &mut self,
        now: Duration,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) {
        self.now = now;
        if self.is_open() {
            self.last_heard = now;
            self.statistics.bytes_received += length as u64;
            self.parser.push_with(length, fill);
        }
    }

    /// A text frame arrived, which NATS never sends.
    pub fn handle_text(&mut self, now: Duration) {
        self.now = now;
        self.fail(ProtocolError::TextFrame.into(), true);
    }

    /// The socket was closed, or never opened, with the code and the reason of RFC 6455.
    pub fn handle_close(&mut self, now: Duration, code: u16, reason: &str) {
        self.now = now;
        // What arrived before the close was said before it: it may hold the cause.
        let mut events = std::mem::take(&mut self.events);
        while let Some(event) = self.next_event() {
            events.push_back(event);
        }
        self.events = events;
        let cause = match (self.phase, self.last_words.take()) {
            (Phase::Waiting { .. } | Phase::Closed, _) => return,
            (Phase::Opening { .. }, _) => DisconnectCause::Unreachable,
            (_, Some(error)) => error.into(),
            (_, None) => DisconnectCause::ClosedByPeer {
                code,
                reason: reason.to_owned(),
            },
        };
        self.fail(cause, false);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = now;
        let Some(due) = self.poll_timeout().filter(|&due| due <= now) else {
            return;
        };
        let late = now - due > LATE;
        match (self.phase, self.probe) {
            (Phase::Waiting { .. }, _) => self.open(),
            (Phase::Opening { .. }, _) => self.fail(DisconnectCause::Timeout(Stage::Open), true),
            (Phase::Greeting { .. }, _) => {
                self.fail(DisconnectCause::Timeout(Stage::Greeting), true)
            }
            (Phase::Handshake { .. }, _) => {
                self.fail(DisconnectCause::Timeout(Stage::Handshake), true)
            }
            (Phase::Connected { .. }, None) => self.probe(self.config.ping_timeout, false),
            // The answer may be waiting behind the timer. A throttled page is late every time, hence once only.
            (
                Phase::Connected { .. },
                Some(Probe {
                    repeated: false, ..
                }),
            ) if late => {
                self.probe(self.config.wake_timeout, true);
            }
            (Phase::Connected { .. }, Some(_)) => self.fail(DisconnectCause::Silent, true),
            (Phase::Closed, _) => {}
        }
    }

    /// The page woke up, was shown, or has a network again: whether the server is still there is asked at once, and
    /// an attempt that waits for its time is made at once.
    pub fn handle_wake(&mut self, now: Duration) {
        self.now = now;
        match self.phase {
            Phase::Waiting { .. } => self.open(),
            Phase::Connected { .. } => self.probe(self.config.wake_timeout, false),
            Phase::Opening { .. }
            | Phase::Greeting { .. }
            | Phase::Handshake { .. }
            | Phase::Closed => {}
        }
    }

    /// Closes the connection and makes a new one.
    pub fn force_reconnect(&mut self, now: Duration) {
        self.now = now;
        if self.phase != Phase::Closed {
            self.fail(DisconnectCause::Forced, true);
            if let Phase::Waiting { .. } = self.phase {
                self.open();
            }
        }
    }

    /// Ends the session for good. What was published before is still handed out by [`transmit`](Self::transmit).
    pub fn close(&mut self, now: Duration) {
        self.now = now;
        if self.phase != Phase::Closed {
            self.io.push_back(Io::Close);
            self.end(None);
        }
    }

    // ---- What to do -------------------------------------------------------------------------------------------------

    /// What happened next. To be called until there is nothing.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        self.next_event()
    }

    /// What to do with the socket. To be called until there is nothing, after [`transmit`](Self::transmit).
    pub fn poll_io(&mut self) -> Option<Io> {
        self.io.pop_front()
    }

    /// Hands out what is to be sent, a WebSocket message at a time.
    pub fn transmit(&mut self, mut send: impl FnMut(&[u8])) {
        if self.out.is_empty() {
            return;
        }
        self.statistics.bytes_sent += self.out.len() as u64;
        for chunk in self.out.chunks(CHUNK.min(self.max_payload())) {
            send(chunk);
        }
        self.out.clear();
        if self.out.capacity() > SPARE_CAPACITY {
            self.out = Vec::new();
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        match (self.phase, self.probe) {
            (Phase::Waiting { until }, _) => Some(until),
            (
                Phase::Opening { deadline }
                | Phase::Greeting { deadline }
                | Phase::Handshake { deadline },
                _,
            ) => Some(deadline),
            // Whatever arrives shows that the server is there: a long answer may be in front of the PONG.
            (Phase::Connected { .. }, Some(probe)) => {
                Some(probe.sent.max(self.last_heard) + probe.patience)
            }
            (Phase::Connected { .. }, None) => Some(self.last_heard + self.config.ping_interval),
            (Phase::Closed, _) => None,
        }
    }

    // ---- What the application wants ---------------------------------------------------------------------------------

    /// Publishes a message. It is handed out by the next [`transmit`](Self::transmit).
    ///
    /// # Errors
    /// When it cannot be sent now. Nothing was sent then.
    pub fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        check_subject(subject)?;
        reply.map_or(Ok(()), check_subject)?;
        if !matches!(self.phase, Phase::Connected { .. }) {
            return Err(PublishError::Disconnected);
        }
        let size = payload.len()
            + if headers.is_empty() {
                0
            } else {
                headers.encoded_len()
            };
        let max_payload = self.max_payload();
        if size > max_payload {
            return Err(PublishError::TooLarge { size, max_payload });
        }
        let waiting = self.unsent();
        if waiting + size > self.config.write_limit {
            return Err(PublishError::Backpressure { waiting });
        }
        encode::publish(&mut self.out, subject, reply, headers, payload);
        self.statistics.messages_published += 1;
        Ok(())
    }

    /// Subscribes, now and with every later connection.
    ///
    /// # Errors
    /// When the subject or the queue group is not one.
    pub fn subscribe(&mut self, subject: &str, queue: Option<&str>) -> Result<Sid, SubjectError> {
        check_pattern(subject)?;
        queue.map_or(Ok(()), check_subject)?;
        self.last_sid += 1;
        let sid = Sid(self.last_sid);
        if let Phase::Connected { .. } = self.phase {
            encode::subscribe(&mut self.out, subject, queue, sid.0);
        }
        let subscribed = Subscribed {
            subject: subject.to_owned(),
            queue: queue.map(str::to_owned),
        };
        self.subscriptions.insert(sid, subscribed);
        Ok(sid)
    }

    /// Ends a subscription. Messages for it that are on their way are dropped.
    pub fn unsubscribe(&mut self, sid: Sid) {
        let known = self.subscriptions.remove(&sid).is_some();
        if known && matches!(self.phase, Phase::Connected { .. }) {
            encode::unsubscribe(&mut self.out, sid.0);
        }
    }

    /// Asks the server to answer once it has processed what was sent before; [`Event::Pong`] tells that it did. `None`
    /// without a connection.
    pub fn ping(&mut self) -> Option<PingId> {
        let Phase::Connected { .. } = self.phase else {
            return None;
        };
        self.last_ping += 1;
        let id = PingId(self.last_ping);
        self.send_ping(Some(id));
        Some(id)
    }

    // ---- What is known ----------------------------------------------------------------------------------------------

    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What the server last said about itself.
    pub fn server_info(&self) -> Option<&ServerInfo> {
        self.info.as_ref()
    }

    /// The largest message in bytes, headers included, that can be published. 1 MiB, the default of a server, before
    /// it is known.
    pub fn max_payload(&self) -> usize {
        const DEFAULT: usize = 1_024 * 1_024;
        let said = self.info.as_ref().map(|info| info.max_payload);
        said.filter(|&limit| limit > 0).unwrap_or(DEFAULT)
    }

    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The bytes that wait to be sent, here and in the socket.
    pub fn unsent(&self) -> usize {
        self.out.len() + self.unsent
    }

    /// Tells how many bytes the socket was given and has not sent.
    pub fn set_unsent(&mut self, bytes: usize) {
        self.unsent = bytes;
    }

    // ---- Inside -----------------------------------------------------------------------------------------------------

    fn is_open(&self) -> bool {
        matches!(
            self.phase,
            Phase::Greeting { .. } | Phase::Handshake { .. } | Phase::Connected { .. }
        )
    }

    /// Reads received bytes up to the next event.
    fn next_event(&mut self) -> Option<Event> {
        while self.is_open() {
            let event = match self.parser.next() {
                Ok(Some(op)) => self.handle_op(op),
                Ok(None) => return None,
                Err(error) => {
                    self.fail(error.into(), true);
                    None
                }
            };
            // Operations may have left events of their own, which come first.
            if let Some(first) = self.events.pop_front() {
                self.events.extend(event);
                return Some(first);
            }
            if event.is_some() {
                return event;
            }
        }
        self.events.pop_front()
    }

    fn handle_op(&mut self, op: ServerOp) -> Option<Event> {
        self.last_words = None;
        match op {
            ServerOp::Message { sid, message } => {
                let sid = Sid(sid);
                self.statistics.messages_received += 1;
                // A message may be on its way while its subscription ends.
                let wanted = self.subscriptions.contains_key(&sid);
                return wanted.then_some(Event::Message { sid, message });
            }
            ServerOp::Info(info) => self.handle_info(*info),
            ServerOp::Ping => self.out.extend_from_slice(encode::PONG),
            ServerOp::Pong => return self.handle_pong(),
            ServerOp::Ok => {}
            ServerOp::Error(error) => self.handle_error(error),
        }
        None
    }

    fn handle_info(&mut self, info: ServerInfo) {
        self.info = Some(info);
        if let Phase::Greeting { deadline } = self.phase {
            let json = connect_json(self.config.name.as_deref(), &self.config.credentials);
            encode::connect(&mut self.out, &json);
            self.send_ping(None);
            self.phase = Phase::Handshake { deadline };
        }
    }

    fn handle_pong(&mut self) -> Option<Event> {
        self.probe = None;
        let ping = self.pings.pop_front().flatten();
        if let Phase::Handshake { .. } = self.phase {
            self.phase = Phase::Connected { since: self.now };
            self.ever_connected = true;
            self.statistics.connections += 1;
            for (sid, subscribed) in &self.subscriptions {
                encode::subscribe(
                    &mut self.out,
                    &subscribed.subject,
                    subscribed.queue.as_deref(),
                    sid.0,
                );
            }
            self.events.push_back(Event::Connected);
            self.set_status(Status::Connected);
        }
        ping.map(Event::Pong)
    }

    fn handle_error(&mut self, error: ServerError) {
        self.events.push_back(Event::ServerError(error.clone()));
        if error.closes_connection() {
            self.fail(error.into(), true);
            return;
        }
        if let ServerError::SubscriptionDenied { subject, queue } = &error {
            let denied = |subscribed: &Subscribed| {
                subscribed.subject == *subject && subscribed.queue == *queue
            };
            let sids = self
                .subscriptions
                .extract_if(.., |_, subscribed| denied(subscribed));
            self.events
                .extend(sids.map(|(sid, subscribed)| Event::SubscriptionDenied {
                    sid,
                    subject: subscribed.subject,
                }));
        }
        self.last_words = Some(error);
    }

    fn send_ping(&mut self, id: Option<PingId>) {
        self.out.extend_from_slice(encode::PING);
        self.pings.push_back(id);
    }

    fn probe(&mut self, patience: Duration, repeated: bool) {
        self.send_ping(None);
        self.probe = Some(Probe {
            sent: self.now,
            patience,
            repeated,
        });
    }

    fn open(&mut self) {
        self.io.push_back(Io::Open);
        self.phase = Phase::Opening {
            deadline: self.now + self.config.connection_timeout,
        };
    }

    /// The connection, or the attempt to make one, has failed.
    fn fail(&mut self, cause: DisconnectCause, close: bool) {
        if matches!(self.phase, Phase::Waiting { .. } | Phase::Closed) {
            return;
        }
        if close {
            self.io.push_back(Io::Close);
        }
        if let Phase::Connected { since } = self.phase {
            self.events.push_back(Event::Disconnected(cause.clone()));
            // A server that accepts a client and then drops it shall not be dialled without a pause.
            let stable = self.now.saturating_sub(since) > self.backoff.max();
            self.failures = if stable { 1 } else { self.failures + 1 };
        } else {
            self.failures += 1;
        }
        self.forget_connection();
        // The first failure is the loss of the connection itself; what counts are the attempts after it.
        let too_many = self
            .config
            .max_reconnects
            .is_some_and(|most| self.failures > most);
        let hopeless = !self.ever_connected && !self.config.retry_on_initial_connect;
        if too_many || hopeless {
            self.end(Some(cause));
            return;
        }
        self.phase = Phase::Waiting {
            until: self.now + self.backoff.delay(self.failures),
        };
        let attempt = if self.ever_connected {
            self.failures
        } else {
            self.failures + 1
        };
        let since = match self.status {
            Status::Reconnecting { since, .. } => since,
            _ => self.last_heard,
        };
        self.set_status(if self.ever_connected {
            Status::Reconnecting {
                attempt,
                since,
                cause,
            }
        } else {
            Status::Connecting {
                attempt,
                cause: Some(cause),
            }
        });
    }

    fn forget_connection(&mut self) {
        self.parser.reset();
        self.out.clear();
        self.unsent = 0;
        self.pings.clear();
        self.probe = None;
        self.last_words = None;
    }

    fn end(&mut self, cause: Option<DisconnectCause>) {
        self.phase = Phase::Closed;
        self.set_status(Status::Closed { cause });
    }

    fn set_status(&mut self, status: Status) {
        self.status = status;
        self.events.push_back(Event::StatusChanged);
    }
}
