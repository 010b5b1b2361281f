//! A parser and a session, driven by bytes that mean anything. The fuzz target and the test beside this file share it.
//!
//! The first byte says how many of the following ones are commands; the rest is what the server says, and arrives in
//! pieces between the commands.

use std::time::Duration;

use nats_wsclient::proto::{
    Event, HeaderMap, Io, Parser, ProtocolError, ServerOp, Session, SessionConfig, Status,
};

/// The largest message that is accepted.
const LIMIT: usize = 1_024;

/// Does what the bytes say. Panics when something does not hold that always must.
pub(crate) fn run(bytes: &[u8]) {
    let Some((&commands, rest)) = bytes.split_first() else {
        return;
    };
    let (commands, said) = rest.split_at(rest.len().min(usize::from(commands % 64)));
    assert_eq!(
        parse(said, |_| said.len()),
        parse(said, |count| piece(commands, count)),
        "wherever the network cuts it"
    );
    let mut driven = Driven::new();
    driven.follow(commands, said);
}

/// How many bytes the next piece has.
fn piece(commands: &[u8], count: usize) -> usize {
    let command = commands.get(count % commands.len().max(1));
    command.map_or(1, |&command| 1 + usize::from(command >> 3))
}

type Parsed = (Vec<ServerOp>, Option<ProtocolError>);

fn parse(mut said: &[u8], length: impl Fn(usize) -> usize) -> Parsed {
    let mut parser = Parser::new(LIMIT);
    let mut ops = Vec::new();
    for count in 0.. {
        if said.is_empty() {
            break;
        }
        let (piece, later) = said.split_at(length(count).clamp(1, said.len()));
        said = later;
        parser.push(piece);
        loop {
            match parser.next_op() {
                Ok(Some(op)) => ops.push(op),
                Ok(None) => break,
                Err(error) => return (ops, Some(error)),
            }
        }
    }
    (ops, None)
}

/// A session with a driver that believes nothing.
struct Driven {
    session: Session,
    now: Duration,
    socket: bool,
    is_connected: bool,
}

impl Driven {
    fn new() -> Self {
        let config = SessionConfig {
            retry_on_initial_connect: true,
            max_message: LIMIT,
            write_limit: 4 * LIMIT,
            ..SessionConfig::default()
        };
        let now = Duration::from_secs(1);
        let mut driven = Self {
            session: Session::new(config, now, 1),
            now,
            socket: false,
            is_connected: false,
        };
        driven.settle();
        driven
    }

    fn follow(&mut self, commands: &[u8], mut said: &[u8]) {
        for &command in commands {
            match command % 8 {
                0 => self.session.handle_wake(self.now),
                1 => self.session.force_reconnect(self.now),
                2 => self.timer(),
                3 if self.socket => {
                    self.socket = false;
                    self.session.handle_close(self.now, 1_006, "");
                }
                4 => drop(self.session.subscribe("a", None)),
                5 => {
                    // Whether it can be sent is up to the connection.
                    let _ = self
                        .session
                        .publish("a", Some("r"), &HeaderMap::new(), b"x");
                    let _ = self.session.ping();
                }
                6 => self.connect(),
                7 if self.socket => self.session.handle_open(self.now),
                _ => {}
            }
            self.settle();
            let length = said.len().min(usize::from(command >> 3));
            self.receive(&said[..length]);
            said = &said[length..];
        }
        self.receive(said);
        self.timer();
        self.settle();
    }

    /// Does the server's part, as far as the session is ready for it.
    fn connect(&mut self) {
        if self.socket && !self.is_connected {
            self.session.handle_open(self.now);
            self.receive(b"INFO {}\r\n");
            self.receive(b"PONG\r\nPONG\r\n");
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        if self.socket {
            self.session.handle_input(self.now, bytes);
            self.settle();
        }
    }

    fn timer(&mut self) {
        if let Some(at) = self.session.poll_timeout() {
            self.now = self.now.max(at);
            self.session.handle_timeout(self.now);
        }
    }

    fn settle(&mut self) {
        loop {
            while let Some(event) = self.session.poll_event() {
                match event {
                    Event::Connected => {
                        assert!(!std::mem::replace(&mut self.is_connected, true));
                    }
                    Event::Disconnected(_) => {
                        assert!(std::mem::replace(&mut self.is_connected, false));
                    }
                    Event::Message { .. } => assert!(self.is_connected),
                    _ => {}
                }
            }
            let socket = self.socket;
            self.session.transmit(|bytes| {
                assert!(socket && !bytes.is_empty());
            });
            match self.session.poll_io() {
                Some(Io::Close) => assert!(std::mem::replace(&mut self.socket, false)),
                Some(_) => assert!(!std::mem::replace(&mut self.socket, true)),
                None => break,
            }
        }
        let status = self.session.status();
        assert_eq!(matches!(status, Status::Connected), self.is_connected);
        assert!(self.session.poll_timeout().is_some(), "it never gives up");
        assert_eq!(self.session.unsent(), 0);
    }
}
