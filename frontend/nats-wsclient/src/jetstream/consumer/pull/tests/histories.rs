//! Whatever happens: no message stays unread, and few wait for the reader.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::super::Pull;
use super::super::machine::{Mode, PullMachine};
use super::{machine, message, overhead, status};
use crate::proto::Message;

const MOST: usize = 8;

#[derive(Debug, Clone)]
enum Step {
    /// Messages are stored, with payloads of these sizes.
    Store(Vec<usize>),
    /// So many messages reach the client.
    Arrive(usize),
    /// The reader takes and acknowledges so many.
    Read(usize),
    /// So many milliseconds pass.
    Pass(u64),
    Cut,
    Connect,
    /// The consumer drops its requests, and says so.
    Move,
    /// It does not.
    Forget,
}

/// A consumer, the way to the client and back, and the client.
struct World {
    machine: PullMachine,
    now: Duration,
    connected: bool,
    stored: Vec<usize>,
    /// How many were delivered for the first time.
    delivered: usize,
    /// To be delivered again.
    again: VecDeque<u64>,
    requests: VecDeque<Request>,
    to_client: VecDeque<Message>,
    acknowledged: BTreeSet<u64>,
    /// How often the machine may have thought the consumer silent.
    times: usize,
}

struct Request {
    id: u64,
    messages: u64,
    /// `None`: any number.
    bytes: Option<usize>,
    expires: Duration,
    next_heartbeat: Duration,
}

const EXPIRES: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(2);

impl World {
    fn new(max_bytes: usize) -> Self {
        let pull = Pull::new()
            .max_messages(MOST)
            .max_bytes(max_bytes)
            .expires(EXPIRES)
            .heartbeat(HEARTBEAT);
        Self {
            machine: machine(Mode::Continuous, pull),
            now: Duration::from_secs(1_000),
            connected: false,
            stored: Vec::new(),
            delivered: 0,
            again: VecDeque::new(),
            requests: VecDeque::new(),
            to_client: VecDeque::new(),
            acknowledged: BTreeSet::new(),
            times: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Store(sizes) => self.stored.extend(sizes),
            Step::Arrive(count) => {
                for message in self.to_client.drain(..(*count).min(self.to_client.len())) {
                    self.machine.handle_message(self.now, message);
                }
            }
            Step::Read(count) => self.read(*count),
            Step::Pass(millis) => {
                self.now += Duration::from_millis(*millis);
            }
            Step::Cut => self.cut(),
            Step::Connect if self.connected => {}
            Step::Connect => {
                self.connected = true;
                self.machine.handle_connected(self.now);
            }
            Step::Move => {
                for request in self.requests.drain(..) {
                    let answer = status(request.id, "409 Leadership Change");
                    self.to_client.push_back(answer);
                }
            }
            Step::Forget => self.requests.clear(),
        }
        let is_due = self
            .machine
            .poll_timeout()
            .is_some_and(|due| due <= self.now);
        self.times += usize::from(is_due);
        if is_due || self.machine.wants_more() {
            self.machine.handle_timeout(self.now);
        }
        if let Some(request) = self.machine.poll_request() {
            assert!(self.connected);
            self.take(request.id, &request.body);
        }
        self.serve();
        self.check();
    }

    fn read(&mut self, count: usize) {
        for _ in 0..count {
            match self.machine.poll_item() {
                Some(Ok((_, info))) => {
                    self.acknowledged.insert(info.stream_sequence);
                }
                Some(Err(error)) => assert!(!error.is_final(), "{error}"),
                None => return,
            }
        }
    }

    /// What was on its way, or waits for the reader, is delivered again.
    fn cut(&mut self) {
        if std::mem::take(&mut self.connected) {
            self.to_client.clear();
            self.requests.clear();
            let unread = 1..=self.delivered as u64;
            self.again = unread
                .filter(|sequence| !self.acknowledged.contains(sequence))
                .collect();
            self.machine.handle_disconnected();
        }
    }

    fn take(&mut self, id: u64, body: &str) {
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let messages = body["batch"].as_u64().expect("a number");
        let bytes = body["max_bytes"].as_u64().map(|bytes| bytes as usize);
        self.requests.push_back(Request {
            id,
            messages,
            bytes,
            expires: self.now + EXPIRES,
            next_heartbeat: self.now + HEARTBEAT,
        });
    }

    fn serve(&mut self) {
        while !self.requests.is_empty()
            && let Some(sequence) = self.next_sequence()
        {
            self.again.pop_front();
            self.deliver(sequence);
        }
        for request in &mut self.requests {
            while request.next_heartbeat <= self.now.min(request.expires) {
                request.next_heartbeat += HEARTBEAT;
                let answer = status(request.id, "100 Idle Heartbeat");
                self.to_client.push_back(answer);
            }
        }
        self.requests.retain(|request| {
            let goes_on = request.expires > self.now;
            if !goes_on {
                let answer = status(request.id, "408 Request Timeout");
                self.to_client.push_back(answer);
            }
            goes_on
        });
    }

    fn next_sequence(&self) -> Option<u64> {
        let first = (self.delivered < self.stored.len()).then_some(self.delivered as u64 + 1);
        self.again.front().copied().or(first)
    }

    fn deliver(&mut self, sequence: u64) {
        let payload = self.stored[sequence as usize - 1];
        let size = payload + overhead(sequence);
        let request = self.requests.front_mut().expect("a request");
        self.delivered = self.delivered.max(sequence as usize);
        if request.bytes.is_some_and(|bytes| size > bytes) {
            let answer = status(request.id, "409 Message Size Exceeds MaxBytes");
            self.to_client.push_back(answer);
            self.requests.pop_front();
            self.again.push_front(sequence);
            return;
        }
        request.messages -= 1;
        if let Some(bytes) = &mut request.bytes {
            *bytes -= size;
            if *bytes == 0 {
                request.messages = 0;
            }
        }
        request.next_heartbeat = self.now + HEARTBEAT;
        self.to_client.push_back(message(sequence, payload));
        if request.messages == 0 {
            if request.bytes.is_some_and(|bytes| bytes > 0) {
                let answer = status(request.id, "409 Batch Completed");
                self.to_client.push_back(answer);
            }
            self.requests.pop_front();
        }
    }

    /// A consumer that only seemed to be silent works on the request before, too.
    fn check(&self) {
        let waiting = self.machine.unread();
        assert!(waiting <= MOST * (self.times + 1) + 1, "{waiting} wait");
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec(0..60_usize, 1..6).prop_map(Step::Store),
        6 => (1..20_usize).prop_map(Step::Arrive),
        6 => (1..10_usize).prop_map(Step::Read),
        4 => (1..3_000_u64).prop_map(Step::Pass),
        1 => Just(Step::Cut),
        2 => Just(Step::Connect),
        1 => Just(Step::Move),
        1 => Just(Step::Forget),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn everything_is_read(steps in steps(), bounded in any::<bool>()) {
        let mut world = World::new(if bounded { 300 } else { 0 });
        for step in &steps {
            world.step(step);
        }
        world.step(&Step::Connect);
        let total = world.stored.len();
        for _ in 0..100 {
            for step in [Step::Arrive(1_000), Step::Read(1_000), Step::Pass(500)] {
                world.step(&step);
            }
        }
        prop_assert_eq!(world.acknowledged.len(), total);
    }
}
