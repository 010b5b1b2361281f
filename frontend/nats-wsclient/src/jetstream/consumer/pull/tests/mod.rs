//! The machine alone.

mod histories;
mod scenarios;

use bytes::Bytes;

use super::machine::{Mode, PullMachine};
use super::{Pull, PullError};
use crate::proto::{HeaderMap, Message, Subject};

fn machine(mode: Mode, pull: Pull) -> PullMachine {
    PullMachine::new(mode, pull, "next".to_owned(), "inbox")
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).expect("a subject")
}

/// A message of the stream, with a payload of that size.
fn message(sequence: u64, size: usize) -> Message {
    Message {
        subject: subject("orders"),
        reply: Some(subject(&format!("$JS.ACK.s.c.1.{sequence}.1.0.0"))),
        headers: HeaderMap::new(),
        payload: vec![b'x'; size].into(),
    }
}

/// What the server counts of such a message beside its payload.
fn overhead(sequence: u64) -> usize {
    "orders".len() + format!("$JS.ACK.s.c.1.{sequence}.1.0.0").len()
}

/// An answer of the consumer to the request with this number.
fn status(id: u64, status: &str) -> Message {
    Message {
        subject: subject(&format!("inbox.{id}")),
        reply: None,
        headers: headers(&format!("NATS/1.0 {status}\r\n\r\n")),
        payload: Bytes::new(),
    }
}

fn headers(text: &str) -> HeaderMap {
    HeaderMap::parse(text.to_owned().into()).expect("headers")
}

/// The sequences of the messages that can be read, or why there are none.
fn read(machine: &mut PullMachine) -> Vec<Result<u64, PullError>> {
    std::iter::from_fn(|| machine.poll_item())
        .map(|item| item.map(|(_, info)| info.stream_sequence))
        .collect()
}
