//! A subscription as a stream.

use std::pin::Pin;
use std::rc::Weak;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::driver::Inner;
use super::mailbox::MailboxReader;
use crate::proto::{Message, Sid, SubjectError};

/// The messages of a subscription: see [`Client::subscribe`](super::Client::subscribe). Dropping it unsubscribes.
///
/// It survives reconnects; what was published meanwhile is not received. It ends when the client is closed, and after
/// an error whose description says that it is the last item.
#[derive(Debug)]
pub struct Subscription {
    inner: Weak<Inner>,
    sid: Sid,
    reader: MailboxReader,
}

/// What becomes of the messages of a subscription for which there is no place because they are read too slowly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowConsumerPolicy {
    /// They are dropped, until what is there was read.
    #[default]
    DropNewest,
    /// The oldest ones make place for them.
    DropOldest,
    /// Of each subject only the latest message waits to be read, always; it has the place of the first one that was
    /// not read. Where there is no place for another subject, the oldest message makes it.
    CoalesceBySubject,
    /// The subscription ends: [`SubscriptionError::SlowConsumer`] is its last item.
    Fail,
}

/// How to subscribe: see [`Client::subscribe_with`](super::Client::subscribe_with).
///
/// ```
/// use nats_wsclient::{SlowConsumerPolicy, SubscribeOptions};
///
/// let prices = SubscribeOptions::new()
///     .capacity(10_000)
///     .slow_consumer_policy(SlowConsumerPolicy::CoalesceBySubject);
/// # drop(prices);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SubscribeOptions {
    pub(super) queue_group: Option<String>,
    pub(super) capacity: Option<usize>,
    pub(super) max_bytes: Option<usize>,
    pub(super) policy: SlowConsumerPolicy,
    pub(super) max_messages: Option<u64>,
}

/// Why something was not received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The last item.
    #[error(
        "subscribing to \"{subject}\" is not permitted: use another subject, or ask for the permission"
    )]
    Denied {
        /// What was subscribed to, wildcards included.
        subject: String,
    },
    /// The last item.
    #[error(
        "there are as many subscriptions as the server allows, without \"{subject}\": drop some, or raise `max_subscriptions`"
    )]
    TooMany {
        /// What was subscribed to, wildcards included.
        subject: String,
    },
    /// Told once for each gap, in its place; messages go on after it, unless the policy is
    /// [`Fail`](SlowConsumerPolicy::Fail).
    #[error(
        "{dropped} messages were dropped because they were read too slowly: read faster, or raise the subscription's capacity"
    )]
    SlowConsumer {
        /// How many messages are missing here.
        dropped: u64,
    },
}

/// Why there is no subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The subject or the queue group cannot be used. The server was not told.
    #[error(transparent)]
    InvalidSubject(#[from] SubjectError),
    /// The client is closed, or is being drained. The server was not told.
    #[error("the client is closed: connect again")]
    Closed,
}

impl SubscribeOptions {
    /// Options as they are by default: no queue group, the client's capacity, and no end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Subscribes as a member of a queue group: each message goes to one of its members.
    #[must_use]
    pub fn queue_group(mut self, name: impl Into<String>) -> Self {
        self.queue_group = Some(name.into());
        self
    }

    /// How many messages wait for a reader that does not come. By default the client's
    /// [`subscription_capacity`](super::ConnectOptions::subscription_capacity).
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = Some(messages.max(1));
        self
    }

    /// How many bytes of subjects, headers and payloads wait for a reader that does not come. By default 64 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// What becomes of more messages than that. By default they are dropped.
    #[must_use]
    pub fn slow_consumer_policy(mut self, policy: SlowConsumerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// After how many messages the subscription ends: as
    /// [`unsubscribe_after`](Subscription::unsubscribe_after).
    #[must_use]
    pub fn max_messages(mut self, count: u64) -> Self {
        self.max_messages = Some(count);
        self
    }
}

impl Subscription {
    pub(super) fn new(inner: Weak<Inner>, sid: Sid, reader: MailboxReader) -> Self {
        Self { inner, sid, reader }
    }

    /// Ends the subscription, as dropping it does.
    pub fn unsubscribe(self) {}

    /// Ends the subscription once it has received `max` messages in all, counted from its beginning and across
    /// reconnects. If it has already, it ends now. A number that was given before can be lowered only.
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
        let delivery = ready!(self.reader.poll(context));
        if delivery.is_none()
            && let Some(inner) = self.inner.upgrade()
        {
            inner.write(|core, _| core.was_read(self.sid));
        }
        Poll::Ready(delivery)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.unsubscribe(self.sid));
        }
    }
}
