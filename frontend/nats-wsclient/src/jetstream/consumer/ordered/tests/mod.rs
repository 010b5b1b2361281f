//! The machine with a server in memory.

mod histories;
mod scenarios;
mod server;

use std::collections::VecDeque;
use std::time::Duration;

use self::server::Server;
use super::machine::{OrderedMachine, Place};
use super::{OrderedConfig, OrderedError, OrderedEvent};
use crate::SyncState;
use crate::client::{Engine, Outgoing};
use crate::proto::{HeaderMap, Message, Subject};

/// Something on its way to the client.
#[derive(Debug, Clone)]
enum Arrival {
    /// On this subject.
    Message(String, Message),
    /// The answer to the request with this number.
    Reply(u64, Message),
}

/// A server, the way to it and back, the machine, and its reader.
struct World {
    now: Duration,
    server: Server,
    machine: OrderedMachine,
    connected: bool,
    /// The client may not publish to what begins so; empty: it may do everything.
    denied: &'static str,
    /// What the client listens to.
    subscription: String,
    to_server: VecDeque<Outgoing>,
    to_client: VecDeque<Arrival>,
    /// What the reader has of the stream's current life.
    read: Vec<u64>,
    /// Which life that is.
    life: Option<u64>,
    state: SyncState,
    resets: usize,
    errors: Vec<OrderedError>,
}

impl World {
    fn new(config: OrderedConfig) -> Self {
        let place = Place {
            api_prefix: "$JS.API".to_owned(),
            stream: "s".to_owned(),
            inbox: "_INBOX.o".to_owned(),
            name: "name".to_owned(),
        };
        let now = Duration::from_secs(1_000);
        let machine = OrderedMachine::new(place, config);
        Self {
            now,
            server: Server::new(now),
            subscription: machine.subject(),
            machine,
            connected: false,
            denied: "",
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            read: Vec::new(),
            life: None,
            state: SyncState::Syncing,
            resets: 0,
            errors: Vec::new(),
        }
    }

    /// One that has read everything of a stream with so many messages.
    fn live(messages: usize) -> Self {
        let mut world = Self::new(OrderedConfig::new());
        world.server.store(world.now, messages);
        world.connect();
        world.settle();
        world.check_all();
        world
    }

    fn connect(&mut self) {
        if !std::mem::replace(&mut self.connected, true) {
            self.machine.handle_connected(self.now);
        }
    }

    /// Whatever is on its way is lost.
    fn cut(&mut self) {
        if std::mem::take(&mut self.connected) {
            self.to_server.clear();
            self.to_client.clear();
            self.machine.handle_disconnected(self.now);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// So many messages reach the client.
    fn arrive(&mut self, count: usize) {
        for arrival in self.to_client.drain(..count.min(self.to_client.len())) {
            match arrival {
                Arrival::Message(to, message) if to == self.subscription => {
                    self.machine.handle_message(self.now, message);
                }
                Arrival::Message(..) => {}
                Arrival::Reply(id, message) => self.machine.handle_reply(self.now, id, message),
            }
        }
    }

    /// Does what the client's core does after each of the above, and what the server does.
    fn work(&mut self) {
        let is_due = self
            .machine
            .poll_timeout()
            .is_some_and(|due| due <= self.now);
        if is_due {
            self.machine.handle_timeout(self.now);
        }
        if let Some(subject) = self.machine.poll_subject() {
            self.subscription = subject;
        }
        while let Some(sent) = self.machine.poll_outgoing() {
            if !self.denied.is_empty() && sent.subject.starts_with(self.denied) {
                self.machine.handle_publish_denied(&sent.subject);
            } else if self.connected {
                self.to_server.push_back(sent);
            }
        }
        if self.connected {
            while let Some(sent) = self.to_server.pop_front() {
                self.server.handle(self.now, &sent);
                self.server.work(self.now, Some(&self.subscription));
            }
            self.server.work(self.now, Some(&self.subscription));
            self.to_client.extend(self.server.arrivals.drain(..));
        }
        self.server.arrivals.clear();
    }

    /// The reader takes up to so many events.
    fn read(&mut self, count: usize) {
        for _ in 0..count {
            match self.machine.poll_event() {
                Some(Ok(OrderedEvent::Message(delivered))) => {
                    let payload = std::str::from_utf8(&delivered.message.payload);
                    let (life, sequence) = payload.expect("UTF-8").split_once(' ').expect("two");
                    let life = life.parse().expect("a number");
                    assert_eq!(*self.life.get_or_insert(life), life, "of two streams");
                    assert_eq!(sequence, delivered.sequence.to_string());
                    let last = self.read.last().copied().unwrap_or(0);
                    assert!(delivered.sequence > last, "{sequence} after {last}");
                    self.read.push(delivered.sequence);
                }
                Some(Ok(OrderedEvent::State(state))) => self.state = state,
                Some(Ok(OrderedEvent::Reset)) => {
                    self.read.clear();
                    self.life = None;
                    self.resets += 1;
                }
                Some(Err(error)) => self.errors.push(error),
                None => return,
            }
        }
    }

    /// Lets everything happen that follows from what happened, without a loss.
    fn settle(&mut self) {
        for _ in 0..60 {
            for _ in 0..4 {
                self.work();
                self.arrive(usize::MAX);
                self.read(usize::MAX);
            }
            self.pass(Duration::from_millis(500));
        }
    }

    /// The reader has everything, knows it, and one consumer serves it.
    #[track_caller]
    fn check_all(&self) {
        assert_eq!(self.state, SyncState::Live, "{:?}", self.machine);
        let stored = self.server.sequences();
        let has = |sequence: &u64| self.read.binary_search(sequence).is_ok();
        let missing: Vec<_> = stored.iter().filter(|sequence| !has(sequence)).collect();
        assert!(missing.is_empty(), "{missing:?} of {stored:?}");
        assert!(self.life.is_none_or(|life| life == self.server.lives));
        assert_eq!(self.server.consumers.len(), 1);
    }
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).expect("a subject")
}

fn message(to: &str, reply: Option<&str>, headers: &str, payload: &str) -> Message {
    let headers = match headers {
        "" => HeaderMap::new(),
        text => HeaderMap::parse(text.to_owned().into()).expect("headers"),
    };
    Message {
        subject: subject(to),
        reply: reply.map(subject),
        headers,
        payload: payload.to_owned().into(),
    }
}
