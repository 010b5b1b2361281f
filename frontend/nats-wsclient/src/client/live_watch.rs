//! A live watch as a stream.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::driver::Inner;
use crate::kv::{WatchError, WatchUpdate};
use crate::live::{LiveBucket, LiveMachine};
use crate::proto::Sid;

/// A live watch of a bucket: see [`Client::live`](super::Client::live). Dropping it ends it.
///
/// An error tells why the watch is not live; it tries again by itself, unless the error [is
/// final](WatchError::is_final). The stream ends after such an error, and when the client is closed.
#[derive(Debug)]
pub struct LiveWatch {
    inner: Weak<Inner>,
    sid: Sid,
    watch: Rc<RefCell<Watch>>,
}

/// What the client and the reader of a live watch share.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) machine: LiveMachine,
    /// The token of the page that is being received.
    pub(super) token: Option<u64>,
    ended: bool,
    waker: Option<Waker>,
}

impl LiveWatch {
    pub(super) fn new(inner: Weak<Inner>, sid: Sid, watch: Rc<RefCell<Watch>>) -> Self {
        Self { inner, sid, watch }
    }
}

impl Stream for LiveWatch {
    type Item = Result<WatchUpdate, WatchError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut watch = self.watch.borrow_mut();
        if let Some(update) = watch.machine.poll_update() {
            return Poll::Ready(Some(Ok(update)));
        }
        if let Some(error) = watch.machine.poll_error() {
            return Poll::Ready(Some(Err(error)));
        }
        if watch.ended || watch.machine.is_ended() {
            return Poll::Ready(None);
        }
        watch.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for LiveWatch {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.write(|core, _| core.unsubscribe(self.sid));
        }
    }
}

impl Watch {
    pub(super) fn new(bucket: LiveBucket) -> Self {
        Self {
            machine: LiveMachine::new(bucket),
            token: None,
            ended: false,
            waker: None,
        }
    }

    /// Wakes the reader if there is something for it.
    pub(super) fn wake_reader(&mut self) {
        let news = self.ended || self.machine.has_news() || self.machine.is_ended();
        if let Some(waker) = self.waker.take_if(|_| news) {
            waker.wake();
        }
    }

    /// The client is closed.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.wake_reader();
    }
}
