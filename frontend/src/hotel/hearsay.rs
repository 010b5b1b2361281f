//! What is heard of a command from other tabs, and from the one who asked, on its way to whoever follows it here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures_util::{Stream, stream};

use crate::model::errand::News;

/// A handle; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearsay(Rc<Heard>);

#[derive(Debug, Default)]
struct Heard {
    accepted: Cell<bool>,
    queued: Cell<bool>,
    forgotten: Cell<bool>,
    withdrawn: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Hearsay {
    /// Another tab says that the command is stored.
    pub(crate) fn accepted(&self) {
        self.0.accepted.set(true);
        self.wake();
    }

    /// Another tab has found no connection to send it over.
    pub(crate) fn queued(&self) {
        self.0.queued.set(true);
        self.wake();
    }

    /// Another tab has ended with the command.
    pub(crate) fn forgotten(&self) {
        self.0.forgotten.set(true);
        self.wake();
    }

    /// The one who asked does not want it any more.
    pub(crate) fn withdrawn(&self) {
        self.0.withdrawn.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// What is heard from now on. Ends when nobody is left who could say something, which is found out when it is looked at.
    pub(super) fn news(self) -> impl Stream<Item = News> + Unpin {
        stream::poll_fn(move |context| {
            let heard = &self.0;
            if heard.queued.take() {
                return Poll::Ready(Some(News::QueuedElsewhere));
            }
            if heard.accepted.take() {
                return Poll::Ready(Some(News::Accepted));
            }
            if heard.withdrawn.take() {
                return Poll::Ready(Some(News::Withdrawn));
            }
            if heard.forgotten.take() {
                return Poll::Ready(Some(News::Forgotten));
            }
            if Rc::strong_count(heard) == 1 {
                return Poll::Ready(None);
            }
            *heard.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
    }
}
