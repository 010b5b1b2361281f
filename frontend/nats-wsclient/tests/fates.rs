//! What a session says of what was published, against a server in memory that knows what it got.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use nats_wsclient::proto::{
    Event, Fate, HeaderMap, PublishError, PublishId, Rejection, Session, SessionConfig, Status,
};
use proptest::prelude::*;

/// A session, the network between, and a server.
struct World {
    session: Session,
    now: Duration,
    /// The socket is being opened.
    dialling: bool,
    max_payload: usize,
    /// What the session has sent and the server has not read.
    sent: Vec<u8>,
    /// What the server has said and the session has not read.
    said: Vec<u8>,
    /// The payloads that the server took.
    taken: Vec<String>,
    /// Which were published, by their payloads.
    published: Vec<(PublishId, String)>,
    /// What was said of them first.
    fates: HashMap<String, Fate>,
}

const LIMIT: usize = 200;

impl World {
    fn new(write_limit: usize) -> Self {
        let config = SessionConfig {
            write_limit,
            retry_on_initial_connect: true,
            ..SessionConfig::default()
        };
        let now = Duration::from_secs(1);
        Self {
            session: Session::new(config, now, 1),
            now,
            dialling: true,
            max_payload: 100,
            sent: Vec::new(),
            said: Vec::new(),
            taken: Vec::new(),
            published: Vec::new(),
            fates: HashMap::new(),
        }
    }

    fn connected() -> Self {
        let mut world = Self::new(LIMIT);
        world.connect();
        world
    }

    /// Lets the session connect, if it is not.
    fn connect(&mut self) {
        if self.session.status().is_connected() {
            return;
        }
        if !self.dialling {
            self.now = self
                .session
                .poll_timeout()
                .expect("a pause before the next attempt");
            self.session.handle_timeout(self.now);
        }
        self.dialling = false;
        while self.session.poll_io().is_some() {}
        self.session.handle_open(self.now);
        let info = format!(
            "INFO {{\"headers\":true,\"max_payload\":{}}}\r\n",
            self.max_payload
        );
        self.said.extend_from_slice(info.as_bytes());
        for _ in 0..2 {
            self.session_reads(usize::MAX);
            self.server_reads(usize::MAX);
        }
        self.session_reads(usize::MAX);
        assert_eq!(self.session.status(), &Status::Connected);
    }

    fn disconnect(&mut self) {
        self.session.handle_close(self.now, 1_006, "");
        self.dialling = false;
        self.sent.clear();
        self.said.clear();
        self.turn();
    }

    /// The end of what runs now.
    fn turn(&mut self) -> Vec<Event> {
        let events = std::iter::from_fn(|| self.session.poll_event()).collect();
        self.session
            .transmit(|bytes| self.sent.extend_from_slice(bytes));
        while self.session.poll_io().is_some() {}
        self.session.set_unsent(self.sent.len());
        self.look();
        events
    }

    fn session_reads(&mut self, bytes: usize) -> Vec<Event> {
        let bytes = bytes.min(self.said.len());
        let said: Vec<_> = self.said.drain(..bytes).collect();
        self.session.handle_input(self.now, &said);
        self.turn()
    }

