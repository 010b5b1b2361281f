//! A stream in memory, and its consumers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Arrival, message};
use crate::Timestamp;
use crate::client::{Outgoing, ReplyTo};

/// After so many messages the server asks whether the reader has come as far, and after as many more it waits.
const WINDOW: u64 = 4;

/// How long a consumer is kept that nobody listens to.
const INACTIVE_THRESHOLD: Duration = Duration::from_secs(30);

pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// The server.
pub(super) struct Server {
    stream: Option<Stream>,
    /// How often the stream was made.
    pub(super) lives: u64,
    pub(super) consumers: BTreeMap<String, Consumer>,
    questions: u64,
    /// On its way to the client.
    pub(super) arrivals: Vec<Arrival>,
}

struct Stream {
    created: Duration,
    /// What is in it, and when it was stored.
    messages: BTreeMap<u64, Duration>,
    last: u64,
}

pub(super) struct Consumer {
    deliver_subject: String,
    flow_control: bool,
    /// The next sequence of the stream.
    next: u64,
    delivered: u64,
    last_stream: u64,
    question: Option<String>,
    /// Since the last answer.
    unanswered: u64,
    next_heartbeat: Duration,
    /// When somebody was last subscribed to what it delivers.
    heard: Duration,
}

impl Server {
    pub(super) fn new(now: Duration) -> Self {
        let mut server = Self {
            stream: None,
            lives: 0,
            consumers: BTreeMap::new(),
            questions: 0,
            arrivals: Vec::new(),
        };
        server.make_stream(now);
        server
    }

    /// Makes the stream anew, with nothing in it.
    pub(super) fn make_stream(&mut self, now: Duration) {
        self.delete_stream();
        self.lives += 1;
        self.stream = Some(Stream {
            created: now,
            messages: BTreeMap::new(),
            last: 0,
        });
    }

    pub(super) fn delete_stream(&mut self) {
        self.delete_consumers();
        self.stream = None;
    }

    /// Somebody deletes them, and the server says so.
    pub(super) fn delete_consumers(&mut self) {
        for consumer in self.consumers.values() {
            let status = "NATS/1.0 409 Consumer Deleted\r\n\r\n";
            let gone = message(&consumer.deliver_subject, None, status, "");
            self.arrivals
                .push(Arrival::Message(consumer.deliver_subject.clone(), gone));
        }
        self.forget_consumers();
    }

    /// It restarts, and what was in memory is gone.
    pub(super) fn forget_consumers(&mut self) {
        self.consumers.clear();
    }

    pub(super) fn store(&mut self, now: Duration, count: usize) {
        if let Some(stream) = &mut self.stream {
            for _ in 0..count {
                stream.last += 1;
                stream.messages.insert(stream.last, now);
            }
        }
    }

