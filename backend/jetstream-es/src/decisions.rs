//! Decisions that left no event: refusals, and commands for which nothing was to do. They are kept in a bucket without
//! age, so that the same command never gets a second decision.
//!
//! A decision with events needs no such record, since the events carry the command's id. Events go before the record:
//! where both are found, the command was done.

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::boundary::StoredMessage;
use crate::declare::stream_of_bucket;
use crate::execute::ATTEMPTS;
use crate::history::{self, ReadError};
use crate::key::{subject_key, token};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::{Cause, Connection, Patience};

/// The bucket of decisions.
#[derive(Debug, Clone)]
pub(crate) struct Decisions {
    connection: Connection,
    bucket: &'static str,
    stream: String,
}

/// A decision that left no event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub(crate) enum Eventless<R> {
    /// The command was refused.
    Refused { refusal: R },
    /// There was nothing to do. `position` is the sequence of the boundary's last event then.
    Nothing { position: u64 },
}

/// A decision as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<T> {
    /// Who asked for it. Not known of those that were kept before there was this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(flatten)]
    decision: T,
}

/// Why a decision that left no event is not known, or not kept.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// The server did not answer. Another try may be successful.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not known to be stored.
    #[error("the decision was not kept: {0}")]
    Write(#[from] PublishError),
    /// The form of refusals has changed since.
    #[error(
        "the decision {key} in the bucket {bucket} is not understood: {source}; \
         let the type of refusals read its older forms (`#[serde(default)]`, `#[serde(alias)]`)"
    )]
    Unreadable {
        /// The bucket.
        bucket: &'static str,
        /// The key of the decision.
        key: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// It is a decision on a command of somebody else, who has used the same id.
    #[error("another actor has sent a command with this id")]
    OfAnother,
    /// serde does not write the refusal.
    #[error("the refusal cannot be written as JSON: {0}")]
    Json(serde_json::Error),
}

impl DecisionError {
    /// Whether another try could be successful without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Write(error) => error.is_transient(),
            Self::Unreadable { .. } | Self::OfAnother | Self::Json(_) => false,
        }
    }
}

impl Decisions {
    pub(crate) fn new(connection: &Connection, bucket: &'static str) -> Self {
        Self {
            connection: connection.clone(),
            bucket,
            stream: stream_of_bucket(bucket),
        }
    }

    /// The decision on the command about the boundary of `filter`, from the leader.
    pub(crate) async fn get<R: DeserializeOwned>(
        &self,
        filter: &str,
        cause: &Cause,
    ) -> Result<Option<Eventless<R>>, DecisionError> {
        self.first(key(filter, &cause.command), cause).await
    }

    /// Keeps the decision unless there is one, and returns the one that is kept.
    pub(crate) async fn keep<R: Serialize + DeserializeOwned>(
        &self,
        filter: &str,
        cause: &Cause,
        decision: Eventless<R>,
    ) -> Result<Eventless<R>, DecisionError> {
        let key = key(filter, &cause.command);
        self.keep_first(key, cause, decision).await
    }

    /// What is kept under the key, from the leader.
    pub(crate) async fn first<T: DeserializeOwned>(
        &self,
        key: String,
        cause: &Cause,
    ) -> Result<Option<T>, DecisionError> {
        match self.last(&key).await? {
            // Somebody has deleted it, and by that allowed another decision.
            Some(message) if message.payload.is_empty() => Ok(None),
            Some(message) => self.read(key, &message, cause).map(Some),
            None => Ok(None),
        }
    }

    /// Keeps what is decided under the key unless there is something, and returns what is kept.
    pub(crate) async fn keep_first<T: Serialize + DeserializeOwned>(
        &self,
        key: String,
        cause: &Cause,
        decision: T,
    ) -> Result<T, DecisionError> {
        let actor = cause.actor.clone();
        let kept = Kept { actor, decision };
        let payload = Bytes::from(serde_json::to_vec(&kept).map_err(DecisionError::Json)?);
        let mut expected = 0;
        let mut patience = Patience::default();
        for _ in 0..ATTEMPTS {
            let mut headers = HeaderMap::new();
            headers.insert(EXPECTED_SEQUENCE, expected.to_string());
            let subject = self.subject(&key);
            match publish(&self.connection, subject, headers, payload.clone()).await {
                Ok(_) => return Ok(kept.decision),
                Err(PublishError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            match self.last(&key).await? {
                Some(marker) if marker.payload.is_empty() => expected = marker.sequence,
                Some(first) => return self.read(key, &first, cause),
                // In a cluster it may still be on its way. Whether it arrives shows in a moment.
                None => {
                    patience.wait().await;
                }
            }
        }
        Err(PublishError::Conflict.into())
    }

    /// The message under the key, from the leader; without a payload, if what was kept has been deleted.
    async fn last(&self, key: &str) -> Result<Option<StoredMessage>, ReadError> {
        history::last(&self.connection, &self.stream, &self.subject(key)).await
    }

    fn read<T: DeserializeOwned>(
        &self,
        key: String,
        message: &StoredMessage,
        cause: &Cause,
    ) -> Result<T, DecisionError> {
        let kept = serde_json::from_slice(&message.payload);
        let Kept { actor, decision } = kept.map_err(|source| DecisionError::Unreadable {
            bucket: self.bucket,
            key,
            source,
        })?;
        if cause.is_of_another_than(actor.as_deref()) {
            return Err(DecisionError::OfAnother);
        }
        Ok(decision)
    }

    fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.bucket)
    }
}

/// `<command>.<filter>`, so that `<command>.>` finds all decisions on a command.
fn key(filter: &str, command: &str) -> String {
    format!("{}.{}", token(command), subject_key(filter))
}

#[cfg(test)]
mod tests {
    use super::{Eventless, Kept, key};

    #[test]
    fn any_command_and_any_filter_is_a_key_of_its_own() {
        assert_eq!(key("account.7.>", "c-1"), "c-1.account.7.=3E");
        assert_eq!(key("a.*", "a.b c=ü"), "a=2Eb=20c=3D=C3=BC.a.=2A");
        assert_ne!(key("b.c", "a"), key("c", "a.b"));
        assert_eq!(key("a", ""), "=.a");
    }

    /// They are kept for ever, so all forms that they ever had are read. Texts are added here, and never changed.
    #[test]
    fn a_decision_that_was_ever_kept_is_read() {
        let refused = r#"{"actor":"bank/ada","decision":"refused","refusal":"no money"}"#;
        let nothing = r#"{"actor":"bank/ada","decision":"nothing","position":7}"#;
        let without_actor = r#"{"decision":"nothing","position":7}"#;
        for text in [refused, nothing, without_actor] {
            let kept: Kept<Eventless<String>> = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&kept).unwrap(), text);
            let (Eventless::Refused { .. } | Eventless::Nothing { .. }) = kept.decision;
        }
    }
}
