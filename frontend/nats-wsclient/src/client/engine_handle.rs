//! Starting an engine, reading it, and ending it.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use super::core::Core;
use super::driver::Inner;
use super::engine::{AnyEngine, Engine, Running};
use super::handle::Client;
use super::subscription::SubscribeError;

/// An engine as its reader holds it. Dropping it ends the engine.
pub(crate) struct EngineHandle<E> {
    inner: Weak<Inner>,
    running: Rc<RefCell<Running<E>>>,
}

impl Client {
    /// Drives an engine that is subscribed to `subject`, for as long as the handle is held.
    ///
    /// # Errors
    /// When it is not a subject, or the client is closed.
    pub(crate) fn start_engine<E: Engine + 'static>(
        &self,
        subject: &str,
        engine: E,
    ) -> Result<EngineHandle<E>, SubscribeError> {
        let running = Rc::new(RefCell::new(Running::new(engine)));
        self.start_any_engine(subject, Rc::clone(&running) as AnyEngine)?;
        Ok(EngineHandle {
            inner: Rc::downgrade(&self.inner),
            running,
        })
    }

    /// What is the same for all engines, so that the page has it once.
    fn start_any_engine(&self, subject: &str, engine: AnyEngine) -> Result<(), SubscribeError> {
        self.check_open()?;
        let start = |core: &mut Core, now| core.start_engine(now, subject, engine);
        Ok(self.inner.write(start)?)
    }
}

impl<E: Engine> EngineHandle<E> {
    /// What `take` finds, or `None` at the end.
    pub(crate) fn poll<T>(
        &self,
        context: &mut Context<'_>,
        take: impl FnOnce(&mut E) -> Option<T>,
    ) -> Poll<Option<T>> {
        let mut running = self.running.borrow_mut();
        let result = running.poll(context, take);
        let sends = running.engine.has_outgoing();
        drop(running);
        if sends && let Some(inner) = self.inner.upgrade() {
            inner.write(|_, _| {});
        }
        result
    }
}

impl<E> Drop for EngineHandle<E> {
    fn drop(&mut self) {
        let sid = self.running.borrow().sid;
        if let Some(inner) = self.inner.upgrade()
            && let Some(sid) = sid
        {
            inner.write(|core, now| core.stop_engine(now, sid));
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for EngineHandle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.running.borrow().engine.fmt(f)
    }
}