    /// The server carries out up to so many operations, in order.
    fn server_reads(&mut self, operations: usize) {
        for _ in 0..operations {
            let Some(end) = self.sent.windows(2).position(|bytes| bytes == b"\r\n") else {
                break;
            };
            let line = String::from_utf8(self.sent[..end].to_vec()).expect("UTF-8");
            let mut end = end + 2;
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["PUB", subject, length] => {
                    let length: usize = length.parse().expect("a length");
                    let payload = self.sent[end..end + length].to_vec();
                    end += length + 2;
                    self.server_takes(subject, String::from_utf8(payload).expect("UTF-8"));
                }
                ["PING"] => self.said.extend_from_slice(b"PONG\r\n"),
                ["CONNECT", ..] => {}
                _ => panic!("{line}"),
            }
            self.sent.drain(..end);
        }
        self.session.set_unsent(self.sent.len());
    }

    /// `no.…` is not permitted, and neither is what the account maps `to.no` to.
    fn server_takes(&mut self, subject: &str, payload: String) {
        let mapped = if subject == "to.no" { "no.1" } else { subject };
        if mapped.starts_with("no.") {
            let error = format!("-ERR 'Permissions Violation for Publish to \"{mapped}\"'\r\n");
            self.said.extend_from_slice(error.as_bytes());
        } else {
            assert!(
                payload.len() <= self.max_payload,
                "the server would close the connection"
            );
            self.taken.push(payload);
        }
    }

    fn publish(&mut self, subject: &str, keep: bool) -> Result<String, PublishError> {
        let payload = format!("{:->20}", self.published.len());
        let (none, bytes) = (HeaderMap::new(), payload.as_bytes());
        let id = if keep {
            self.session.publish_or_keep(subject, None, &none, bytes)
        } else {
            self.session.publish(subject, None, &none, bytes)
        }?;
        self.published.push((id, payload.clone()));
        Ok(payload)
    }

    /// Compares what is said of each with what was said before, and with what the server took.
    fn look(&mut self) {
        let taken: HashSet<_> = self.taken.iter().collect();
        for (id, payload) in &self.published {
            let Some(fate) = self.session.fate(*id) else {
                assert!(
                    !self.fates.contains_key(payload),
                    "what is known stays known"
                );
                continue;
            };
            let first = *self.fates.entry(payload.clone()).or_insert(fate);
            assert_eq!(fate, first, "{payload} has one fate");
            let taken = taken.contains(payload);
            match fate {
                Fate::Sent => assert!(taken, "{payload} did not arrive"),
                Fate::Rejected(reason) => assert!(!taken, "{payload} arrived: {reason}"),
                Fate::Unknown => {}
            }
        }
    }

    fn fate(&self, payload: &str) -> Option<Fate> {
        self.fates.get(payload).copied()
    }
}

const DENIED: Option<Fate> = Some(Fate::Rejected(Rejection::NotPermitted));
const DROPPED: Option<Fate> = Some(Fate::Rejected(Rejection::Dropped));

#[test]
fn a_pong_confirms_what_was_sent_before_its_ping() {
    let mut world = World::connected();
    let first = world.publish("a", false).expect("room");
    let refused = world.publish("no.1", false).expect("room");
    world.session.confirm();
    let second = world.publish("a", false).expect("room");
    world.turn();
    world.server_reads(usize::MAX);
    let events = world.session_reads(usize::MAX);
    assert!(
        matches!(&events[1], Event::PublishDenied { subject, .. } if subject == "no.1"),
        "{events:?}"
    );
    assert_eq!(world.fate(&first), Some(Fate::Sent));
    assert_eq!(world.fate(&refused), DENIED);
    assert_eq!(world.fate(&second), None);
    world.disconnect();
    assert_eq!(world.fate(&second), Some(Fate::Unknown));
    assert!(
        world.taken.contains(&second),
        "it arrived, but nobody can know"
    );
}

#[test]
fn confirmation_is_asked_once_for_all_who_wait() {
    let mut world = World::connected();
    world.publish("a", false).expect("room");
    world.session.confirm();
    world.session.confirm();
    world.turn();
    assert_eq!(
        world
            .sent
            .windows(6)
            .filter(|bytes| bytes == b"PING\r\n")
            .count(),
        1
    );
    world.publish("a", false).expect("room");
    world.session.confirm();
    world.turn();
    assert_eq!(
        world
            .sent
            .windows(6)
            .filter(|bytes| bytes == b"PING\r\n")
            .count(),
        2
    );
}

#[test]
fn what_is_remembered_is_bounded_by_pings() {
    let mut world = World::new(usize::MAX);
    world.connect();
    let ids: Vec<_> = (0..5_000)
        .map(|_| {
            world
                .session
                .publish("a", None, &HeaderMap::new(), b"")
                .expect("room")
        })
        .collect();
    world.turn();
    world.server_reads(usize::MAX);
    world.session_reads(usize::MAX);
    assert_eq!(world.session.fate(ids[4_095]), Some(Fate::Sent));
    assert_eq!(world.session.fate(ids[4_096]), None);
}

#[test]
fn what_is_kept_is_sent_after_the_reconnect_and_the_oldest_makes_place() {
    let mut world = World::connected();
    world.disconnect();
    assert_eq!(world.publish("a", false), Err(PublishError::Disconnected));
    let kept: Vec<_> = (0..10)
        .map(|_| world.publish("a", true).expect("kept"))
        .collect();
    world.turn();
    let (dropped, kept) = kept.split_at(10 - LIMIT / "PUB a 20\r\n01234567890123456789\r\n".len());
    assert!(!kept.is_empty() && !dropped.is_empty());
    assert!(dropped.iter().all(|payload| world.fate(payload) == DROPPED));
    world.connect();
    world.server_reads(usize::MAX);
    world.session_reads(usize::MAX);
    assert_eq!(world.taken, kept);
    assert!(
        kept.iter()
            .all(|payload| world.fate(payload) == Some(Fate::Sent))
    );
}

