//! How the connection is doing, as streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::proto::{ServerError, Status};
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

/// What the server complains about, from now on: see [`Client::server_errors`](super::Client::server_errors).
#[derive(Debug)]
pub struct ServerErrors {
    reader: Reader<ServerError>,
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

impl ServerErrors {
    pub(super) fn new(reader: Reader<ServerError>) -> Self {
        Self { reader }
    }
}

impl Stream for ServerErrors {
    type Item = ServerError;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ServerError>> {
        loop {
            match ready!(self.reader.poll(context)) {
                Read::Item(error) => return Poll::Ready(Some(error)),
                // A reader that misses some of the same complaints misses nothing.
                Read::Dropped(_) => {}
                Read::Closed => return Poll::Ready(None),
            }
        }
    }
}
