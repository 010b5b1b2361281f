//! Reading a message of a stream without a consumer (ADR-31).

use super::stream::StreamMessage;
use super::{ApiError, ErrorCode, JetStream, JetStreamError};
use crate::Timestamp;
use crate::proto::{Message, StatusCode};

impl JetStream {
    /// Reads the last message of a subject. `subject` is that of the direct get itself,
    /// `$JS.API.DIRECT.GET.<stream>.<subject>`, since an account may see it under another name. `None`: there is none.
    ///
    /// # Errors
    /// When there is no answer, or the server refuses.
    pub async fn direct_get(
        &self,
        subject: impl AsRef<str>,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let answer = self.client.request(subject, "").await?;
        match answer.status() {
            Some(StatusCode::NOT_FOUND) => Ok(None),
            Some(code) => Err(JetStreamError::Api(ApiError {
                code: code.as_u16(),
                err_code: ErrorCode::default(),
                description: answer.headers.description().to_owned(),
            })),
            None => read(answer)
                .map(Some)
                .ok_or_else(|| JetStreamError::Malformed {
                    reason: "it has not the headers of a direct get".to_owned(),
                }),
        }
    }
}

fn read(message: Message) -> Option<StreamMessage> {
    let headers = message.headers;
    Some(StreamMessage {
        subject: headers.get("Nats-Subject")?.to_owned(),
        sequence: headers.number("Nats-Sequence")?,
        time: Timestamp::parse(headers.get("Nats-Time-Stamp")?)?,
        payload: message.payload,
        headers,
    })
}
