//! The client as a state machine: see [`Session`].

mod backlog;
mod config;
mod event;
mod fates;
mod leave;
mod life;
mod login;
mod ops;
mod publish;
mod subscriptions;
mod time;
mod unanswered;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::ascending::Ascending;

use super::backoff::Backoff;
use super::parse::Parser;
use super::servers::Servers;
use super::{DisconnectCause, ProtocolError, ServerError, ServerInfo, ServerUrl, Status};
use backlog::Backlog;
use fates::Fates;
use leave::Leaving;
use login::Login;
use subscriptions::Subscribed;
use time::Probe;
use unanswered::Unanswered;

pub use config::{SessionConfig, Statistics};
pub use event::{Event, Io, LoginId, PingId, PublishError, Sid};
pub use fates::{Fate, PublishId, Rejection};

/// The most bytes of one WebSocket message. The server also takes no more than `max_payload` in a compressed one.
const CHUNK: usize = 32 * 1_024;

/// A write buffer that has grown beyond this is given back when it is empty.
const SPARE_CAPACITY: usize = 256 * 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting { until: Duration },
    Authorizing { deadline: Duration },
    Opening { deadline: Duration },
    Greeting { deadline: Duration },
    Signing { deadline: Duration },
    Handshake { deadline: Duration },
    Connected { since: Duration },
    Closed,
}

/// A ping that was sent and not answered.
#[derive(Debug)]
struct Ping {
    /// `None`: it is one of the session's own.
    id: Option<PingId>,
    /// What was published last before it.
    after: PublishId,
    /// The subscription that ends with the answer.
    drains: Option<Sid>,
}

/// The client's side of the protocol, across connections: bytes and time in, bytes and events out.
///
/// It does no I/O and reads no clock. Its driver owns a socket and a timer and does four things: it tells what happened
/// (`handle_…`), takes the events ([`Session::poll_event`], until there is none), sends what is to be sent
/// ([`Session::transmit`]), does what is to be done with the socket ([`Session::poll_io`]), and arms its timer
/// ([`Session::poll_timeout`]). Time is a `Duration` since any origin, as long as it is always the same one.
///
/// ```text
///            open                INFO                PONGs
///  Opening ───────► Greeting ───────────► Handshake ──────► Connected
///     ▲                │   CONNECT, PINGs ┘    │                │
///     │ timeout        ▼        any failure    ▼                ▼
///  Waiting ◄───────────┴───────────────────────┴────────────────┘
/// ```
///
/// In front of `Opening` there is `Authorizing` if the driver is asked for credentials, and in front of `Handshake` there
/// is `Signing` if these have a key. A failure leads to the next server at once, and to `Waiting` only when each has had
/// its turn.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    status: Status,
    servers: Servers,
    login: Login,
    leaving: Option<Leaving>,
    info: Option<ServerInfo>,
    parser: Parser,
    out: Vec<u8>,
    /// Bytes that the driver has taken and its socket has not sent.
    unsent: usize,
    events: VecDeque<Event>,
    io: VecDeque<Io>,
    subscriptions: Ascending<Sid, Subscribed>,
    unanswered: Unanswered,
    last_sid: u64,
    /// Oldest first.
    pings: VecDeque<Ping>,
    last_ping: u64,
    probe: Option<Probe>,
    fates: Fates,
    /// How many messages were published since the last ping.
    unasked: u32,
    backlog: Backlog,
    now: Duration,
    last_heard: Duration,
    /// How many rounds through the servers have failed in a row.
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
            servers: Servers::new(&config.servers, config.shuffle_servers, seed),
            login: Login::new(config.credentials.clone()),
            leaving: None,
            info: None,
            parser: Parser::new(config.max_message),
            out: Vec::new(),
            unsent: 0,
            events: VecDeque::new(),
            io: VecDeque::new(),
            subscriptions: Ascending::new(),
            unanswered: Unanswered::default(),
            last_sid: 0,
            pings: VecDeque::new(),
            last_ping: 0,
            probe: None,
            fates: Fates::default(),
            unasked: 0,
            backlog: Backlog::default(),
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
        let was_open = self.is_open();
        // What arrived before the close was said before it: it may hold the cause.
        let mut events = std::mem::take(&mut self.events);
        while let Some(event) = self.poll_event() {
            events.push_back(event);
        }
        self.events = events;
        let cause = match (self.phase, self.last_words.take()) {
            (Phase::Waiting { .. } | Phase::Closed, _) => return,
            // It ended the connection, and another one is being made.
            _ if was_open && !self.is_open() => return,
            (Phase::Opening { .. }, _) => DisconnectCause::Unreachable,
            (_, Some(error)) => error.into(),
            (_, None) => DisconnectCause::ClosedByPeer {
                code,
                reason: reason.to_owned(),
            },
        };
        self.fail(cause, false);
    }

    /// The socket that was to be opened cannot even be tried.
    pub fn handle_refused(&mut self, now: Duration, reason: String) {
        self.now = now;
        if let Phase::Opening { .. } = self.phase {
            self.fail(DisconnectCause::Refused { reason }, false);
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
        let next = self
            .poll_event_with(|sid, message| ControlFlow::Break(Event::Message { sid, message }));
        match next {
            ControlFlow::Break(message) => Some(message),
            ControlFlow::Continue(event) => event,
        }
    }

    /// What to do with the socket. To be called until there is nothing, after [`transmit`](Self::transmit).
    pub fn poll_io(&mut self) -> Option<Io> {
        self.io.pop_front()
    }

    /// Hands out what is to be sent, a WebSocket message at a time.
    pub fn transmit(&mut self, mut send: impl FnMut(&[u8])) {
        self.send_backlog();
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

    // ---- What the application wants ---------------------------------------------------------------------------------

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

    /// How the connection is doing. [`Event::StatusChanged`] tells when it is another one.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The address of the server that is connected to, or dialled, or was last.
    pub fn url(&self) -> Option<&ServerUrl> {
        self.servers.current()
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

    /// What went through since the session began, across connections.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The bytes that wait to be sent, here and in the socket.
    pub fn unsent(&self) -> usize {
        self.out.len() + self.unsent
    }

    /// Whether the socket had not sent everything when that was told last.
    pub fn is_socket_behind(&self) -> bool {
        self.unsent > 0
    }

    /// Tells how many bytes the socket was given and has not sent.
    pub fn set_unsent(&mut self, bytes: usize) {
        self.unsent = bytes;
    }
}
