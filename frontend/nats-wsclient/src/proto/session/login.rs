//! Who the client is: credentials that are asked for, what is to be signed, and fresh ones ahead of their end.

use std::rc::Rc;
use std::time::Duration;

use super::{Event, Io, LoginId, Phase, Session};
use crate::base64;
use crate::proto::info::connect_json;
use crate::proto::{Credentials, DisconnectCause, Grant, Signer, encode};

/// How long before their end fresh credentials are asked for, unless the grant says otherwise; with a short life a quarter
/// of it.
const AHEAD: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Login {
    grant: Grant,
    /// The credentials were got for a connection that is to be made now.
    fresh: bool,
    /// What is waited for.
    waiting: Option<LoginId>,
    last: u64,
    renew_at: Option<Duration>,
}

impl Login {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            grant: credentials.into(),
            fresh: false,
            waiting: None,
            last: 0,
            renew_at: None,
        }
    }

    pub(super) fn take_fresh(&mut self) -> bool {
        std::mem::take(&mut self.fresh)
    }

    pub(super) fn renew_at(&self) -> Option<Duration> {
        self.renew_at
    }

    pub(super) fn forget_connection(&mut self) {
        self.waiting = None;
        self.renew_at = None;
    }

    fn wait(&mut self) -> LoginId {
        self.last += 1;
        let id = LoginId(self.last);
        self.waiting = Some(id);
        id
    }

    fn answered(&mut self, id: LoginId) -> bool {
        self.waiting.take_if(|waiting| *waiting == id).is_some()
    }
}

impl Session {
    pub(super) fn ask_for_credentials(&mut self) {
        let id = self.login.wait();
        self.io.push_back(Io::Authorize(id));
    }

    /// The driver was asked for credentials, and has some, or the reason why not.
    pub fn handle_credentials(
        &mut self,
        now: Duration,
        id: LoginId,
        answer: Result<Grant, String>,
    ) {
        self.now = now;
        if !self.login.answered(id) {
            return;
        }
        match (self.phase, answer) {
            (Phase::Authorizing { .. }, Ok(grant)) => {
                self.login.grant = grant;
                self.dial();
            }
            (Phase::Authorizing { .. }, Err(reason)) => {
                self.fail(DisconnectCause::Credentials { reason }, false);
            }
            (Phase::Connected { .. }, Ok(grant)) if grant.outlives(&self.login.grant) => {
                self.login.grant = grant;
                self.login.fresh = true;
                self.login.renew_at = None;
                self.leave(DisconnectCause::Renewal);
            }
            // The connection is good until its end. If there are no other credentials then either, the status says so.
            (Phase::Connected { .. }, answer) => {
                self.login.renew_at = Some(now + self.backoff.max());
                let no_better = || "what was provided ends no later".to_owned();
                let reason = answer.err().unwrap_or_else(no_better);
                self.events.push_back(Event::RenewalFailed { reason });
            }
            _ => {}
        }
    }

    /// What is to be signed, and by whom, while [`Io::Sign`] is waited for.
    pub fn challenge(&self) -> Option<(&Rc<dyn Signer>, &str)> {
        let nonce = self.info.as_ref()?.nonce.as_deref()?;
        Some((self.login.grant.credentials.signer()?, nonce))
    }

    /// The driver was asked for a signature, and has it, or the reason why not.
    pub fn handle_signature(
        &mut self,
        now: Duration,
        id: LoginId,
        answer: Result<[u8; 64], String>,
    ) {
        self.now = now;
        let Phase::Signing { deadline } = self.phase else {
            return;
        };
        if !self.login.answered(id) {
            return;
        }
        match answer {
            Ok(signature) => self.introduce(deadline, Some(&base64::encode(&signature))),
            Err(reason) => self.fail(DisconnectCause::Signature { reason }, true),
        }
    }

    /// The server has said who it is.
    pub(super) fn log_in(&mut self, deadline: Duration) {
        if self.challenge().is_some() {
            let id = self.login.wait();
            self.io.push_back(Io::Sign(id));
            self.phase = Phase::Signing { deadline };
        } else {
            self.introduce(deadline, None);
        }
    }

    fn introduce(&mut self, deadline: Duration, signature: Option<&str>) {
        let credentials = &self.login.grant.credentials;
        let json = connect_json(self.config.name.as_deref(), credentials, signature);
        encode::connect(&mut self.out, json.as_bytes());
        // The server answers the first ping, and says what the account's own limits are only then (`processPing`). By the
        // second answer these are known.
        self.send_ping(None);
        self.send_ping(None);
        self.phase = Phase::Handshake { deadline };
    }

    /// There is a connection, for as long as the credentials are good.
    pub(super) fn plan_renewal(&mut self) {
        let now = self.now;
        // If they should not have been accepted any more, the clock here is fast and tells nothing of their end.
        let expires = self
            .login
            .grant
            .expires
            .filter(|&expires| self.config.asks_for_credentials && expires > now);
        self.login.renew_at = expires.map(|expires| {
            let left = expires - now;
            let asked_for = self.login.grant.ahead.map(|ahead| ahead.min(left / 2));
            let ahead = asked_for.unwrap_or((left / 4).min(AHEAD));
            // Pages that were opened together do not come back together.
            expires.saturating_sub(ahead.mul_f64(0.75 + self.backoff.chance() / 2.0))
        });
    }

    pub(super) fn renew_if_due(&mut self) {
        let now = self.now;
        if self.login.renew_at.take_if(|at| *at <= now).is_some() {
            if self.login.waiting.is_some() {
                let reason = "the provider did not answer in time".to_owned();
                self.events.push_back(Event::RenewalFailed { reason });
            }
            self.ask_for_credentials();
            // Whoever does not answer is asked again.
            self.login.renew_at = Some(now + self.config.connection_timeout);
        }
    }
}