#[test]
fn a_server_that_takes_less_rejects_what_was_kept_and_is_too_large() {
    let mut world = World::connected();
    world.disconnect();
    let large = world.publish("a", true).expect("kept");
    world.max_payload = 19;
    world.connect();
    let rejection = Rejection::TooLarge {
        size: 20,
        max_payload: 19,
    };
    assert_eq!(world.fate(&large), Some(Fate::Rejected(rejection)));
}

#[test]
fn a_closed_session_drops_what_was_kept() {
    let mut world = World::connected();
    world.disconnect();
    let kept = world.publish("a", true).expect("kept");
    world.session.close(world.now);
    world.turn();
    assert_eq!(world.fate(&kept), DROPPED);
    assert_eq!(world.publish("a", true), Err(PublishError::Closed));
}

#[test]
fn room_is_made_by_an_answer() {
    let mut world = World::connected();
    while world.publish("a", false).is_ok() {}
    world.turn();
    assert!(matches!(
        world.publish("a", false),
        Err(PublishError::Backpressure { .. })
    ));
    world.turn();
    assert!(world.sent.ends_with(b"PING\r\n"));
    let kept = world.publish("a", true).expect("kept");
    assert!(world.session.has_backlog());
    assert!(
        matches!(
            world.publish("a", false),
            Err(PublishError::Backpressure { .. })
        ),
        "what is kept comes first"
    );
    world.session.take_fate_news();
    world.server_reads(usize::MAX);
    world.session_reads(usize::MAX);
    assert!(world.session.take_fate_news() && !world.session.has_backlog());
    world.server_reads(usize::MAX);
    assert_eq!(world.taken.last(), Some(&kept));
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Publish { subject: &'static str, keep: bool },
    Confirm,
    Turn,
    ServerReads(usize),
    SessionReads(usize),
    Disconnect,
    Connect,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let subjects = prop::sample::select(vec!["a", "b.c", "no.1", "no.2", "to.no"]);
    let step = prop_oneof![
        8 => (subjects, any::<bool>()).prop_map(|(subject, keep)| Step::Publish { subject, keep }),
        2 => Just(Step::Confirm),
        3 => Just(Step::Turn),
        4 => (0..6_usize).prop_map(Step::ServerReads),
        4 => (0..90_usize).prop_map(Step::SessionReads),
        1 => Just(Step::Disconnect),
        2 => Just(Step::Connect),
    ];
    prop::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Nothing that did not arrive is said to be sent, nothing that arrived is said to be rejected, and each has one
    /// fate in the end.
    #[test]
    fn every_publish_has_one_fate_and_a_true_one(steps in steps(), write_limit in prop::sample::select(vec![60, LIMIT, 5_000])) {
        let mut world = World::new(write_limit);
        for step in steps {
            match step {
                Step::Publish { subject, keep } => {
                    let refused = world.publish(subject, keep).err();
                    let expected = matches!(refused, None | Some(PublishError::Disconnected | PublishError::Backpressure { .. }));
                    prop_assert!(expected, "{:?}", refused);
                }
                Step::Confirm => world.session.confirm(),
                Step::Turn => drop(world.turn()),
                Step::ServerReads(operations) => world.server_reads(operations),
                Step::SessionReads(bytes) => drop(world.session_reads(bytes)),
                Step::Disconnect => world.disconnect(),
                Step::Connect => {
                    // What is on its way is read before the handshake of a new connection.
                    if !world.session.status().is_connected() {
                        world.sent.clear();
                        world.said.clear();
                        world.connect();
                    }
                }
            }
            world.look();
        }
        world.connect();
        world.session.confirm();
        // Each answer makes room for more of what was kept.
        let mut rounds = 0;
        while world.fates.len() < world.published.len() {
            rounds += 1;
            prop_assert!(rounds <= world.published.len() + 1, "some have no fate");
            world.turn();
            world.server_reads(usize::MAX);
            world.session_reads(usize::MAX);
        }
    }
}
