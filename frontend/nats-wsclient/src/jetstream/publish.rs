//! Publishing into a stream.

use std::time::Duration;

use super::api::read;
use super::{JetStream, JetStreamError};
use crate::client::Request;
use crate::json::json_object;
use crate::proto::{HeaderError, HeaderMap};
use bytes::Bytes;

/// A message for a stream.
///
/// ```
/// let publish = nats_wsclient::Publish::to("orders.17")
///     .message_id("5b2e")
///     .header("Content-Type", "application/json")
///     .payload("{}");
/// ```
#[derive(Debug, Clone)]
pub struct Publish {
    subject: String,
    headers: HeaderMap,
    /// The first header that could not be set. A chain of calls would lose it.
    error: Option<HeaderError>,
    payload: Bytes,
    timeout: Option<Duration>,
}

/// The server's word that the message is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PubAck {
    pub stream: String,
    /// Where in the stream; that of the first one, if it is a duplicate.
    pub sequence: u64,
    /// Whether a message with this id was stored before, within the stream's window.
    pub duplicate: bool,
    pub domain: Option<String>,
}

json_object!(PubAck {
    stream: "stream",
    sequence: "seq",
    duplicate: "duplicate",
    domain: "domain",
} required = ["stream", "seq"]);

impl Publish {
    pub fn to(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            headers: HeaderMap::new(),
            error: None,
            payload: Bytes::new(),
            timeout: None,
        }
    }

    /// Sets the id by which the stream recognises a message that is sent twice (`Nats-Msg-Id`).
    #[must_use]
    pub fn message_id(self, id: impl AsRef<str>) -> Self {
        self.header("Nats-Msg-Id", id)
    }

    /// Sets a header. An invalid one is an error of [`JetStream::publish`].
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        if let Err(error) = self.headers.insert(name, value) {
            self.error.get_or_insert(error);
        }
        self
    }

    #[must_use]
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
    }

    /// How long the acknowledgement may take, in place of the client's request timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl JetStream {
    /// Publishes a message and waits until a stream has stored it.
    ///
    /// # Errors
    /// When it was not stored, or that is unknown; see [`JetStreamError`].
    pub async fn publish(&self, publish: Publish) -> Result<PubAck, JetStreamError> {
        if let Some(error) = publish.error {
            return Err(error.into());
        }
        let mut request = Request::new()
            .headers(publish.headers)
            .payload(publish.payload);
        if let Some(timeout) = publish.timeout {
            request = request.timeout(timeout);
        }
        let answer = self.client.send_request(publish.subject, request).await?;
        read(&answer.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jetstream::{ApiError, ErrorCode};

    #[test]
    fn answers() {
        let ack =
            read::<PubAck>(br#"{"stream":"commands","seq":22,"domain":"hub","duplicate":true}"#);
        let expected = PubAck {
            stream: "commands".to_owned(),
            sequence: 22,
            duplicate: true,
            domain: Some("hub".to_owned()),
        };
        assert_eq!(ack, Ok(expected));
        let refused = read::<PubAck>(br#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 1"},"stream":"s","seq":0}"#);
        let expected = ApiError {
            code: 400,
            err_code: ErrorCode::WRONG_LAST_SEQUENCE,
            description: "wrong last sequence: 1".to_owned(),
        };
        assert_eq!(refused, Err(JetStreamError::Api(expected)));
        for bad in [&b""[..], b"+ACK", b"{}", b"[]"] {
            assert!(
                matches!(read::<PubAck>(bad), Err(JetStreamError::Malformed { .. })),
                "{bad:?}"
            );
        }
    }
}
