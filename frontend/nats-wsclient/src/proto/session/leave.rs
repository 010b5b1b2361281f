//! Leaving a server that would go on: it is about to shut down, or the credentials are about to expire.
//!
//! What was sent is confirmed first, so that the fate of nothing gets lost by it.

use super::{Phase, Session};
use crate::proto::DisconnectCause;

/// Somebody who publishes without a pause does not hold up the leaving for longer than so many questions take.
const PATIENCE: u32 = 3;

#[derive(Debug)]
pub(super) struct Leaving {
    cause: DisconnectCause,
    /// How often the server was asked whether it has processed everything.
    asked: u32,
    /// It has.
    confirmed: bool,
}

impl Session {
    /// Leaves the server once it has confirmed what was sent.
    pub(super) fn leave(&mut self, cause: DisconnectCause) {
        if self.leaving.is_none() && matches!(self.phase, Phase::Connected { .. }) {
            self.leaving = Some(Leaving {
                cause,
                asked: 1,
                confirmed: false,
            });
            self.probe(self.config.ping_timeout, false);
        }
    }

    /// The server has answered.
    pub(super) fn consider_leaving(&mut self) {
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        if !self.pings.is_empty() {
            return;
        }
        if self.fates.all_confirmed() || leaving.asked >= PATIENCE {
            leaving.confirmed = true;
        } else {
            leaving.asked += 1;
            self.send_ping(None);
        }
    }

    /// Leaves, if it is time to.
    pub(super) fn leave_if_confirmed(&mut self) {
        if let Some(leaving) = self.leaving.take_if(|leaving| leaving.confirmed) {
            self.fail(leaving.cause, true);
            if let Phase::Waiting { .. } = self.phase {
                self.open();
            }
        }
    }
}
