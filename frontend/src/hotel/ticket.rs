//! The right to be connected: whose session it is, when it is renewed, and that it is over.
//!
//! The server ends each connection when the session ends that it was made with. So the client asks here before it makes
//! one, and some time before the end of the one that it has: see [`nats_wsclient::Grant`]. What it is given is only the
//! time; the proof is the cookie, which no script can read. Several tabs share the cookie, and each renews it in its own time.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use nats_wsclient::{Credentials, Grant};

use super::clock::device_milliseconds;
use super::http;
use super::place;
use crate::model::refused::HttpError;
use crate::model::who::{Term, Who};

#[derive(Debug)]
pub(super) struct Ticket {
    who: Who,
    term: Cell<Option<Term>>,
    /// The hotel has said so in this moment: it need not be asked again.
    is_fresh: Cell<bool>,
    over: ArcRwSignal<Option<Over>>,
}

/// Why the page is no longer the one's who opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// Its time is over: the machine has slept, or twelve hours have passed.
    Expired,
    /// It was ended before its time: by signing out in another tab, or by a manager.
    Ended,
    /// This browser has another session by now.
    SomebodyElse,
}

impl Ticket {
    pub(super) fn new(who: Who) -> Self {
        let ticket = Self {
            who,
            term: Cell::new(None),
            is_fresh: Cell::new(false),
            over: ArcRwSignal::new(None),
        };
        ticket.begin(&ticket.who);
        ticket
    }

    pub(super) fn who(&self) -> &Who {
        &self.who
    }

    pub(super) fn over(&self) -> ArcRwSignal<Option<Over>> {
        self.over.clone()
    }

    /// There is a session again, as `who` says.
    pub(super) fn begin(&self, who: &Who) {
        self.term.set(who.term(device_milliseconds()));
        self.is_fresh.set(true);
        self.over.set(None);
    }

    /// What the client may make its next connection with.
    ///
    /// # Errors
    /// When the session is over, or nobody can say that it is not.
    pub(super) async fn grant(&self) -> Result<Grant, HttpError> {
        if self.is_fresh.take() {
            return Ok(self.current());
        }
        if self.over.get_untracked().is_some() {
            return Err(HttpError::SessionOver);
        }
        let answer = if self.who.is_guest() {
            http::ask_who("GET", "session", None).await
        } else {
            http::ask_who("POST", "session/renewal", None).await
        };
        let is_good = self
            .term
            .get()
            .is_none_or(|term| device_milliseconds() < term.expires_at);
        match answer {
            Ok(who) if self.who.is_same_as(&who) => {
                who.let_in()?;
                self.term.set(Who::term(&who, device_milliseconds()));
                Ok(self.current())
            }
            Ok(_) => Err(self.end(Over::SomebodyElse)),
            Err(HttpError::SessionOver) => {
                Err(self.end(if is_good { Over::Ended } else { Over::Expired }))
            }
            // Whoever cannot be asked does not stand in the way: the cookie says all that the server has to know.
            Err(_) if is_good => Ok(self.current()),
            Err(error) => Err(error),
        }
    }

    fn end(&self, over: Over) -> HttpError {
        self.over.set(Some(over));
        HttpError::SessionOver
    }

    /// Staff show the cookie. Whoever shows nothing is a guest of the first hotel; one of another hotel says which. That is no
    /// secret: guests need none.
    fn credentials(&self) -> Credentials {
        match place::named().filter(|_| self.who.is_guest()) {
            Some(hotel) => Credentials::Token(format!("{hotel}.guest")),
            None => Credentials::None,
        }
    }

    fn current(&self) -> Grant {
        let grant = Grant::from(self.credentials());
        let Some(term) = self.term.get() else {
            return grant;
        };
        let left = Duration::from_millis(term.expires_at.saturating_sub(device_milliseconds()));
        grant
            .expires(clients_clock() + left)
            .ahead(Duration::from_millis(term.expires_at - term.renew_at))
    }
}

/// On the clock of [`nats_wsclient::Client::now`], which may stand still meanwhile.
fn clients_clock() -> Duration {
    let now = window()
        .performance()
        .map(|clock| clock.time_origin() + clock.now());
    Duration::from_millis(now.unwrap_or_default() as u64)
}
