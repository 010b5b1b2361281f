//! Which subscriptions a session believes to have, against a server in memory that has few places.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nats_wsclient::proto::{Event, Session, SessionConfig, Sid};
use proptest::prelude::*;

const NOW: Duration = Duration::from_secs(1);

/// How many subscriptions the server allows.
const PLACES: usize = 3;

const DENIED: &str = "no";

/// A session, the network between, and a server.
struct World {
    session: Session,
    connected: bool,
    sent: Vec<u8>,
    said: Vec<u8>,
    /// What the server has.
    server: BTreeMap<u64, Subscribed>,
    /// What the session should have, by the numbers that the server knows: in the order of subscribing.
    believed: BTreeMap<u64, Sid>,
    last: u64,
}

struct Subscribed {
    subject: String,
    delivered: u64,
    max: Option<u64>,
}

impl World {
    fn new() -> Self {
        let config = SessionConfig {
            retry_on_initial_connect: true,
            ..SessionConfig::default()
        };
        let mut world = Self {
            session: Session::new(config, NOW, 1),
            connected: false,
            sent: Vec::new(),
            said: Vec::new(),
            server: BTreeMap::new(),
            believed: BTreeMap::new(),
            last: 0,
        };
        world.connect();
        world
    }

    /// Makes a new connection in place of the one that there may be. Nothing that is on its way arrives.
    fn connect(&mut self) {
        self.session.force_reconnect(NOW);
        self.sent.clear();
        self.server.clear();
        self.connected = false;
        self.turn();
        self.session.handle_open(NOW);
        self.said = b"INFO {\"headers\":true}\r\n".to_vec();
        while !self.connected {
            self.session_reads(usize::MAX);
            self.server_reads(usize::MAX);
        }
    }

    fn turn(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Connected => self.connected = true,
                Event::SubscriptionDenied { sid, .. }
                | Event::TooManySubscriptions { sid, .. }
                | Event::SubscriptionEnded(sid) => self.believed.retain(|_, other| *other != sid),
                _ => {}
            }
        }
        self.session
            .transmit(|bytes| self.sent.extend_from_slice(bytes));
        while self.session.poll_io().is_some() {}
    }

    fn session_reads(&mut self, bytes: usize) {
        let bytes = bytes.min(self.said.len());
        let said: Vec<_> = self.said.drain(..bytes).collect();
        self.session.handle_input(NOW, &said);
        self.turn();
    }

    fn say(&mut self, text: &str) {
        self.said.extend_from_slice(text.as_bytes());
    }

    fn server_reads(&mut self, operations: usize) {
        for _ in 0..operations {
            let Some(end) = self.sent.windows(2).position(|bytes| bytes == b"\r\n") else {
                break;
            };
            let line: Vec<_> = self.sent.drain(..end + 2).collect();
            let line = String::from_utf8(line).expect("UTF-8");
            let words: Vec<_> = line.split_whitespace().collect();
            let number = |text: &str| text.parse::<u64>().expect("a number");
            match words[..] {
                ["SUB", DENIED, _] => {
                    self.say("-ERR 'Permissions Violation for Subscription to \"no\"'\r\n");
                }
                ["SUB", ..] if self.server.len() >= PLACES => {
                    self.say("-ERR 'maximum subscriptions exceeded'\r\n");
                }
                ["SUB", subject, sid] => {
                    let subscribed = Subscribed {
                        subject: subject.to_owned(),
                        delivered: 0,
                        max: None,
                    };
                    self.server.insert(number(sid), subscribed);
                }
                ["UNSUB", sid] => drop(self.server.remove(&number(sid))),
                ["UNSUB", sid, max] => {
                    if let Some(subscribed) = self.server.get_mut(&number(sid)) {
                        subscribed.max = Some(number(max));
                        self.end_full();
                    }
                }
                ["PING"] => self.say("PONG\r\n"),
                ["CONNECT", ..] => {}
                _ => panic!("{line}"),
            }
        }
    }

    /// Somebody else publishes.
    fn server_delivers(&mut self, subject: &str) {
        let mut said = String::new();
        for (sid, subscribed) in &mut self.server {
            if subscribed.subject == subject {
                subscribed.delivered += 1;
                said += &format!("MSG {subject} {sid} 1\r\nx\r\n");
            }
        }
        self.say(&said);
        self.end_full();
    }

    fn end_full(&mut self) {
        self.server
            .retain(|_, one| one.max.is_none_or(|max| one.delivered < max));
    }

    fn subscribe(&mut self, subject: &str) {
        let sid = self.session.subscribe(subject, None).expect("a subject");
        self.last += 1;
        self.believed.insert(self.last, sid);
    }

    /// One of the subscriptions that the session has.
    fn pick(&self, index: usize) -> Option<(u64, Sid)> {
        let (number, sid) = self
            .believed
            .iter()
            .nth(index % self.believed.len().max(1))?;
        Some((*number, *sid))
    }
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Subscribe(&'static str),
    Unsubscribe(usize),
    UnsubscribeAfter(usize, u64),
    Drain(usize),
    Ping,
    Turn,
    ServerReads(usize),
    ServerDelivers(&'static str),
    SessionReads(usize),
    Connect,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let subject = prop::sample::select(vec!["a", "b", "c", DENIED]);
    let step = prop_oneof![
        6 => subject.clone().prop_map(Step::Subscribe),
        3 => (0..8_usize).prop_map(Step::Unsubscribe),
        2 => (0..8_usize, 0..4_u64).prop_map(|(index, max)| Step::UnsubscribeAfter(index, max)),
        1 => (0..8_usize).prop_map(Step::Drain),
        1 => Just(Step::Ping),
        4 => Just(Step::Turn),
        5 => (0..6_usize).prop_map(Step::ServerReads),
        4 => subject.prop_map(Step::ServerDelivers),
        5 => (0..90_usize).prop_map(Step::SessionReads),
        1 => Just(Step::Connect),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// However subscriptions begin and end: once everything was said, client and server agree which there are.
    #[test]
    fn client_and_server_agree(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Subscribe(subject) => world.subscribe(subject),
                Step::Unsubscribe(index) => {
                    if let Some((number, sid)) = world.pick(index) {
                        world.session.unsubscribe(sid);
                        world.believed.remove(&number);
                    }
                }
                Step::UnsubscribeAfter(index, max) => {
                    if let Some((_, sid)) = world.pick(index) {
                        world.session.unsubscribe_after(sid, max);
                    }
                }
                Step::Drain(index) => {
                    if let Some((_, sid)) = world.pick(index) {
                        world.session.drain(sid);
                    }
                }
                Step::Ping => drop(world.session.ping()),
                Step::Turn => world.turn(),
                Step::ServerReads(operations) => world.server_reads(operations),
                Step::ServerDelivers(subject) => world.server_delivers(subject),
                Step::SessionReads(bytes) => world.session_reads(bytes),
                Step::Connect => world.connect(),
            }
        }
        for _ in 0..3 {
            world.turn();
            world.server_reads(usize::MAX);
            world.session_reads(usize::MAX);
        }
        let believed: BTreeSet<_> = world.believed.keys().copied().collect();
        let had: BTreeSet<_> = world.server.keys().copied().collect();
        prop_assert_eq!(believed, had);
    }
}
