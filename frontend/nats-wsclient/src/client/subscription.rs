//! A subscription as a stream.

use std::pin::Pin;
use std::rc::Weak;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::driver::Inner;
use crate::proto::{Message, Sid, SubjectError};
use crate::queue::{Read, Reader};

/// The messages of a subscription: see [`Client::subscribe`](super::Client::subscribe). Dropping it unsubscribes.
///
/// It survives reconnects; what was published meanwhile is not received. It ends when the client is closed, and after
/// an error whose description says that it is the last item.
#[derive(Debug)]
pub struct Subscription {
    inner: Weak<Inner>,
    sid: Sid,
    reader: Reader<Result<Message, SubscriptionError>>,
}

/// Why something was not received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The last item.
    #[error(
        "subscribing to {subject:?} is not permitted: use another subject, or ask for the permission"
    )]
    Denied { subject: String },
    /// The last item.
    #[error(
        "there are as many subscriptions as the server allows, without {subject:?}: drop some, or raise `max_subscriptions`"
    )]
    TooMany { subject: String },
    /// Told once for each gap, in its place; messages go on after it.
    #[error(
        "{dropped} messages were dropped because they were read too slowly: read faster, or raise subscription_capacity"
    )]
    SlowConsumer { dropped: u64 },
}

/// Why there is no subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    #[error(transparent)]
    InvalidSubject(#[from] SubjectError),
    #[error("the client is closed: connect again")]
    Closed,
}

impl Subscription {
    pub(super) fn new(
        inner: Weak<Inner>,
        sid: Sid,
        reader: Reader<Result<Message, SubscriptionError>>,
    ) -> Self {
        Self { inner, sid, reader }
    }

    /// Ends the subscription, as dropping it does.
    pub fn unsubscribe(self) {}

    /// Ends the subscription once it has received `max` messages in all, counted from its beginning and across
    /// reconnects. If it has already, it ends now.
    pub fn unsubscribe_after(&self, max: u64) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.session.unsubscribe_after(self.sid, max));
        }
    }

    /// Asks for no more messages, and ends the subscription after those that are on their way.
    pub fn drain(&self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.session.drain(self.sid));
        }
    }

    /// The next message, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Message, SubscriptionError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Subscription {
    type Item = Result<Message, SubscriptionError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.reader.poll(context)) {
            Read::Item(delivery) => Some(delivery),
            Read::Dropped(dropped) => Some(Err(SubscriptionError::SlowConsumer { dropped })),
            Read::Closed => None,
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.unsubscribe(self.sid));
        }
    }
}
