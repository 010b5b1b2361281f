//! The answers to commands, in the bucket `outcomes`. The server tells the one who asked as soon as one is stored.

use async_nats::HeaderMap;
use jetstream_es::declare::stream_of_bucket;
use jetstream_es::history::{self, ReadError};
use jetstream_es::publish::PublishError;
use jetstream_es::{Connection, GroupCommit, GroupPublisher, StoredMessage};
use shared::outcome::Outcome;
use shared::subjects::{OUTCOMES, OutcomeKey};

/// The header of an outcome with the sequence of its command in the stream `commands`: what was asked, for whoever has
/// the id alone.
const COMMAND_SEQUENCE: &str = "Vacancy-Command-Sequence";

/// The bucket `outcomes`, to read from.
#[derive(Debug, Clone)]
pub struct Outcomes {
    connection: Connection,
}

/// The bucket `outcomes`, to write to. Answers that are given at the same time are stored together.
#[derive(Debug)]
pub struct Answers(GroupPublisher);

/// Why an answer was not stored, or not found.
#[derive(Debug, thiserror::Error)]
pub enum OutcomesError {
    #[error("the outcome was not stored: {0}")]
    Write(#[from] PublishError),
    #[error("the outcome cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the outcomes cannot be read: {0}")]
    Read(#[from] ReadError),
}

/// An answer as it is in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub outcome: Outcome,
    /// The sequence in the stream of the bucket.
    pub revision: u64,
    /// Where the stream `commands` has the command. Outcomes of earlier versions do not say.
    pub command: Option<u64>,
}

impl Kept {
    /// Reads a message of the bucket's stream. `None` for the marker of a deletion, and for what a version of this program
    /// to come may have written.
    pub fn read(message: &StoredMessage) -> Option<Self> {
        let sequence = message.headers.get(COMMAND_SEQUENCE);
        Some(Self {
            outcome: serde_json::from_slice(&message.payload).ok()?,
            revision: message.sequence,
            command: sequence.and_then(|sequence| sequence.as_str().parse().ok()),
        })
    }
}

impl Answers {
    /// # Panics
    /// Outside of a Tokio runtime: a task that stores them is started.
    pub fn new(connection: &Connection) -> Self {
        Self(GroupPublisher::start(connection, GroupCommit::default()))
    }

    /// Stores the answer to the command with the sequence `command` in the stream `commands`, by which the server publishes
    /// it as well.
    ///
    /// # Errors
    /// When it is not known to be stored. Storing it again does no harm.
    pub async fn put(
        &self,
        key: &OutcomeKey,
        outcome: &Outcome,
        command: u64,
    ) -> Result<(), OutcomesError> {
        let payload = serde_json::to_vec(outcome)?;
        let subject = OUTCOMES.subject(key);
        let mut headers = HeaderMap::new();
        headers.insert(COMMAND_SEQUENCE, command.to_string());
        self.0.publish(subject, headers, payload.into()).await?;
        Ok(())
    }
}

impl Outcomes {
    pub fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
        }
    }

    /// The answer that was given, read from the leader.
    ///
    /// # Errors
    /// When the server does not say.
    pub async fn get(&self, key: &OutcomeKey) -> Result<Option<Outcome>, OutcomesError> {
        Ok(self.find(key).await?.map(|kept| kept.outcome))
    }

    /// The answer that was given, read from the leader, and what it was given to.
    ///
    /// # Errors
    /// When the server does not say.
    pub async fn find(&self, key: &OutcomeKey) -> Result<Option<Kept>, OutcomesError> {
        let stream = stream_of_bucket(OUTCOMES.name());
        let message = history::last(&self.connection, &stream, &OUTCOMES.subject(key)).await?;
        Ok(message.as_ref().and_then(Kept::read))
    }
}
