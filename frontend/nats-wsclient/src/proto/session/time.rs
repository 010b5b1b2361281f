//! What follows from time that has passed.

use std::time::Duration;

use super::{Phase, Session};
use crate::proto::{DisconnectCause, Stage};

/// A timer that fires this much later than asked for tells that the page was asleep, and nothing about the server.
const LATE: Duration = Duration::from_secs(1);

/// A ping that shall tell whether the server is still there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    sent: Duration,
    patience: Duration,
    /// It is the second one in a row, because the timer of the first one was late.
    repeated: bool,
}

impl Session {
    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = now;
        self.renew_if_due();
        let Some(due) = self.next_step().filter(|&due| due <= now) else {
            return;
        };
        let late = now - due > LATE;
        match (self.phase, self.probe) {
            (Phase::Waiting { .. }, _) => self.open(),
            (Phase::Authorizing { .. }, _) => {
                self.fail(DisconnectCause::Timeout(Stage::Credentials), false);
            }
            (Phase::Signing { .. }, _) => self.fail(DisconnectCause::Timeout(Stage::Sign), true),
            (Phase::Opening { .. }, _) => self.fail(DisconnectCause::Timeout(Stage::Open), true),
            (Phase::Greeting { .. }, _) => {
                self.fail(DisconnectCause::Timeout(Stage::Greeting), true);
            }
            (Phase::Handshake { .. }, _) => {
                self.fail(DisconnectCause::Timeout(Stage::Handshake), true);
            }
            // Nothing was due while the page slept: that is as good as being told that it woke up.
            (Phase::Connected { .. }, None) if late => self.probe(self.config.wake_timeout, false),
            (Phase::Connected { .. }, None) => self.probe(self.config.ping_timeout, false),
            // The answer may be waiting behind the timer. A throttled page is late every time, hence once only.
            (
                Phase::Connected { .. },
                Some(Probe {
                    repeated: false, ..
                }),
            ) if late => {
                self.probe(self.config.wake_timeout, true);
            }
            (Phase::Connected { .. }, Some(_)) => self.fail(DisconnectCause::Silent, true),
            (Phase::Closed, _) => {}
        }
    }

    /// The page woke up or was shown, or its network came or went: whether the server is still there is asked at once,
    /// and an attempt that waits for its time is made at once.
    pub fn handle_wake(&mut self, now: Duration) {
        self.now = now;
        match self.phase {
            Phase::Waiting { .. } => self.open(),
            Phase::Connected { .. } => self.probe(self.config.wake_timeout, false),
            Phase::Authorizing { .. }
            | Phase::Opening { .. }
            | Phase::Greeting { .. }
            | Phase::Signing { .. }
            | Phase::Handshake { .. }
            | Phase::Closed => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let times = [self.next_step(), self.login.renew_at()];
        times.into_iter().flatten().min()
    }

    /// When the phase has lasted for long enough.
    fn next_step(&self) -> Option<Duration> {
        match (self.phase, self.probe) {
            (Phase::Waiting { until }, _) => Some(until),
            (
                Phase::Authorizing { deadline }
                | Phase::Opening { deadline }
                | Phase::Greeting { deadline }
                | Phase::Signing { deadline }
                | Phase::Handshake { deadline },
                _,
            ) => Some(deadline),
            // Whatever arrives shows that the server is there: a long answer may be in front of the PONG.
            (Phase::Connected { .. }, Some(probe)) => {
                Some(probe.sent.max(self.last_heard) + probe.patience)
            }
            (Phase::Connected { .. }, None) => Some(self.last_heard + self.config.ping_interval),
            (Phase::Closed, _) => None,
        }
    }

    pub(super) fn probe(&mut self, patience: Duration, repeated: bool) {
        self.send_ping(None);
        self.probe = Some(Probe {
            sent: self.now,
            patience,
            repeated,
        });
    }
}
