//! The ordered consumer as a state machine: messages and time in, events and requests out.

mod deliver;
mod make;

use std::collections::VecDeque;
use std::time::Duration;

use super::lineage::Lineage;
use super::{OrderedConfig, OrderedError, OrderedEvent};
use crate::SyncState;
use crate::client::{Engine, Outgoing, ReplyTo};
use crate::proto::{Message, PublishError, StatusCode};

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// The generation of the first consumer.
const FIRST: u64 = 1;

/// Where the machine finds what it needs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Of JetStream's API, without a final dot.
    pub(crate) api_prefix: String,
    pub(crate) stream: String,
    /// A subject that nobody else has. The consumers deliver to `<inbox>.<generation>`.
    pub(crate) inbox: String,
    /// The consumers are called `<name>_<generation>`.
    pub(crate) name: String,
}

/// An ordered consumer. See the [module](super).
///
/// Its driver subscribes to [`subject`](Self::subject) before it says that there is a connection, and then to what
/// [`poll_subject`](Engine::poll_subject) tells.
#[derive(Debug)]
pub(crate) struct OrderedMachine {
    place: Place,
    config: OrderedConfig,
    work: Work,
    lineage: Lineage,
    /// Counts the consumers on the server. The newest one is listened to.
    generation: u64,
    /// Its name.
    newest: String,
    /// What the newest one has delivered.
    last: Sequences,
    /// The newest one has delivered everything that there is.
    caught_up: bool,
    /// It is not known yet whether the newest one's stream is the one of what was delivered, so this has to wait.
    unproven: Option<VecDeque<Item>>,
    ready: VecDeque<Item>,
    outgoing: VecDeque<Outgoing>,
    /// Where the newest one delivers to, if that is not subscribed to yet.
    moved: Option<String>,
    last_id: u64,
    /// The server may be asked about the stream.
    may_ask: bool,
    /// The server may be told that there is room for more.
    may_control_flow: bool,
    state: SyncState,
    ever_live: bool,
    /// Failures in a row.
    failures: u32,
    /// The error that the reader knows of.
    told: Option<OrderedError>,
}

/// What waits for the reader.
#[derive(Debug)]
enum Item {
    Event(Result<OrderedEvent, OrderedError>),
    /// The server asks, on this subject, whether the reader has come this far.
    FlowControl(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// There is no connection.
    Offline,
    /// A consumer is being made, and may deliver already.
    Making {
        id: u64,
        deadline: Duration,
    },
    /// The consumer delivers.
    Listening {
        heard: Duration,
        proof: Proof,
    },
    Retrying {
        at: Duration,
    },
    /// Given up, or nobody reads.
    Ended,
}

/// Whether the stream is known to be that of everything that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// It is, or nothing was delivered.
    Given,
    Asked {
        id: u64,
        deadline: Duration,
    },
}

/// The last message of a consumer.
#[derive(Debug, Clone, Copy, Default)]
struct Sequences {
    consumer: u64,
    stream: u64,
}

impl OrderedMachine {
    /// A consumer that waits for a connection.
    pub(crate) fn new(place: Place, config: OrderedConfig) -> Self {
        Self {
            lineage: Lineage::new(config.deliver_policy),
            place,
            config,
            work: Work::Offline,
            generation: 0,
            newest: String::new(),
            last: Sequences::default(),
            caught_up: false,
            unproven: None,
            ready: VecDeque::new(),
            outgoing: VecDeque::new(),
            moved: None,
            last_id: 0,
            may_ask: true,
            may_control_flow: true,
            state: SyncState::Syncing,
            ever_live: false,
            failures: 0,
            told: None,
        }
    }

    /// The subject to subscribe to at first.
    pub(crate) fn subject(&self) -> String {
        self.deliver_subject(FIRST)
    }

    /// The next thing for the reader.
    pub(crate) fn poll_event(&mut self) -> Option<Result<OrderedEvent, OrderedError>> {
        loop {
            match self.ready.pop_front()? {
                Item::Event(event) => return Some(event),
                Item::FlowControl(subject) => {
                    self.send(subject, ReplyTo::Nobody, String::new());
                }
            }
        }
    }

    /// What is delivered has the subject that it was published to; its reply names the consumer.
    fn is_of_newest(&self, message: &Message) -> bool {
        match &message.reply {
            Some(reply) => reply.split('.').any(|token| token == self.newest),
            None => *message.subject == *self.deliver_subject(self.generation),
        }
    }

    fn set_state(&mut self, state: SyncState) {
        if self.state != state {
            self.state = state;
            self.tell(Ok(OrderedEvent::State(state)));
        }
    }

    /// Tells an error, unless it is the one that was told last.
    fn report(&mut self, error: OrderedError) {
        if self.told.as_ref() != Some(&error) {
            self.told = Some(error.clone());
            self.tell(Err(error));
        }
    }

