//! The answers to commands, in the bucket `outcomes`. The server tells the one who asked as soon as one is stored.

use async_nats::HeaderMap;
use async_nats::jetstream;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use jetstream_es::publish::PublishError;
use jetstream_es::{Connection, GroupCommit, GroupPublisher};
use shared::outcome::Outcome;
use shared::subjects::{OUTCOMES, OutcomeKey};

/// The bucket `outcomes`, to read from.
#[derive(Debug, Clone)]
pub struct Outcomes {
    jetstream: jetstream::Context,
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
    Read(String),
}

impl Answers {
    /// # Panics
    /// Outside of a Tokio runtime: a task that stores them is started.
    pub fn new(connection: &Connection) -> Self {
        Self(GroupPublisher::start(connection, GroupCommit::default()))
    }

    /// Stores the answer, by which the server publishes it as well.
    ///
    /// # Errors
    /// When it is not known to be stored. Storing it again does no harm.
    pub async fn put(&self, key: &OutcomeKey, outcome: &Outcome) -> Result<(), OutcomesError> {
        let payload = serde_json::to_vec(outcome)?;
        let subject = OUTCOMES.subject(key);
        self.0
            .publish(subject, HeaderMap::new(), payload.into())
            .await?;
        Ok(())
    }
}

impl Outcomes {
    pub fn new(connection: &Connection) -> Self {
        Self {
            jetstream: connection.jetstream(),
        }
    }

    /// The answer that was given, read from the leader.
    ///
    /// # Errors
    /// When the server does not say.
    pub async fn get(&self, key: &OutcomeKey) -> Result<Option<Outcome>, OutcomesError> {
        let stream = format!("KV_{}", OUTCOMES.name());
        let stream = self.jetstream.get_stream_no_info(stream).await;
        let stream = stream.map_err(|error| OutcomesError::Read(error.to_string()))?;
        let subject = OUTCOMES.subject(key);
        match stream.get_last_raw_message_by_subject(&subject).await {
            // A marker of a deletion is no answer, nor is what a version of this program to come may have written.
            Ok(message) => Ok(serde_json::from_slice(&message.payload).ok()),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(OutcomesError::Read(error.to_string())),
        }
    }
}
