//! Single messages of a stream, by whichever server has it (ADR-31).
//!
//! The stream has to allow direct get. A server that follows the stream's leader may answer, so what was acknowledged
//! just before may not be seen yet; [`get_message`](Stream::get_message) and its like ask the leader.

use super::{Stream, StreamMessage};
use crate::Timestamp;
use crate::jetstream::JetStreamError;
use crate::jetstream::direct_get::DirectRequest;
use crate::json;
use crate::proto::Subject;

impl Stream {
    /// The message with this sequence; `None`: there is none, or none any more.
    ///
    /// # Errors
    /// See [`JetStreamError`]; without direct get nobody answers.
    pub async fn direct_get(&self, sequence: u64) -> Result<Option<StreamMessage>, JetStreamError> {
        let request = DirectRequest {
            sequence,
            ..DirectRequest::default()
        };
        self.direct(&request).await
    }

    /// The last message of a subject, which may have wildcards. Without wildcards, the permission that it needs is that
    /// for `$JS.API.DIRECT.GET.<stream>.<subject>` alone.
    ///
    /// # Errors
    /// See [`JetStreamError`]; without direct get nobody answers.
    pub async fn direct_get_last(
        &self,
        subject: impl AsRef<str>,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let subject = subject.as_ref();
        if Subject::try_from(subject).is_ok() {
            let direct = format!("{}.{subject}", self.direct_subject());
            return self.js.direct(&direct, String::new()).await;
        }
        let request = DirectRequest {
            last_by_subject: subject.to_owned(),
            ..DirectRequest::default()
        };
        self.direct(&request).await
    }

    /// The first message of a subject, which may have wildcards, from `sequence` on.
    ///
    /// # Errors
    /// See [`JetStreamError`]; without direct get nobody answers.
    pub async fn direct_get_next(
        &self,
        subject: impl AsRef<str>,
        sequence: u64,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let request = DirectRequest {
            sequence,
            next_by_subject: subject.as_ref().to_owned(),
            ..DirectRequest::default()
        };
        self.direct(&request).await
    }

    /// The first message that was stored at that time or later.
    ///
    /// # Errors
    /// See [`JetStreamError`]; without direct get nobody answers.
    pub async fn direct_get_since(
        &self,
        time: Timestamp,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let request = DirectRequest {
            start_time: Some(time),
            ..DirectRequest::default()
        };
        self.direct(&request).await
    }

    async fn direct(
        &self,
        request: &DirectRequest,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        self.js
            .direct(&self.direct_subject(), json::write(request))
            .await
    }

    /// Where direct gets of this stream are asked for.
    pub(super) fn direct_subject(&self) -> String {
        self.js.api_subject(&format!("DIRECT.GET.{}", self.name()))
    }
}
