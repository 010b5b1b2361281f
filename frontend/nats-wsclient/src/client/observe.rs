//! How the connection is doing, as streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::proto::{DisconnectCause, ServerError, Status};
use crate::queue::{Read, Reader};
use crate::watched::Watcher;

/// How the connection is doing, from now on: see [`Client::status_changes`](super::Client::status_changes).
///
/// The first item is the current status. A slow reader sees the newest one and not each. It ends after
/// [`Status::Closed`].
#[derive(Debug)]
pub struct StatusChanges {
    watcher: Watcher<Status>,
}

/// What happens to a client: see [`Client::events`](super::Client::events).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// There is a connection.
    Connected,
    /// The connection was lost.
    Disconnected(DisconnectCause),
    /// The server is about to shut down. The client goes to another one, if there is one, and loses nothing by it.
    LameDuck,
    /// The credentials will soon end, and there are none that last longer. They are asked for again; the connection goes on
    /// until they end.
    RenewalFailed {
        /// Why: the text of the provider's error, or that it did not answer, or had nothing better.
        reason: String,
    },
    /// The server said `-ERR`, also when it is told elsewhere too.
    ServerError(ServerError),
    /// A subscription has begun to drop messages, because they are read too slowly. It says how many, in its place.
    SlowConsumer {
        /// What was subscribed to, wildcards included.
        subject: String,
    },
    /// The client is being drained.
    Draining,
    /// There will be no connection any more: the last one.
    Closed,
    /// So many events were not read in time, and are missing here.
    Missed(u64),
}

/// What happens to a client, from now on: see [`Client::events`](super::Client::events).
#[derive(Debug)]
pub struct Events {
    reader: Reader<ClientEvent>,
}

/// Why it is not known whether the server has processed what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the connection was lost before the server confirmed: what was published may or may not have arrived"
)]
pub struct FlushError;

impl StatusChanges {
    pub(super) fn new(watcher: Watcher<Status>) -> Self {
        Self { watcher }
    }

    /// The next status, or `None` at the end.
    pub async fn next(&mut self) -> Option<Status> {
        std::future::poll_fn(|context| self.watcher.poll(context)).await
    }
}

impl Stream for StatusChanges {
    type Item = Status;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Status>> {
        self.watcher.poll(context)
    }
}

impl Events {
    pub(super) fn new(reader: Reader<ClientEvent>) -> Self {
        Self { reader }
    }

    /// The next event, or `None` at the end.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Events {
    type Item = ClientEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ClientEvent>> {
        Poll::Ready(match ready!(self.reader.poll(context)) {
            Read::Item(event) => Some(event),
            Read::Dropped(count) => Some(ClientEvent::Missed(count)),
            Read::Closed => None,
        })
    }
}
