//! A bounded queue between the client and one reader, on one thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The client's end.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Rc<RefCell<State<T>>>,
}

/// The reader's end.
#[derive(Debug)]
pub(crate) struct Reader<T> {
    state: Rc<RefCell<State<T>>>,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    capacity: usize,
    /// How many were dropped since the reader was last told.
    dropped: u64,
    /// Comes after the gap, if there is one, and is the last one.
    last: Option<T>,
    closed: bool,
    waker: Option<Waker>,
}

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read<T> {
    Item(T),
    /// So many items found no place here, after those that were read before.
    Dropped(u64),
    Closed,
}

/// A queue of up to `capacity` items.
pub(crate) fn queue<T>(capacity: usize) -> (Queue<T>, Reader<T>) {
    let state = Rc::new(RefCell::new(State {
        items: VecDeque::new(),
        capacity,
        dropped: 0,
        last: None,
        closed: false,
        waker: None,
    }));
    let reader = Reader {
        state: Rc::clone(&state),
    };
    (Queue { state }, reader)
}

impl<T> Queue<T> {
    /// Adds an item, or counts it as dropped if there is no place.
    pub(crate) fn push(&self, item: T) {
        let mut state = self.state.borrow_mut();
        // Once one was dropped the following are too, until the reader was told: a gap, and not a sieve.
        if state.dropped > 0 || state.items.len() >= state.capacity {
            state.dropped += 1;
        } else {
            state.items.push_back(item);
        }
        state.wake();
    }

    /// Adds an item even if there is no place, and lets the reader find the end after it.
    pub(crate) fn close_with(&self, last: T) {
        let mut state = self.state.borrow_mut();
        state.last = Some(last);
        state.closed = true;
        state.wake();
    }

    /// Whether the reader is gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        Rc::strong_count(&self.state) == 1
    }
}

/// Lets the reader find the end, after what is in the queue.
impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        state.closed = true;
        state.wake();
    }
}

impl<T> Reader<T> {
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Read<T>> {
        let mut state = self.state.borrow_mut();
        if let Some(item) = state.items.pop_front() {
            return Poll::Ready(Read::Item(item));
        }
        let dropped = std::mem::take(&mut state.dropped);
        if dropped > 0 {
            return Poll::Ready(Read::Dropped(dropped));
        }
        if let Some(last) = state.last.take() {
            return Poll::Ready(Read::Item(last));
        }
        if state.closed {
            return Poll::Ready(Read::Closed);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> State<T> {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(reader: &Reader<T>) -> Poll<Read<T>> {
        reader.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn one_gap_is_told_once_and_in_its_place() {
        let (queue, reader) = queue(2);
        for item in 1..=5 {
            queue.push(item);
        }
        assert_eq!(read(&reader), Poll::Ready(Read::Item(1)));
        queue.push(6);
        assert_eq!(read(&reader), Poll::Ready(Read::Item(2)));
        assert_eq!(read(&reader), Poll::Ready(Read::Dropped(4)));
        assert_eq!(read(&reader), Poll::Pending);
        queue.push(7);
        assert_eq!(read(&reader), Poll::Ready(Read::Item(7)));
    }

    #[test]
    fn the_end_comes_after_what_was_queued() {
        let (queue, reader) = queue(1);
        queue.push(1);
        queue.push(2);
        queue.close_with(3);
        assert!(!queue.is_abandoned());
        drop(queue);
        assert_eq!(read(&reader), Poll::Ready(Read::Item(1)));
        assert_eq!(read(&reader), Poll::Ready(Read::Dropped(1)));
        assert_eq!(read(&reader), Poll::Ready(Read::Item(3)));
        assert_eq!(read(&reader), Poll::Ready(Read::Closed));
    }

    #[test]
    fn a_reader_that_went_is_noticed() {
        let (queue, reader) = queue::<()>(1);
        drop(reader);
        assert!(queue.is_abandoned());
    }
}
