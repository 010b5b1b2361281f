//! Publishing, and what becomes of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Weak;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::driver::Inner;
use crate::proto::{Fate, HeaderMap, PublishId};

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

    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    #[must_use]
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
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
