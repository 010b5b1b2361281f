//! One publish and the answer of its stream.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use async_nats::{HeaderMap, RequestError, StatusCode, header};
use bytes::Bytes;

use crate::Connection;

/// The header with the last sequence that is expected of a subject (or of the filter of [`EXPECTED_FILTER`]).
pub(crate) const EXPECTED_SEQUENCE: &str = "Nats-Expected-Last-Subject-Sequence";
/// The header with the filter whose last sequence is expected.
pub(crate) const EXPECTED_FILTER: &str = "Nats-Expected-Last-Subject-Sequence-Subject";

/// The codes of "wrong last sequence". The second one comes from a cluster that has a write of the same boundary in
/// flight (async-nats has no name for it), and the third one from a cluster that has this very message in flight, sent
/// before.
const CONFLICTS: [u64; 3] = [10071, 10164, 10158];

/// The codes of an account, or a server, that has used up what it may keep.
const FULL: [ErrorCode; 4] = [
    ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
    ErrorCode::INSUFFICIENT_RESOURCES,
    ErrorCode::MEMORY_RESOURCES_EXCEEDED,
    ErrorCode::STORAGE_RESOURCES_EXCEEDED,
];

/// Why a publish is not known to be stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// Somebody else has written since. Nothing was stored.
    #[error("somebody else has written since")]
    Conflict,
    /// The server refused it. Nothing was stored.
    #[error("the server refused the message for {subject}: {reason}")]
    Refused {
        /// Where it was to go.
        subject: String,
        /// What the server says.
        reason: String,
    },
    /// There is no space left, of the account or of the server. Nothing was stored, and nothing will be before somebody makes
    /// some.
    #[error(
        "there is no space left for the message to {subject} ({reason}): raise max_file of the account, or what the server may keep \
         (max_file_store), or give it a larger disk"
    )]
    Full {
        /// Where it was to go.
        subject: String,
        /// What the server says.
        reason: String,
    },
    /// No stream takes this subject, or JetStream is not up yet. Nothing was stored.
    #[error("no stream answers for {subject}: JetStream is starting, or the stream was deleted")]
    NoStream {
        /// Where it was to go.
        subject: String,
    },
    /// There was no answer. Whether it is stored is not known.
    #[error("no answer for the message to {subject}, which may be stored or not: {source}")]
    Unanswered {
        /// Where it was to go.
        subject: String,
        /// What happened.
        source: Arc<RequestError>,
    },
    /// Its personal data could not be sealed ([`shred`](crate::shred)). Nothing was stored.
    #[cfg(feature = "shred")]
    #[error("the personal data in the message for {subject} was not sealed: {source}")]
    Unsealed {
        /// Where it was to go.
        subject: String,
        /// What happened.
        source: Box<crate::shred::KeyError>,
    },
    /// The connection broke before there was an answer. Whether it is stored is not known.
    #[error(
        "the connection broke before the message to {subject} was answered, which may be stored or not"
    )]
    Interrupted {
        /// Where it was to go.
        subject: String,
    },
}

impl PublishError {
    /// Whether another try could be successful without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { .. } => false,
            #[cfg(feature = "shred")]
            Self::Unsealed { source, .. } => source.is_transient(),
            _ => true,
        }
    }
}

/// What the server is asked to do with a message, besides to store it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishOptions {
    /// After how long the server deletes it, in whole seconds, at least one (ADR-43). The stream must allow that.
    pub ttl: Option<Duration>,
    /// By which the stream knows it again within its deduplication window (`Nats-Msg-Id`).
    pub id: Option<String>,
    /// The stream that is to take it, by name.
    pub expected_stream: Option<String>,
    /// The sequence of the last message in the whole stream.
    pub expected_last_sequence: Option<u64>,
    /// The id of the last message in the whole stream.
    pub expected_last_id: Option<String>,
}

