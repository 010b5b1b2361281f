//! Publishing, and what becomes of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::Client;
use super::core::Core;
use super::driver::Inner;
use crate::proto::{Fate, HeaderMap, PublishError, PublishId};

/// What happens to a message that cannot be sent at once: there is no connection, or too much waits already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishPolicy {
    /// Publishing it is an error.
    #[default]
    Fail,
    /// It is kept, and sent when that is possible; up to [`write_limit`](super::ConnectOptions::write_limit) bytes are,
    /// and the oldest message makes place for the newest. What was dropped so ends as
    /// [`Rejection::Dropped`](crate::Rejection::Dropped).
    DropOldest,
}

/// A message that is to be published: see [`Client::send`](super::Client::send).
///
/// ```
/// let message = nats_wsclient::OutboundMessage::to("greet.anna").reply("answers").payload("hello");
/// ```
#[derive(Debug, Clone)]
pub struct OutboundMessage {
    pub(super) subject: String,
    pub(super) reply: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// Something that was published. Waiting for it tells what became of it:
///
/// ```
/// # async fn f(client: nats_wsclient::Client) -> Result<(), nats_wsclient::PublishError> {
/// use nats_wsclient::Fate;
///
/// match client.publish("greet.anna", "hello")?.await {
///     Fate::Sent => {}
///     Fate::Rejected(reason) => println!("{reason}"),
///     Fate::Unknown => println!("the connection was lost before the server confirmed it"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// It may be dropped: nothing depends on it. Waiting costs a round trip to the server, for all that wait together.
pub struct Published {
    inner: Weak<Inner>,
    id: PublishId,
}

impl OutboundMessage {
    /// A message to this subject, without headers, payload and a reply subject. The subject is checked when it is
    /// published.
    pub fn to(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            reply: None,
            headers: HeaderMap::new(),
            payload: Bytes::new(),
        }
    }

    /// Where an answer is expected.
    #[must_use]
    pub fn reply(mut self, subject: impl Into<String>) -> Self {
        self.reply = Some(subject.into());
        self
    }

    /// The headers, in place of those that were given before. By default there are none.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The payload, in place of the one that was given before. By default it is empty. With the headers it may have as
    /// many bytes as [`Client::max_payload`] tells.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
    }
}

/// Publishing.
impl Client {
    /// Publishes a message. It is sent at the end of what runs now, together with everything else until then.
    ///
    /// What becomes of it can be waited for: see [`Published`]. What happens if it cannot be sent at once is the
    /// [`publish_policy`](super::ConnectOptions::publish_policy).
    ///
    /// # Errors
    /// When it cannot be sent, neither now nor, if the policy is to keep it, later.
    pub fn publish(
        &self,
        subject: impl AsRef<str>,
        payload: impl AsRef<[u8]>,
    ) -> Result<Published, PublishError> {
        self.post(subject.as_ref(), None, &HeaderMap::new(), payload.as_ref())
    }

