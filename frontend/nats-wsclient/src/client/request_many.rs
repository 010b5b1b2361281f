//! Requests that have many answers (ADR-47).

use std::fmt;
use std::pin::Pin;
use std::rc::Weak;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use super::driver::Inner;
use super::request::RequestError;
use crate::proto::{HeaderMap, Message};
use crate::queue::{Read, Reader};

/// Tells of an answer whether it is the last one.
pub(super) type Sentinel = Box<dyn Fn(&Message) -> bool>;

/// A request that may have many answers, and when there are enough of them: see
/// [`Client::request_many`](super::Client::request_many).
///
/// The answers end with whatever comes first of: the time is over ([`max_wait`](Self::max_wait)), nothing came for a
/// while ([`stall`](Self::stall)), there are as many as wanted ([`max_messages`](Self::max_messages)), the last one
/// says so ([`sentinel`](Self::sentinel)), or the server ends them by an answer with a status.
///
/// ```
/// use std::time::Duration;
///
/// // Who is there? Everybody who answers within 100 ms of the one before, and within a second in all.
/// let roll_call = nats_wsclient::RequestMany::new()
///     .max_wait(Duration::from_secs(1))
///     .stall(Duration::from_millis(100));
/// # drop(roll_call);
/// ```
#[derive(Default)]
pub struct RequestMany {
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
    pub(super) max_wait: Option<Duration>,
    pub(super) stall: Option<Duration>,
    /// Whether the first answer may take no longer than the others.
    pub(super) stalls_at_first: bool,
    pub(super) max_messages: Option<u64>,
    pub(super) sentinel: Option<Sentinel>,
}

/// When the answers to a request are at their end.
pub(super) struct Enough {
    /// No answer is received after this time.
    pub(super) deadline: Duration,
    /// Until when the first one is waited for.
    pub(super) first_deadline: Duration,
    pub(super) stall: Option<Duration>,
    pub(super) messages_left: Option<u64>,
    pub(super) sentinel: Option<Sentinel>,
}

/// The answers to a request: see [`Client::request_many`](super::Client::request_many). Dropping it forgets the request.
///
/// It ends when there are enough of them, and after an error other than [`RequestError::SlowConsumer`]. An answer with
/// which they end by a status or by the sentinel is an item too.
#[derive(Debug)]
pub struct Answers {
    inner: Weak<Inner>,
    token: u64,
    reader: Reader<Result<Message, RequestError>>,
}

impl RequestMany {
    /// A request without headers and payload, whose answers end when the time is over.
    pub fn new() -> Self {
        Self::default()
    }

    /// The payload, in place of the one that was given before. By default it is empty.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
    }

    /// The headers, in place of those that were given before. By default there are none.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// How long answers are received, in all. By default the client's
    /// [`request_timeout`](super::ConnectOptions::request_timeout).
    #[must_use]
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.max_wait = Some(time);
        self
    }

    /// How long the next answer may take after one was received. By default as long as all of them.
    #[must_use]
    pub fn stall(mut self, time: Duration) -> Self {
        self.stall = Some(time);
        self
    }

    /// How long the next answer may take, and the first one, too.
    #[cfg(feature = "jetstream")]
    pub(crate) fn stall_from_start(mut self, time: Duration) -> Self {
        self.stalls_at_first = true;
        self.stall(time)
    }

    /// How many answers are enough. By default none are.
    #[must_use]
    pub fn max_messages(mut self, count: u64) -> Self {
        self.max_messages = Some(count);
        self
    }

    /// By what the last answer is known. By default there is no such sign.
    #[must_use]
    pub fn sentinel(mut self, is_last: impl Fn(&Message) -> bool + 'static) -> Self {
        self.sentinel = Some(Box::new(is_last));
        self
    }

    /// The last answer has no payload: the sign that most services use.
    #[must_use]
    pub fn until_empty(self) -> Self {
        self.sentinel(|message| message.payload.is_empty())
    }
}

impl fmt::Debug for RequestMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestMany")
            .field("max_wait", &self.max_wait)
            .field("stall", &self.stall)
            .field("max_messages", &self.max_messages)
            .finish_non_exhaustive()
    }
}

impl Enough {
    /// Until when the next answer is waited for, after one at `now`. `None`: it was the last one.
    pub(super) fn after(&mut self, now: Duration, message: &Message) -> Option<Duration> {
        if let Some(left) = &mut self.messages_left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return None;
            }
        }
        let is_last = self.sentinel.as_ref().is_some_and(|last| last(message));
        if is_last || message.status().is_some() {
            return None;
        }
        let stalled = self.stall.map(|stall| now.saturating_add(stall));
        Some(stalled.map_or(self.deadline, |stalled| stalled.min(self.deadline)))
    }
}

impl fmt::Debug for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enough")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Answers {
    pub(super) fn new(
        inner: Weak<Inner>,
        token: u64,
        reader: Reader<Result<Message, RequestError>>,
    ) -> Self {
        Self {
            inner,
            token,
            reader,
        }
    }

    /// The next answer, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Message, RequestError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Answers {
    type Item = Result<Message, RequestError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.reader.poll(context)) {
            Read::Item(answer) => Some(answer),
            Read::Dropped(dropped) => Some(Err(RequestError::SlowConsumer { dropped })),
            Read::Closed => None,
        })
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.forget_request(self.token));
        }
    }
}