impl PublishOptions {
    /// Says them in the headers of a message.
    pub fn write(&self, headers: &mut HeaderMap) {
        if let Some(ttl) = self.ttl {
            // Rounded up: a message is never gone before its time.
            let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
            headers.insert(header::NATS_MESSAGE_TTL, format!("{seconds}s"));
        }
        if let Some(id) = &self.id {
            headers.insert(header::NATS_MESSAGE_ID, id.as_str());
        }
        if let Some(stream) = &self.expected_stream {
            headers.insert(header::NATS_EXPECTED_STREAM, stream.as_str());
        }
        if let Some(sequence) = self.expected_last_sequence {
            headers.insert(header::NATS_EXPECTED_LAST_SEQUENCE, sequence.to_string());
        }
        if let Some(id) = &self.expected_last_id {
            headers.insert(header::NATS_EXPECTED_LAST_MESSAGE_ID, id.as_str());
        }
    }
}

/// Publishes and waits for the answer of the stream.
///
/// # Errors
/// See [`PublishError`]; on all of them but [`PublishError::Unanswered`] and [`PublishError::Interrupted`] nothing is stored.
pub async fn publish(
    connection: &Connection,
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
) -> Result<PublishAck, PublishError> {
    let client = connection.client();
    let asked = client.request_with_headers(subject.clone(), headers, payload);
    let Ok(answer) = connection.answer(asked).await else {
        return Err(PublishError::Interrupted { subject });
    };
    let answer = answer.map_err(|source| match source.kind() {
        async_nats::RequestErrorKind::NoResponders => PublishError::NoStream {
            subject: subject.clone(),
        },
        _ => PublishError::Unanswered {
            subject: subject.clone(),
            source: Arc::new(source),
        },
    })?;
    if answer.status == Some(StatusCode::NO_RESPONDERS) {
        return Err(PublishError::NoStream { subject });
    }
    read_answer(subject, &answer.payload)
}

fn read_answer(subject: String, answer: &[u8]) -> Result<PublishAck, PublishError> {
    let refused = |reason: String| PublishError::Refused {
        subject: subject.clone(),
        reason,
    };
    match serde_json::from_slice::<Response<PublishAck>>(answer) {
        Ok(Response::Ok(ack)) => Ok(ack),
        Ok(Response::Err { error }) if CONFLICTS.contains(&error.error_code().0) => {
            Err(PublishError::Conflict)
        }
        Ok(Response::Err { error }) if FULL.contains(&error.error_code()) => {
            let reason = error.to_string();
            Err(PublishError::Full { subject, reason })
        }
        Ok(Response::Err { error }) => Err(refused(error.to_string())),
        Err(error) => Err(refused(format!("an answer that is no PubAck: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u64) -> PublishError {
        let answer = format!(
            r#"{{"error":{{"code":400,"err_code":{code},"description":"no"}},"stream":"s","seq":0}}"#
        );
        read_answer("a.b".to_owned(), answer.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_overtaken_or_still_in_flight_is_a_conflict() {
        assert!(matches!(refusal(10071), PublishError::Conflict));
        assert!(matches!(refusal(10164), PublishError::Conflict));
        assert!(matches!(refusal(10158), PublishError::Conflict));
        assert!(matches!(refusal(10077), PublishError::Refused { .. }));
    }

    #[test]
    fn no_space_left_is_told_apart() {
        for code in [10002, 10023, 10028, 10047] {
            let full = refusal(code);
            assert!(matches!(full, PublishError::Full { .. }), "{code}");
            assert!(full.is_transient());
        }
    }

    #[test]
    fn an_answer_is_a_puback_or_an_error() {
        let ack = read_answer("a.b".to_owned(), br#"{"stream":"s","seq":7}"#);
        assert_eq!(ack.unwrap().sequence, 7);
        let nonsense = read_answer("a.b".to_owned(), b"nonsense");
        assert!(matches!(nonsense, Err(PublishError::Refused { .. })));
    }
}
