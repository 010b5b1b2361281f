//! Single messages of a stream, by the stream's leader.

use super::Stream;
use crate::Timestamp;
use crate::base64;
use crate::jetstream::{ErrorCode, JetStreamError};
use crate::json::json_object;
use crate::proto::HeaderMap;
use bytes::Bytes;

/// A message as it is in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMessage {
    /// The subject that it was published to.
    pub subject: String,
    /// Where in the stream it is; the first one is 1.
    pub sequence: u64,
    /// When it was stored.
    pub time: Timestamp,
    /// Its own headers. With a direct get also those that the server adds (`Nats-…`).
    pub headers: HeaderMap,
    /// What it carries. With a direct get, a slice of the buffer that the network filled: copy it to keep it for long.
    pub payload: Bytes,
}

/// Which message; the server takes the field that is set.
#[derive(Default)]
struct Wanted {
    sequence: u64,
    last_by_subject: String,
    next_by_subject: String,
}
json_object!(Wanted {
    sequence: "seq",
    last_by_subject: "last_by_subj",
    next_by_subject: "next_by_subj",
});

#[derive(Default)]
struct Got {
    message: Stored,
}
json_object!(Got { message: "message" } required = ["message"]);

/// A message as the API writes it.
#[derive(Default)]
struct Stored {
    subject: String,
    sequence: u64,
    time: Option<Timestamp>,
    headers: String,
    data: String,
}
json_object!(Stored {
    subject: "subject",
    sequence: "seq",
    time: "time",
    headers: "hdrs",
    data: "data",
});

#[derive(Default)]
struct Deletion {
    sequence: u64,
    no_erase: bool,
}
json_object!(Deletion {
    sequence: "seq",
    no_erase: "no_erase",
});

impl Stream {
    /// The message with this sequence; `None`: there is none, or none any more. The stream's leader answers, so what was
    /// acknowledged before is seen; [`direct_get`](Self::direct_get) is faster.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn get_message(
        &self,
        sequence: u64,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let wanted = Wanted {
            sequence,
            ..Wanted::default()
        };
        self.get(&wanted).await
    }

    /// The last message of a subject, which may have wildcards; see [`get_message`](Self::get_message).
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn get_last_message(
        &self,
        subject: impl AsRef<str>,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let wanted = Wanted {
            last_by_subject: subject.as_ref().to_owned(),
            ..Wanted::default()
        };
        self.get(&wanted).await
    }

    /// The first message of a subject, which may have wildcards, from `sequence` on; see
    /// [`get_message`](Self::get_message).
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn get_next_message(
        &self,
        subject: impl AsRef<str>,
        sequence: u64,
    ) -> Result<Option<StreamMessage>, JetStreamError> {
        let wanted = Wanted {
            sequence,
            next_by_subject: subject.as_ref().to_owned(),
            ..Wanted::default()
        };
        self.get(&wanted).await
    }

    async fn get(&self, wanted: &Wanted) -> Result<Option<StreamMessage>, JetStreamError> {
        let subject = format!("STREAM.MSG.GET.{}", self.name());
        let answer: Result<Got, _> = self.js.request(&subject, Some(wanted)).await;
        match answer {
            Ok(answer) => answer.message.read().map(Some),
            Err(error) if error.error_code() == Some(ErrorCode::MESSAGE_NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a message. What it said may be on the server's disk still; see
    /// [`secure_delete_message`](Self::secure_delete_message).
    ///
    /// # Errors
    /// When there is no such message, or the stream does not allow it; see [`JetStreamError`].
    pub async fn delete_message(&self, sequence: u64) -> Result<(), JetStreamError> {
        self.delete(sequence, true).await
    }

    /// Deletes a message, and overwrites it on the server's disk, which takes longer.
    ///
    /// # Errors
    /// As [`delete_message`](Self::delete_message).
    pub async fn secure_delete_message(&self, sequence: u64) -> Result<(), JetStreamError> {
        self.delete(sequence, false).await
    }

    async fn delete(&self, sequence: u64, no_erase: bool) -> Result<(), JetStreamError> {
        let subject = format!("STREAM.MSG.DELETE.{}", self.name());
        let body = Deletion { sequence, no_erase };
        self.js.order(&subject, Some(&body)).await
    }
}

impl Stored {
    fn read(self) -> Result<StreamMessage, JetStreamError> {
        let malformed = |reason: &str| JetStreamError::Malformed {
            reason: reason.to_owned(),
        };
        let decode = |text: &str| base64::decode(text).ok_or_else(|| malformed("not Base64"));
        let headers = match &*self.headers {
            "" => HeaderMap::new(),
            text => HeaderMap::parse(decode(text)?.into())?,
        };
        Ok(StreamMessage {
            headers,
            payload: decode(&self.data)?.into(),
            subject: self.subject,
            sequence: self.sequence,
            time: self.time.ok_or_else(|| malformed("it has no time"))?,
        })
    }
}
