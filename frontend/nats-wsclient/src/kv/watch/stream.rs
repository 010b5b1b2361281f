//! A watch as its reader holds it.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{OrderedWatch, WatchError, WatchUpdate};
use crate::client::EngineHandle;
use crate::live::LiveMachine;

/// A watch of a bucket: what is in it, and what happens to it. Dropping it ends it.
///
/// The server tells no watch that the bucket's stream was purged by JetStream's API, which leaves no markers: one without a
/// consumer finds out when it checks whether it has missed anything, one by an ordered consumer after the next reconnect.
///
/// Each item is everything since the one before, and says how current that is. An error tells why the watch is not live;
/// it tries again by itself, unless the error [is final](WatchError::is_final). The stream ends after such an error, and
/// when the client is closed.
///
/// There are two kinds, which tell the same: one that reads by an ordered consumer, of any bucket
/// ([`Store::watch`](crate::kv::Store::watch)), and one without a consumer on the server, of a bucket that republishes
/// ([`Store::watch_live`](crate::kv::Store::watch_live), [`Client::live`](crate::Client::live)).
#[derive(Debug)]
pub struct Watch {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Ordered(EngineHandle<OrderedWatch>),
    Live(EngineHandle<LiveMachine>),
}

impl Watch {
    pub(crate) fn ordered(handle: EngineHandle<OrderedWatch>) -> Self {
        Self {
            source: Source::Ordered(handle),
        }
    }

    pub(super) fn live(handle: EngineHandle<LiveMachine>) -> Self {
        Self {
            source: Source::Live(handle),
        }
    }

    /// What is new, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<WatchUpdate, WatchError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Watch {
    type Item = Result<WatchUpdate, WatchError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &self.source {
            Source::Ordered(handle) => handle.poll(context, |watch| {
                let update = watch.poll_update().map(Ok);
                update.or_else(|| watch.poll_error().map(Err))
            }),
            Source::Live(handle) => handle.poll(context, |machine| {
                let update = machine.poll_update().map(Ok);
                update.or_else(|| machine.poll_error().map(Err))
            }),
        }
    }
}
