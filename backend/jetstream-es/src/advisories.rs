//! What JetStream itself says about messages that died, captured in a stream.
//!
//! The server tells of a message that it gives up or that a reader terminated, and of a consumer or a stream that is deleted, by a
//! message that nobody keeps. A stream that captures those subjects makes sure that nothing dies unseen, whichever program has the
//! consumer. A [`Processor`](crate::Processor) never lets JetStream give up a message; other people's consumers do.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::StreamSpec;
use crate::boundary::StoredMessage;
use crate::cloud_event::rfc3339;

/// The stream of advisories.
pub const STREAM: &str = "advisories";

/// The subjects of advisories that mean that something has died: a message, or the means to get at it. That a consumer is pinned
/// or unpinned, that something was created, and the audit of API calls are not among them.
const DEATHS: [&str; 4] = [
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
    "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
    "$JS.EVENT.ADVISORY.CONSUMER.DELETED.>",
    "$JS.EVENT.ADVISORY.STREAM.DELETED.>",
];

/// The stream as it has to be declared: advisories are kept for `max_age`.
pub fn stream(max_age: Duration) -> StreamSpec {
    StreamSpec {
        description: "What JetStream says about messages, consumers and streams that are no more.",
        ..StreamSpec::work(STREAM, DEATHS, max_age)
    }
}

/// What has died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// The server's id of the advisory.
    pub id: String,
    /// When.
    pub time: SystemTime,
    /// Of which stream.
    pub stream: String,
    /// What.
    pub death: Death,
}

/// A kind of death.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Death {
    /// A message was delivered as often as its consumer allows, and is not delivered again.
    GivenUp {
        /// The consumer.
        consumer: String,
        /// The sequence of the message in the stream.
        sequence: u64,
        /// How often it was delivered.
        deliveries: u64,
    },
    /// A reader has ended a message (`+TERM`).
    Terminated {
        /// The consumer.
        consumer: String,
        /// The sequence of the message in the stream.
        sequence: u64,
        /// How often it was delivered.
        deliveries: u64,
        /// What the reader said.
        reason: Option<String>,
    },
    /// A consumer was deleted, and with it what it knew.
    ConsumerDeleted {
        /// The consumer.
        consumer: String,
    },
    /// A stream was deleted, with all its messages.
    StreamDeleted,
}

/// Why a message is no advisory that this crate knows.
#[derive(Debug, thiserror::Error)]
pub enum AdvisoryError {
    /// It is not written as advisories are.
    #[error("the advisory {sequence} is not understood: {source}")]
    Json {
        /// Its sequence in the stream of advisories.
        sequence: u64,
        /// What serde says.
        source: serde_json::Error,
    },
    /// It is of another kind.
    #[error("the advisory {sequence} is of the kind {kind}, which is no death")]
    OtherKind {
        /// Its sequence in the stream of advisories.
        sequence: u64,
        /// Its `type`.
        kind: String,
    },
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(with = "rfc3339")]
    timestamp: SystemTime,
    stream: String,
    #[serde(default)]
    consumer: String,
    #[serde(default)]
    stream_seq: u64,
    #[serde(default)]
    deliveries: u64,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    action: String,
}

impl Advisory {
    /// Reads a message of the stream of advisories.
    ///
    /// # Errors
    /// When it is none, or says of something else.
    pub fn read(message: &StoredMessage) -> Result<Self, AdvisoryError> {
        let sequence = message.sequence;
        let written: Written = serde_json::from_slice(&message.payload)
            .map_err(|source| AdvisoryError::Json { sequence, source })?;
        let kind = written.kind.strip_prefix("io.nats.jetstream.advisory.v1.");
        let (consumer, deliveries) = (written.consumer, written.deliveries);
        let death = match (kind, written.action.as_str()) {
            (Some("max_deliver"), _) => Death::GivenUp {
                consumer,
                sequence: written.stream_seq,
                deliveries,
            },
            (Some("terminated"), _) => Death::Terminated {
                consumer,
                sequence: written.stream_seq,
                deliveries,
                reason: written.reason,
            },
            (Some("consumer_action"), "delete") => Death::ConsumerDeleted { consumer },
            (Some("stream_action"), "delete") => Death::StreamDeleted,
            _ => {
                let kind = written.kind;
                return Err(AdvisoryError::OtherKind { sequence, kind });
            }
        };
        Ok(Self {
            id: written.id,
            time: written.timestamp,
            stream: written.stream,
            death,
        })
    }
}
