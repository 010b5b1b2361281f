//! Reading messages of a stream without a consumer and without its leader (ADR-31).

use super::stream::StreamMessage;
use super::{ApiError, ErrorCode, JetStream, JetStreamError};
use crate::Timestamp;
use crate::json::json_object;
use crate::proto::{Message, StatusCode};

/// What a direct get asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DirectRequest {
    pub(super) sequence: u64,
    pub(super) start_time: Option<Timestamp>,
    pub(super) last_by_subject: String,
    pub(super) next_by_subject: String,
    pub(super) batch: u32,
    pub(super) max_bytes: u32,
    pub(super) multi_last: Vec<String>,
    pub(super) up_to_sequence: u64,
    pub(super) up_to_time: Option<Timestamp>,
}

json_object!(DirectRequest {
    sequence: "seq",
    start_time: "start_time",
    last_by_subject: "last_by_subj",
    next_by_subject: "next_by_subj",
    batch: "batch",
    max_bytes: "max_bytes",
    multi_last: "multi_last",
    up_to_sequence: "up_to_seq",
    up_to_time: "up_to_time",
});

impl JetStream {
    /// Reads the last message of a subject. `subject` is that of the direct get itself,
    /// `$JS.API.DIRECT.GET.<stream>.<subject>`, since an account may see it under another name. `None`: there is none.
    /// [`Stream::direct_get_last`](super::stream::Stream::direct_get_last) knows the subject by itself.
    ///
    /// # Errors
    /// When there is no answer, or the server refuses.
    pub async fn direct_get(
        &self,
        subject: impl AsRef<str>,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        self.direct(subject.as_ref(), String::new()).await
    }

    /// Asks for one message.
    pub(super) async fn direct(
        &self,
        subject: &str,
        body: String,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let answer = self.ask_at(subject, body.as_bytes())?.await?;
        match answer.status() {
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(code) => Err(refusal(code, &answer)),
            None => read(answer).map(Some),
        }
    }
}

/// Why the server answers with that status.
pub(super) fn refusal(code: StatusCode, answer: &Message) -> JetStreamError {
    let description = answer.headers.description().to_owned();
    match code.as_u16() {
        408 => JetStreamError::InvalidRequest { description },
        413 => JetStreamError::TooManySubjects,
        code => JetStreamError::Api(ApiError {
            code,
            err_code: ErrorCode::default(),
            description,
        }),
    }
}

/// Reads a message of a stream, with the headers that tell where in the stream it is.
pub(super) fn read(message: Message) -> Result<StreamMessage, JetStreamError> {
    let read = || {
        let headers = &message.headers;
        Some(StreamMessage {
            subject: headers.get("Nats-Subject")?.to_owned(),
            sequence: headers.number("Nats-Sequence")?,
            time: Timestamp::parse(headers.get("Nats-Time-Stamp")?)?,
            headers: headers.clone(),
            payload: message.payload.clone(),
        })
    };
    read().ok_or_else(|| JetStreamError::Malformed {
        reason: "it has not the headers of a direct get".to_owned(),
    })
}
