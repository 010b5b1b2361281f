//! Waiting for the word that a message is stored.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::api::read;
use super::in_flight::Slot;
use super::{JetStream, Publish, PublishError};
use crate::client::{PendingAnswer, RequestError};
use crate::json::json_object;

/// How often a message that no stream took is sent again, and after how long: its stream may be electing a leader.
const RETRIES: u32 = 2;
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// The server's word that a message is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PubAck {
    /// The name of the stream that has it.
    pub stream: String,
    /// Where in the stream; that of the first one, if it is a duplicate.
    pub sequence: u64,
    /// Whether a message with this id was stored before, within the stream's window.
    pub duplicate: bool,
    /// The JetStream domain that the stream is in; `None`: the server has none.
    pub domain: Option<String>,
    /// The sum so far, if the message is a counter (ADR-49).
    pub value: Option<String>,
}

json_object!(PubAck {
    stream: "stream",
    sequence: "seq",
    duplicate: "duplicate",
    domain: "domain",
    value: "val",
} required = ["stream", "seq"]);

/// The acknowledgement of a message that was sent: see [`JetStream::publish`].
///
/// Dropping it waits for nothing and takes nothing back. Until the acknowledgement comes, or its time is over, the
/// message counts as [in flight](JetStream::max_acks_in_flight) all the same.
#[derive(Debug)]
#[must_use = "whether the message is stored turns out when this is awaited"]
pub struct PublishAckFuture {
    js: JetStream,
    message: Publish,
    retries: u32,
    state: State,
    slot: Slot,
}

#[derive(Debug)]
enum State {
    Sent(PendingAnswer),
    /// No stream took it. It is sent again after this.
    Pausing(PendingAnswer),
    Done,
}

impl PublishAckFuture {
    pub(super) fn new(js: JetStream, message: Publish, answer: PendingAnswer, slot: Slot) -> Self {
        Self {
            js,
            message,
            retries: RETRIES,
            state: State::Sent(answer),
            slot,
        }
    }
}

impl Future for PublishAckFuture {
    type Output = Result<PubAck, PublishError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let result = match &mut this.state {
                State::Sent(answer) => match ready!(Pin::new(answer).poll(context)) {
                    Err(RequestError::NoResponders) if this.retries > 0 => {
                        this.retries -= 1;
                        this.state = State::Pausing(this.js.client.pause(RETRY_DELAY));
                        continue;
                    }
                    Ok(answer) => read(&answer.payload).map_err(PublishError::from),
                    Err(error) => Err(PublishError::unanswered(error, &this.message.subject)),
                },
                State::Pausing(pause) => match ready!(Pin::new(pause).poll(context)) {
                    Err(RequestError::TimedOut) => match this.message.send(&this.js) {
                        Ok(answer) => {
                            this.state = State::Sent(answer);
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                    // The connection is lost, and the message was not stored.
                    _ => Err(PublishError::unanswered(
                        RequestError::NoResponders,
                        &this.message.subject,
                    )),
                },
                State::Done => return Poll::Pending,
            };
            this.state = State::Done;
            this.slot.release();
            return Poll::Ready(result);
        }
    }
}

impl Drop for PublishAckFuture {
    fn drop(&mut self) {
        if let State::Sent(answer) = std::mem::replace(&mut self.state, State::Done) {
            self.slot.hand_over(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jetstream::{ApiError, ErrorCode, JetStreamError};

    #[test]
    fn answers() {
        let ack =
            read::<PubAck>(br#"{"stream":"commands","seq":22,"domain":"hub","duplicate":true}"#);
        let expected = PubAck {
            stream: "commands".to_owned(),
            sequence: 22,
            duplicate: true,
            domain: Some("hub".to_owned()),
            value: None,
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