    /// Publishes a message with headers.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_with_headers(
        &self,
        subject: impl AsRef<str>,
        headers: &HeaderMap,
        payload: impl AsRef<[u8]>,
    ) -> Result<Published, PublishError> {
        self.post(subject.as_ref(), None, headers, payload.as_ref())
    }

    /// Publishes a message that asks for an answer on the subject `reply`.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_with_reply(
        &self,
        subject: impl AsRef<str>,
        reply: impl AsRef<str>,
        payload: impl AsRef<[u8]>,
    ) -> Result<Published, PublishError> {
        let (subject, reply) = (subject.as_ref(), Some(reply.as_ref()));
        self.post(subject, reply, &HeaderMap::new(), payload.as_ref())
    }

    /// Publishes a message with headers that asks for an answer on the subject `reply`.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_with_reply_and_headers(
        &self,
        subject: impl AsRef<str>,
        reply: impl AsRef<str>,
        headers: &HeaderMap,
        payload: impl AsRef<[u8]>,
    ) -> Result<Published, PublishError> {
        let (subject, reply) = (subject.as_ref(), Some(reply.as_ref()));
        self.post(subject, reply, headers, payload.as_ref())
    }

    /// Publishes a message.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn send(&self, message: &OutboundMessage) -> Result<Published, PublishError> {
        let reply = message.reply.as_deref();
        self.post(&message.subject, reply, &message.headers, &message.payload)
    }

    /// Waits until there is a connection, and room for the message, and publishes it. Until then nothing is sent:
    /// dropping the future drops the message.
    ///
    /// # Errors
    /// When it can never be sent.
    pub async fn publish_when_ready(
        &self,
        subject: impl Into<String>,
        payload: impl Into<Bytes>,
    ) -> Result<Published, PublishError> {
        let message = OutboundMessage::to(subject).payload(payload);
        self.send_when_ready(&message).await
    }

    /// Waits as [`publish_when_ready`](Self::publish_when_ready) does.
    ///
    /// # Errors
    /// When it can never be sent.
    pub async fn send_when_ready(
        &self,
        message: &OutboundMessage,
    ) -> Result<Published, PublishError> {
        std::future::poll_fn(|context| {
            let published = self
                .inner
                .write(|core, _| core.publish_when_ready(message, context.waker()));
            published.map_or(Poll::Pending, |result| {
                Poll::Ready(result.map(|id| self.published(id)))
            })
        })
        .await
    }

    fn post(
        &self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<Published, PublishError> {
        self.inner
            .write_timeless(|core| core.publish(subject, reply, headers, payload))
            .map(|id| self.published(id))
    }

    fn published(&self, id: PublishId) -> Published {
        Published::new(Rc::downgrade(&self.inner), id)
    }
}

impl Published {
    pub(super) fn new(inner: Weak<Inner>, id: PublishId) -> Self {
        Self { inner, id }
    }
}

impl Future for Published {
    type Output = Fate;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fate> {
        // A client that is gone lets nobody know.
        let Some(inner) = self.inner.upgrade() else {
            return Poll::Ready(Fate::Unknown);
        };
        if let Some(fate) = inner.read(|core| core.session.fate(self.id)) {
            return Poll::Ready(fate);
        }
        inner.write(|core, _| core.await_fate(self.id, context.waker()));
        Poll::Pending
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Published").field(&self.id).finish()
    }
}

impl Core {
    /// Publishes a message, or keeps it, as the policy has it.
    pub(super) fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<PublishId, PublishError> {
        match self.policy {
            PublishPolicy::Fail => self.session.publish(subject, reply, headers, payload),
            PublishPolicy::DropOldest => self
                .session
                .publish_or_keep(subject, reply, headers, payload),
        }
    }

    /// Publishes a message once it can be sent at once; `None`: the waker is called when that may be so.
    pub(super) fn publish_when_ready(
        &mut self,
        message: &OutboundMessage,
        waker: &Waker,
    ) -> Option<Result<PublishId, PublishError>> {
        let OutboundMessage {
            subject,
            reply,
            headers,
            payload,
        } = message;
        match self
            .session
            .publish(subject, reply.as_deref(), headers, payload)
        {
            Err(PublishError::Disconnected | PublishError::Backpressure { .. }) => {
                if !self.writers.iter().any(|other| other.will_wake(waker)) {
                    self.writers.push(waker.clone());
                }
                None
            }
            result => Some(result),
        }
    }

    /// Calls the waker when the fate is known.
    pub(super) fn await_fate(&mut self, id: PublishId, waker: &Waker) {
        self.session.confirm();
        let index = self.fates.partition_point(|(other, _)| *other < id);
        match self.fates.get_mut(index) {
            Some((other, before)) if *other == id => before.clone_from(waker),
            _ => self.fates.insert(index, (id, waker.clone())),
        }
    }

    /// Some fate is known. What was confirmed has left the socket, so there may be room for more.
    pub(super) fn wake_publishers(&mut self) {
        let session = &self.session;
        let known = self
            .fates
            .extract_if(.., |(id, _)| session.fate(*id).is_some());
        for (_, waker) in known {
            waker.wake();
        }
        self.wake_writers();
    }

    pub(super) fn wake_writers(&mut self) {
        for waker in self.writers.drain(..) {
            waker.wake();
        }
    }
}
