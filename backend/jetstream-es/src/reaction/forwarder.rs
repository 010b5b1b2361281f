//! Sending the commands that are due.

use std::fmt;

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::boundary::{NewEvent, StoredMessage};
use crate::cloud_event::read_metadata;
use crate::deadlines::{self, Key};
use crate::processor::{Handler, Processor, ProcessorError, ProcessorSpec};
use crate::publish::publish;
use crate::{Breaker, Connection, Failure};

/// Precedes the keys of those deadlines that are commands, so that there may be others.
const COMMAND: &str = "command";
/// The filter of the commands that are due.
const FILTER: &str = "deadline.due.command.>";
/// The header with the NATS subject to which a command is sent when it is due.
const SUBJECT: &str = "Jetstream-Es-Command-Subject";

/// The deadline of a command.
pub(super) fn key(deadline: &Key) -> Key {
    deadline.under(COMMAND)
}

/// The message that, when it is due, says what is to be sent.
pub(super) fn due(deadline: &Key, command: NewEvent) -> (Key, NewEvent) {
    let NewEvent {
        subject,
        headers,
        payload,
        personal,
    } = command;
    let mut kept = HeaderMap::new();
    kept.insert(SUBJECT, subject.as_str());
    // A message id would have the server take a deadline that is set again for a repetition. It comes back when the
    // command is sent.
    if let Some(content_type) = headers.get("Content-Type") {
        kept.insert("Content-Type", content_type.clone());
    }
    let message = NewEvent {
        subject,
        headers: kept,
        payload,
        personal,
    };
    (key(deadline), message)
}

/// Sends the commands of all reactions that are due, while [`run`](Forwarder::run) is polled.
pub struct Forwarder(Processor<Forwarding>);

/// Why a message that is due is not sent.
#[derive(Debug, thiserror::Error)]
enum NoCommand {
    #[error("the header {SUBJECT} does not say where the command goes")]
    Nowhere,
}

impl Forwarder {
    /// Opens its consumer, `forward-commands`. The streams of [deadlines](deadlines::stream) and of
    /// [letters](crate::dead_letters) must have been declared.
    ///
    /// # Errors
    /// When the consumer does not open.
    pub async fn open(connection: &Connection) -> Result<Self, ProcessorError> {
        Self::open_guarded(connection, None).await
    }

    /// The same with a breaker of the stream that takes the commands, the one of the
    /// [reactions](super::Reactor::open_guarded).
    ///
    /// # Errors
    /// When the consumer does not open.
    pub async fn open_guarded(
        connection: &Connection,
        breaker: impl Into<Option<Breaker>>,
    ) -> Result<Self, ProcessorError> {
        let spec = ProcessorSpec {
            breaker: breaker.into(),
            ..Self::spec()
        };
        let handler = Forwarding(connection.clone());
        Ok(Self(Processor::open(connection, spec, handler).await?))
    }

    fn spec() -> ProcessorSpec {
        ProcessorSpec {
            description: "sends the commands that are due".to_owned(),
            filter: Some(FILTER.to_owned()),
            ..ProcessorSpec::new(deadlines::STREAM, "forward-commands")
        }
    }

    /// Its durable consumers, each by its stream and its name.
    pub fn consumers() -> [(&'static str, String); 2] {
        Self::spec().consumers()
    }

    /// For each of its consumers, whether it is read here or ready to be.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        self.0.flows()
    }

    /// Sends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        self.0.run(stop).await;
    }
}

struct Forwarding(Connection);

impl Handler for Forwarding {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.clone()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let command = read_metadata(&message.headers, &message.payload);
        let command = command.map_err(Failure::permanent)?;
        let subject = message.headers.get(SUBJECT);
        let subject = subject.ok_or_else(|| Failure::permanent(NoCommand::Nowhere))?;
        let mut headers = HeaderMap::new();
        if let Some(content_type) = message.headers.get("Content-Type") {
            headers.insert("Content-Type", content_type.clone());
        }
        headers.insert(NATS_MESSAGE_ID, command.id);
        let (subject, payload) = (subject.to_string(), message.payload.clone());
        publish(&self.0, subject, headers, payload).await?;
        Ok(())
    }
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forwarder")
    }
}
