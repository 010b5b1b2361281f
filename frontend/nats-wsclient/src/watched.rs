//! A value that several readers follow, on one thread. A reader that is slow sees the newest value, not each.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Debug)]
pub(crate) struct Watched<T> {
    state: Rc<RefCell<State<T>>>,
}

#[derive(Debug)]
pub(crate) struct Watcher<T> {
    state: Rc<RefCell<State<T>>>,
    seen: u64,
}

#[derive(Debug)]
struct State<T> {
    value: T,
    version: u64,
    closed: bool,
    wakers: Vec<Waker>,
}

impl<T: Clone> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            state: Rc::new(RefCell::new(State {
                value,
                version: 1,
                closed: false,
                wakers: Vec::new(),
            })),
        }
    }

    pub(crate) fn set(&self, value: T) {
        let mut state = self.state.borrow_mut();
        state.value = value;
        state.version += 1;
        state.wake();
    }

    pub(crate) fn get(&self) -> T {
        self.state.borrow().value.clone()
    }

    /// A reader whose first value is the current one.
    pub(crate) fn watch(&self) -> Watcher<T> {
        Watcher {
            state: Rc::clone(&self.state),
            seen: 0,
        }
    }
}

/// Lets the readers find the end, after the last value.
impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        state.closed = true;
        state.wake();
    }
}

impl<T: Clone> Watcher<T> {
    /// The value, if it is another one than at the last call; `None` at the end.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state.borrow_mut();
        if state.version > self.seen {
            self.seen = state.version;
            return Poll::Ready(Some(state.value.clone()));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        if !state
            .wakers
            .iter()
            .any(|waker| waker.will_wake(context.waker()))
        {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> State<T> {
    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_sees_the_newest_value_and_the_end() {
        let mut context = Context::from_waker(Waker::noop());
        let watched = Watched::new(1);
        let (mut early, mut late) = (watched.watch(), watched.watch());
        assert_eq!(early.poll(&mut context), Poll::Ready(Some(1)));
        assert_eq!(early.poll(&mut context), Poll::Pending);
        watched.set(2);
        watched.set(3);
        assert_eq!(watched.get(), 3);
        drop(watched);
        for reader in [&mut early, &mut late] {
            assert_eq!(reader.poll(&mut context), Poll::Ready(Some(3)));
            assert_eq!(reader.poll(&mut context), Poll::Ready(None));
        }
    }
}
