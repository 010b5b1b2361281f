//! Ending a client without losing what it was sent and what it has published.

use std::time::Duration;

use futures_channel::oneshot;

use super::core::Core;
use super::observe::ClientEvent;
use crate::proto::{Fate, PublishId, Sid};

/// Why draining a client did not do everything. The client is closed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrainError {
    /// The time was over first. What was not read is lost to its reader; what was not confirmed may or may not have
    /// arrived.
    #[error(
        "not everything that was received was read, or not everything that was published was sent, in time: read on while draining, or raise drain_timeout"
    )]
    TimedOut,
    /// The connection was lost while the server was asked to confirm what was published.
    #[error(
        "the connection was lost before the server confirmed: what was published last may or may not have arrived"
    )]
    Disconnected,
}

/// A client that is being drained.
#[derive(Debug)]
pub(super) struct Drain {
    deadline: Duration,
    /// The subscriptions of which not everything was read.
    unread: Vec<Sid>,
    /// What was published last, once everything was read: answers may be published while reading.
    last: Option<PublishId>,
    waiting: Vec<oneshot::Sender<Result<(), DrainError>>>,
}

impl Core {
    /// Ends all subscriptions but for what is on its way, lets their readers read that, waits until everything that
    /// was published is confirmed, and closes the client. A sender that is dropped: it was closed meanwhile.
    pub(super) fn drain(
        &mut self,
        deadline: Duration,
    ) -> oneshot::Receiver<Result<(), DrainError>> {
        let (sender, receiver) = oneshot::channel();
        if self.session.status().is_closed() {
            return receiver;
        }
        if let Some(drain) = &mut self.drain {
            drain.waiting.push(sender);
            return receiver;
        }
        let unread: Vec<_> = self.subscriptions.iter().map(|(sid, _)| sid).collect();
        for sid in &unread {
            self.session.drain(*sid);
        }
        self.drain = Some(Drain {
            deadline,
            unread,
            last: None,
            waiting: vec![sender],
        });
        self.tell(&ClientEvent::Draining);
        receiver
    }

    /// Everything of a subscription was read, or nobody wants to.
    pub(super) fn was_read(&mut self, sid: Sid) {
        if let Some(drain) = &mut self.drain {
            drain.unread.retain(|unread| *unread != sid);
        }
    }

    pub(super) fn go_on_draining(&mut self, now: Duration) {
        let Some(drain) = &mut self.drain else {
            return;
        };
        let result = if now >= drain.deadline {
            Err(DrainError::TimedOut)
        } else if !drain.unread.is_empty() {
            return;
        } else if let Some(last) = drain.last {
            match self.session.fate(last) {
                None => return,
                Some(Fate::Unknown) => Err(DrainError::Disconnected),
                Some(Fate::Sent | Fate::Rejected(_)) => Ok(()),
            }
        } else {
            let last = self.session.last_published();
            if self.session.fate(last).is_none() {
                self.session.confirm();
                drain.last = Some(last);
                return;
            }
            Ok(())
        };
        self.session.close(now);
        for waiting in self
            .drain
            .take()
            .into_iter()
            .flat_map(|drain| drain.waiting)
        {
            // Nobody is told if whoever asked is gone.
            let _ = waiting.send(result);
        }
    }

    pub(super) fn drain_timeout(&self) -> Option<Duration> {
        self.drain.as_ref().map(|drain| drain.deadline)
    }
}