    fn tell(&mut self, event: Result<OrderedEvent, OrderedError>) {
        self.ready.push_back(Item::Event(event));
    }

    fn send(&mut self, subject: String, reply: ReplyTo, payload: String) -> u64 {
        self.last_id += 1;
        self.outgoing.push_back(Outgoing {
            id: self.last_id,
            subject,
            reply,
            payload: payload.into_bytes(),
        });
        self.last_id
    }
}

impl Engine for OrderedMachine {
    fn handle_connected(&mut self, now: Duration) {
        if self.work == Work::Offline {
            self.make(now);
        }
    }

    fn handle_disconnected(&mut self, since: Duration) {
        if self.work == Work::Ended {
            return;
        }
        self.work = Work::Offline;
        self.unproven = None;
        self.outgoing.clear();
        // The server has forgotten what it asked.
        self.ready.retain(|item| matches!(item, Item::Event(_)));
        if self.ever_live {
            self.set_state(SyncState::Stale { since });
        }
    }

    fn handle_message(&mut self, now: Duration, message: Message) {
        if !self.is_of_newest(&message) {
            // It was on its way from a consumer of before.
            return;
        }
        let is_control = message.status() == Some(StatusCode::CONTROL);
        match &mut self.work {
            Work::Listening { heard, .. } => *heard = now,
            Work::Making { .. } => {}
            Work::Offline | Work::Retrying { .. } | Work::Ended => return,
        }
        match (message.status(), &message.reply) {
            (Some(_), Some(reply)) if is_control => {
                let asked = Item::FlowControl(reply.to_string());
                self.waiting().push_back(asked);
            }
            (Some(_), _) if is_control => self.handle_heartbeat(now, &message),
            // The consumer is gone, or its server is about to be.
            (Some(_), _) => self.make_anew(now),
            (None, _) => self.handle_delivery(now, message),
        }
    }

    fn handle_reply(&mut self, now: Duration, id: u64, message: Message) {
        match self.work {
            Work::Making { id: asked, .. } if asked == id => self.handle_made(now, &message),
            Work::Listening {
                heard,
                proof: Proof::Asked { id: asked, .. },
            } if asked == id => self.handle_stream(now, heard, &message),
            _ => {}
        }
    }

    fn handle_denied(&mut self, subject: &str) {
        self.report(OrderedError::Denied {
            subject: subject.to_owned(),
        });
        self.work = Work::Ended;
        self.outgoing.clear();
    }

    fn handle_publish_denied(&mut self, subject: &str) {
        if subject.starts_with(&self.make_subject()) {
            self.handle_denied(subject);
        } else if subject == self.stream_subject() {
            self.may_ask = false;
            self.trust();
        } else if self.is_flow_control(subject) {
            // A slow reader costs more memory from now on.
            self.may_control_flow = false;
            self.work = Work::Retrying { at: Duration::ZERO };
        }
    }

    /// What is not sent is not answered: the machine notices that, and asks again.
    fn handle_unsent(&mut self, _: Duration, _: u64, _: &PublishError) {}

    fn handle_timeout(&mut self, now: Duration) {
        let Some(due) = self.poll_timeout().filter(|&due| due <= now) else {
            return;
        };
        match self.work {
            Work::Retrying { .. } => self.make(now),
            _ if now - due > LATE => self.make(now),
            Work::Making { .. } => self.fail(now, self.no_answer()),
            Work::Listening {
                proof: Proof::Asked { deadline, .. },
                ..
            } if deadline <= now => self.fail(now, self.no_answer()),
            Work::Listening { .. } => self.make_anew(now),
            Work::Offline | Work::Ended => {}
        }
    }

    /// The server would keep the consumer for a while.
    fn handle_dropped(&mut self) {
        if !matches!(self.work, Work::Offline | Work::Ended) {
            self.delete_newest();
        }
        self.work = Work::Ended;
    }

    fn poll_timeout(&self) -> Option<Duration> {
        match self.work {
            Work::Making { deadline, .. } => Some(deadline),
            Work::Listening { heard, proof } => {
                let silent = heard.saturating_add(self.config.heartbeat.saturating_mul(2));
                Some(match proof {
                    Proof::Asked { deadline, .. } => deadline.min(silent),
                    Proof::Given => silent,
                })
            }
            Work::Retrying { at } => Some(at),
            Work::Offline | Work::Ended => None,
        }
    }

    /// A consumer of before may go on for a while, and is not heard.
    fn poll_subject(&mut self) -> Option<String> {
        self.moved.take()
    }

    fn poll_outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    fn has_news(&self) -> bool {
        !self.ready.is_empty()
    }

    fn is_ended(&self) -> bool {
        self.work == Work::Ended
    }
}
