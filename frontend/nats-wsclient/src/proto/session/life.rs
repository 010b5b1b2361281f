//! How a connection begins, is kept, and ends.

use super::{Event, Io, Phase, Ping, PingId, Session, Sid, Unanswered};
use crate::proto::{DisconnectCause, Stage, Status, encode};

impl Session {
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.phase,
            Phase::Greeting { .. }
                | Phase::Signing { .. }
                | Phase::Handshake { .. }
                | Phase::Connected { .. }
        )
    }

    pub(super) fn send_ping(&mut self, id: Option<PingId>) {
        self.send_ping_for(id, None);
    }

    /// Sends a ping whose answer ends a subscription.
    pub(super) fn send_ping_for(&mut self, id: Option<PingId>, drains: Option<Sid>) {
        self.out.extend_from_slice(encode::PING);
        let after = self.fates.last_written();
        self.pings.push_back(Ping { id, after, drains });
        self.unasked = 0;
        self.unanswered.ping_sent();
    }

    /// Begins an attempt with the server whose turn it is.
    pub(super) fn open(&mut self) {
        if self.servers.all_tried() {
            self.servers.begin_round();
        }
        self.servers.advance();
        if self.config.asks_for_credentials && !self.login.take_fresh() {
            self.ask_for_credentials();
            self.phase = Phase::Authorizing {
                deadline: self.now + self.config.connection_timeout,
            };
        } else {
            self.dial();
        }
    }

    pub(super) fn dial(&mut self) {
        self.io.push_back(Io::Open);
        self.phase = Phase::Opening {
            deadline: self.now + self.config.connection_timeout,
        };
    }

    /// The connection, or the attempt to make one, has failed.
    pub(super) fn fail(&mut self, cause: DisconnectCause, close: bool) {
        if matches!(self.phase, Phase::Waiting { .. } | Phase::Closed) {
            return;
        }
        // Credentials are asked for before there is a socket.
        if close && !matches!(self.phase, Phase::Authorizing { .. }) {
            self.io.push_back(Io::Close);
        }
        let round_is_over;
        if let Phase::Connected { since } = self.phase {
            self.events.push_back(Event::Disconnected(cause.clone()));
            // A server that accepts a client and then drops it shall not be dialled without a pause.
            let stable = self.now.saturating_sub(since) > self.backoff.max();
            self.failures = if stable { 1 } else { self.failures + 1 };
            self.servers.begin_round_elsewhere();
            round_is_over = !stable || self.servers.all_tried();
        } else {
            // Without credentials another server is no better.
            round_is_over = self.servers.all_tried()
                || matches!(
                    cause,
                    DisconnectCause::Credentials { .. }
                        | DisconnectCause::Timeout(Stage::Credentials)
                );
            self.failures += u32::from(round_is_over);
        }
        self.forget_connection();
        let refused_again = match &cause {
            DisconnectCause::Server(error) if error.is_refused_credentials() => {
                self.servers.refused(error)
            }
            _ => false,
        };
        // The first failure is the loss of the connection itself; what counts are the rounds after it.
        let most = self.config.max_reconnects;
        let too_many = most.is_some_and(|most| self.failures > most) && !cause.is_on_purpose();
        let hopeless = !self.ever_connected && !self.config.retry_on_initial_connect;
        let no_entry = refused_again && most.is_some() && !self.config.asks_for_credentials;
        if no_entry || round_is_over && (too_many || hopeless) {
            self.end(Some(cause));
            return;
        }
        let attempt = if self.ever_connected {
            self.failures
        } else {
            self.failures + 1
        };
        let since = match self.status {
            Status::Reconnecting { since, .. } => since,
            _ => self.last_heard,
        };
        self.set_status(if self.ever_connected {
            Status::Reconnecting {
                attempt,
                since,
                cause,
            }
        } else {
            Status::Connecting {
                attempt,
                cause: Some(cause),
            }
        });
        if round_is_over {
            self.phase = Phase::Waiting {
                until: self.now.saturating_add(self.backoff.delay(self.failures)),
            };
        } else {
            self.open();
        }
    }

    fn forget_connection(&mut self) {
        self.parser.reset();
        self.out.clear();
        self.unsent = 0;
        self.pings.clear();
        self.unasked = 0;
        self.unanswered = Unanswered::default();
        self.fates.lose();
        self.end_draining();
        self.probe = None;
        self.last_words = None;
        self.leaving = None;
        self.login.forget_connection();
    }

    pub(super) fn end(&mut self, cause: Option<DisconnectCause>) {
        self.phase = Phase::Closed;
        self.fates.lose();
        self.drop_backlog();
        self.set_status(Status::Closed { cause });
    }

    pub(super) fn set_status(&mut self, status: Status) {
        self.status = status;
        self.events.push_back(Event::StatusChanged);
    }
}