    /// Removes the oldest message.
    pub(super) fn remove_first(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.messages.pop_first();
        }
    }

    pub(super) fn is_without_stream(&self) -> bool {
        self.stream.is_none()
    }

    /// What is in the stream.
    pub(super) fn sequences(&self) -> Vec<u64> {
        let stream = self.stream.iter();
        stream
            .flat_map(|stream| stream.messages.keys().copied())
            .collect()
    }

    /// The client has sent this.
    pub(super) fn handle(&mut self, now: Duration, sent: &Outgoing) {
        let tokens: Vec<&str> = sent.subject.split('.').collect();
        let answer = match &tokens[..] {
            ["$JS", "API", "CONSUMER", "CREATE", "s", name, ..] => {
                self.create(now, name, &sent.payload)
            }
            ["$JS", "API", "CONSUMER", "DELETE", "s", name] => {
                self.consumers.remove(*name);
                json!({ "success": true })
            }
            ["$JS", "API", "STREAM", "INFO", "s"] => match &self.stream {
                Some(stream) => {
                    json!({ "created": time(stream.created), "config": {}, "state": {} })
                }
                None => missing(),
            },
            ["$JS", "FC", ..] => {
                for consumer in self.consumers.values_mut() {
                    if consumer.question.as_ref() == Some(&sent.subject) {
                        consumer.question = None;
                        consumer.unanswered = 0;
                    }
                }
                return;
            }
            _ => panic!("nobody listens on {}", sent.subject),
        };
        if sent.reply == ReplyTo::Request {
            let answer = message("_INBOX.1", None, "", &answer.to_string());
            self.arrivals.push(Arrival::Reply(sent.id, answer));
        }
    }

    fn create(&mut self, now: Duration, name: &str, body: &[u8]) -> Value {
        let Some(stream) = &self.stream else {
            return missing();
        };
        let body: Value = serde_json::from_slice(body).expect("JSON");
        let config = &body["config"];
        assert_eq!(config["name"], name);
        assert_eq!(config["ack_policy"], "none");
        let first = stream
            .messages
            .keys()
            .next()
            .copied()
            .unwrap_or(stream.last + 1);
        let next = match config["deliver_policy"].as_str() {
            Some("all") => first,
            Some("new") => stream.last + 1,
            Some("by_start_sequence") => {
                let start = config["opt_start_seq"].as_u64().expect("a sequence");
                start.clamp(first, stream.last + 1)
            }
            other => panic!("{other:?}"),
        };
        let deliver_subject = config["deliver_subject"].as_str().expect("a subject");
        let consumer = Consumer {
            deliver_subject: deliver_subject.to_owned(),
            flow_control: config["flow_control"].as_bool().unwrap_or(false),
            next,
            delivered: 0,
            last_stream: next - 1,
            question: None,
            unanswered: 0,
            next_heartbeat: now + HEARTBEAT,
            heard: now,
        };
        let before = self.consumers.insert(name.to_owned(), consumer);
        assert!(before.is_none(), "{name} was made twice");
        json!({
            "stream_name": "s",
            "name": name,
            "created": time(now),
            "config": config,
            "delivered": { "consumer_seq": 0, "stream_seq": next - 1 },
            "num_pending": stream.messages.range(next..).count(),
        })
    }

    /// Delivers what there is if somebody listens on this subject, and says now and then that there is nothing.
    pub(super) fn work(&mut self, now: Duration, subscribed: Option<&str>) {
        for consumer in self.consumers.values_mut() {
            if subscribed == Some(&*consumer.deliver_subject) {
                consumer.heard = now;
            }
        }
        self.consumers
            .retain(|_, consumer| now - consumer.heard < INACTIVE_THRESHOLD);
        let Some(stream) = &self.stream else { return };
        for (name, consumer) in &mut self.consumers {
            if consumer.heard != now {
                continue;
            }
            while !consumer.waits()
                && let Some((&sequence, &stored)) = stream.messages.range(consumer.next..).next()
            {
                let pending = stream.messages.range(sequence + 1..).count();
                consumer.next = sequence + 1;
                consumer.last_stream = sequence;
                consumer.delivered += 1;
                consumer.unanswered += 1;
                consumer.next_heartbeat = now + HEARTBEAT;
                let (delivered, stored) = (consumer.delivered, stored.as_nanos());
                let reply = format!("$JS.ACK.s.{name}.1.{sequence}.{delivered}.{stored}.{pending}");
                let payload = format!("{} {sequence}", self.lives);
                // It has its own subject, and not the one that it is delivered to.
                let delivery = message("subject.7", Some(&reply), "", &payload);
                self.arrivals
                    .push(Arrival::Message(consumer.deliver_subject.clone(), delivery));
                if consumer.flow_control && consumer.unanswered == WINDOW {
                    self.questions += 1;
                    let question = format!("$JS.FC.s.{name}.{}", self.questions);
                    let status = "NATS/1.0 100 FlowControl Request\r\n\r\n";
                    let asked = message(&consumer.deliver_subject, Some(&question), status, "");
                    self.arrivals
                        .push(Arrival::Message(consumer.deliver_subject.clone(), asked));
                    consumer.question = Some(question);
                }
            }
            while consumer.next_heartbeat <= now {
                consumer.next_heartbeat += HEARTBEAT;
                let stalled = consumer.question.iter();
                let stalled: String = stalled
                    .map(|question| format!("Nats-Consumer-Stalled: {question}\r\n"))
                    .collect();
                let status = format!(
                    "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: {}\r\nNats-Last-Stream: {}\r\n{stalled}\r\n",
                    consumer.delivered, consumer.last_stream
                );
                let heartbeat = message(&consumer.deliver_subject, None, &status, "");
                self.arrivals.push(Arrival::Message(
                    consumer.deliver_subject.clone(),
                    heartbeat,
                ));
            }
        }
    }
}

impl Consumer {
    /// For the answer to its question.
    fn waits(&self) -> bool {
        self.question.is_some() && self.unanswered >= 2 * WINDOW
    }
}

fn time(since_epoch: Duration) -> String {
    Timestamp::from(since_epoch).to_string()
}

fn missing() -> Value {
    json!({ "error": { "code": 404, "err_code": 10_059, "description": "stream not found" } })
}
