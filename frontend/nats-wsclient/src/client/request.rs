//! Requests, and what becomes of them.

use std::pin::Pin;
use std::rc::Weak;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_channel::oneshot;

use super::driver::Inner;
use crate::proto::{HeaderMap, Message, PublishError};

/// A request with more than a payload: see [`Client::send_request`](super::Client::send_request).
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
    pub(super) timeout: Option<Duration>,
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It was not sent.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The server answered in place of a service: status 503. Nobody has received the request, and repeating it is
    /// safe.
    #[error("nobody listens on the subject of the request: is the service running?")]
    NoResponders,
    /// It was sent, and whether it was carried out is unknown.
    #[error("there was no answer in time: whether the request was carried out is unknown")]
    TimedOut,
    /// The request was not delivered, or its answer could not be received.
    #[error("the server does not permit \"{subject}\": ask for the permission")]
    PermissionDenied {
        /// What was refused: the subject of the request, or the one on which the client receives answers.
        subject: String,
    },
    /// Whether it was carried out is unknown: there is no subscription over which an answer could come.
    #[error(
        "there are as many subscriptions as the server allows: drop some, or raise `max_subscriptions`"
    )]
    TooManySubscriptions,
    /// It was sent, and whether it was carried out is unknown: the connection was lost, or the client has left a server that
    /// is shutting down. It can be repeated at once if that does no harm.
    #[error(
        "the connection ended before the answer: whether the request was carried out is unknown, repeat it if that does no harm"
    )]
    Disconnected,
    /// The client was closed or dropped. Whether the request was sent and carried out is unknown.
    #[error("the client was closed before the answer")]
    Closed,
    /// Only where there are many answers: told once for each gap, in its place; answers go on after it.
    #[error(
        "{dropped} answers were dropped because they were read too slowly: read faster, or raise subscription_capacity"
    )]
    SlowConsumer {
        /// How many answers are missing here.
        dropped: u64,
    },
}

impl Request {
    /// A request without headers and payload, with the client's timeout.
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

    /// How long the answer may take, in place of the client's
    /// [`request_timeout`](super::ConnectOptions::request_timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// The answer to a request that was sent. Dropping it forgets the request.
#[derive(Debug)]
pub(crate) struct PendingAnswer {
    inner: Weak<Inner>,
    token: u64,
    receiver: oneshot::Receiver<Result<Message, RequestError>>,
}

impl PendingAnswer {
    pub(super) fn new(
        inner: Weak<Inner>,
        token: u64,
        receiver: oneshot::Receiver<Result<Message, RequestError>>,
    ) -> Self {
        Self {
            inner,
            token,
            receiver,
        }
    }
}

impl Future for PendingAnswer {
    type Output = Result<Message, RequestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(RequestError::Closed)))
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.forget_request(self.token));
        }
    }
}
