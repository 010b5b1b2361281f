//! The right to be connected: whose session it is, when it is renewed, and that it is over.
//!
//! The server ends each connection when the session ends that it was made with. So the client asks here before it makes
//! one, and some time before the end of the one that it has: see [`nats_wsclient::Grant`]. What it is given is only the
//! time; the proof is the cookie, which no script can read. Several tabs share the cookie, and each renews it in its own time.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use nats_wsclient::{Credentials, Grant};
use shared::Timestamp;

use super::clock::device_milliseconds;
use super::http;
use super::place;
use super::snapshots;
use crate::model::refused::HttpError;
use crate::model::who::{Term, Who};

#[derive(Debug)]
pub(super) struct Ticket {
    who: Who,
    term: Cell<Option<Term>>,
    /// When the page was told of the session.
    began: Cell<u64>,
    /// The hotel has said so in this moment: it need not be asked again.
    is_fresh: Cell<bool>,
    /// The hotel has said so at all. Else it is only remembered, and nothing is sent in that name.
    is_confirmed: Cell<bool>,
    over: ArcRwSignal<Option<Over>>,
}

/// Why the page is no longer the one's who opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// Its time is over: the machine has slept, or twelve hours have passed.
    Expired,
    /// It is not there any more, which turns out when the hotel can be asked again.
    Meanwhile,
    /// It was ended before its time: by signing out in another tab, or by a manager.
    Ended,
    /// This browser has another session by now.
    SomebodyElse,
}

impl Ticket {
    pub(super) fn new(who: Who) -> Self {
        let ticket = Self::remembered(who);
        ticket.begin(&ticket.who);
        ticket
    }

    /// That of somebody who had a session when there was a connection.
    pub(super) fn remembered(who: Who) -> Self {
        Self {
            who,
            term: Cell::new(None),
            began: Cell::new(0),
            is_fresh: Cell::new(false),
            is_confirmed: Cell::new(false),
            over: ArcRwSignal::new(None),
        }
    }

    /// When the page was told of the session, in milliseconds.
    pub(super) fn began(&self) -> u64 {
        self.began.get()
    }

    /// When the session is over, however often it is renewed; `None` as long as the hotel has not said so.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        let milliseconds = i64::try_from(self.term.get()?.ends_at).ok()?;
        Some(Timestamp::from_unix_milliseconds(milliseconds))
    }

    /// Whether the hotel has said whose session it is.
    pub(super) fn is_confirmed(&self) -> bool {
        self.is_confirmed.get()
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
        self.began.set(device_milliseconds());
        self.is_fresh.set(true);
        self.is_confirmed.set(true);
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
                if !self.is_confirmed.replace(true) {
                    self.began.set(device_milliseconds());
                }
                Ok(self.current())
            }
            Ok(_) => Err(self.end(Over::SomebodyElse)),
            Err(HttpError::SessionOver) => Err(self.end(match is_good {
                _ if !self.is_confirmed() => Over::Meanwhile,
                true => Over::Ended,
                false => Over::Expired,
            })),
            // Whoever cannot be asked does not stand in the way: the cookie says all that the server has to know.
            Err(_) if is_good && self.is_confirmed() => Ok(self.current()),
            Err(error) => Err(error),
        }
    }

    fn end(&self, over: Over) -> HttpError {
        self.over.set(Some(over));
        // What somebody else has begun since is theirs.
        if over != Over::SomebodyElse {
            spawn_local(snapshots::forget());
        }
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
