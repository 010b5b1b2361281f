//! From a name and a password, or a one-time link, to a session.

use std::rc::Rc;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::window;
use leptos::task::spawn_local;
use nats_wsclient::{ConnectError, ConnectOptions};

use super::http;
use super::link_fault::LinkFault;
use super::place;
use super::session::Session;
use super::snapshots;
use super::ticket::Ticket;
use crate::model::refused::HttpError;
use crate::model::snapshot::Snapshot;
use crate::model::who::{Invited, Proof, Who};

/// Where NATS listens for browsers when the page does not say otherwise.
const DEFAULT_PORT: u16 = 9222;

/// A page that can begin with what is remembered does not wait longer than this for the hotel.
const PATIENCE_MS: u32 = 2_000;

/// Why nobody is logged in, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogInError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Link(#[from] LinkFault),
}

impl LogInError {
    /// The value of `data-login-error`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Http(error) => error.code(),
            Self::Link(error) => error.code(),
        }
    }

    /// Whether the hotel could not be reached, or was not ready, so that it has not said no.
    fn is_of_the_network(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::NoAnswer | HttpError::NotReady),
            Self::Link(_) => true,
        }
    }

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Http(error) => error.remedy(),
            Self::Link(error) => error.remedy(),
        }
    }
}

/// The session that this browser has already, if it has one. Where the hotel cannot be reached, the page begins with what it knew
/// last.
///
/// # Errors
/// When nobody can say so, or there is one and no connection for it; and nothing is remembered.
pub(crate) async fn resume() -> Result<Option<Session>, LogInError> {
    let asked = async {
        let who = http::ask_who("GET", "session", None).await;
        who.map_err(LogInError::from)
    };
    match or_remembered(asked, &|_| true).await? {
        Either::Left(who) if who.is_guest() => {
            spawn_local(snapshots::forget());
            Ok(None)
        }
        Either::Left(who) => {
            let connected = connect(who.clone());
            match or_remembered(connected, &|remembered| remembered.is_same_as(&who)).await? {
                Either::Left(session) => Ok(Some(session)),
                Either::Right(snapshot) => begin_with(snapshot, Ticket::new(who)).await.map(Some),
            }
        }
        Either::Right(snapshot) => {
            let ticket = Ticket::remembered(snapshot.who().clone());
            begin_with(snapshot, ticket).await.map(Some)
        }
    }
}

/// What comes of `attempt` or, where the hotel does not answer soon, what is remembered of it for somebody who `is_right`.
async fn or_remembered<T>(
    attempt: impl Future<Output = Result<T, LogInError>>,
    is_right: &dyn Fn(&Who) -> bool,
) -> Result<Either<T, Snapshot>, LogInError> {
    let attempt = std::pin::pin!(attempt);
    let late = match select(attempt, TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((Ok(answer), _)) => return Ok(Either::Left(answer)),
        Either::Left((Err(error), _)) if !error.is_of_the_network() => return Err(error),
        Either::Left((Err(error), _)) => Either::Left(error),
        Either::Right((_, attempt)) => Either::Right(attempt),
    };
    let remembered = snapshots::read().await;
    if let Some(snapshot) = remembered.filter(|snapshot| is_right(snapshot.who())) {
        return Ok(Either::Right(snapshot));
    }
    match late {
        Either::Left(error) => Err(error),
        Either::Right(attempt) => attempt.await.map(Either::Left),
    }
}

/// Goes on trying to connect while the page shows what is remembered.
async fn begin_with(snapshot: Snapshot, ticket: Ticket) -> Result<Session, LogInError> {
    let session = dial(ticket, true).await?;
    Ok(session.remembering(snapshot))
}

/// Logs in by name and password.
///
/// # Errors
/// When they are not right, or nobody can say so, or there is no connection.
pub(crate) async fn log_in(name: &str, password: &str) -> Result<Session, LogInError> {
    connect(prove(by_password(name, password)).await?).await
}

/// Goes on as nobody in particular.
///
/// # Errors
/// As [`log_in`].
pub(crate) async fn enter_as_guest() -> Result<Session, LogInError> {
    let mut who = http::ask_who("GET", "session", None).await?;
    if !who.is_guest() {
        forget_session().await?;
        who = http::ask_who("GET", "session", None).await?;
    }
    who.let_in()?;
    connect(who).await
}

/// For whom a one-time link is. That does not use it up.
///
/// # Errors
/// When it is over, or nobody can say so.
pub(crate) async fn whose(link: &str) -> Result<Invited, HttpError> {
    let proof = Proof {
        link: Some(link),
        ..Proof::default()
    };
    http::ask("POST", "link", Some(proof)).await
}

/// Uses a one-time link up: sets the password of the one whom it is for, and logs in.
///
/// # Errors
/// When the link is over or the password too weak; or as [`log_in`].
pub(crate) async fn redeem(link: &str, password: &str) -> Result<Session, LogInError> {
    let proof = Proof {
        link: Some(link),
        password: Some(password),
        ..Proof::default()
    };
    connect(prove(proof).await?).await
}

fn by_password<'a>(name: &'a str, password: &'a str) -> Proof<'a> {
    Proof {
        name: Some(name),
        password: Some(password),
        ..Proof::default()
    }
}

/// Lets the server look at the proof, and then at the cookie that it gave for it: a browser may keep none.
async fn prove(proof: Proof<'_>) -> Result<Who, HttpError> {
    let proven = http::ask_who("POST", "session", Some(proof)).await?;
    // It may be somebody else's.
    spawn_local(snapshots::forget());
    let kept = http::ask_who("GET", "session", None).await?;
    if kept.is_guest() && !proven.is_guest() {
        return Err(HttpError::NoCookie);
    }
    Ok(kept)
}

impl Session {
    /// Goes on with a session that has expired, if it is the same one's again; or else begins the one of somebody else.
    ///
    /// # Errors
    /// As [`log_in`].
    pub(crate) async fn go_on(
        &self,
        name: &str,
        password: &str,
    ) -> Result<Option<Session>, LogInError> {
        let who = prove(by_password(name, password)).await?;
        if self.who().is_same_as(&who) {
            self.begin_again(&who);
            return Ok(None);
        }
        connect(who).await.map(Some)
    }

    /// Ends the session: here, in other tabs, and at the server.
    ///
    /// # Errors
    /// When the server has not heard of it: this browser is still logged in.
    pub(crate) async fn sign_out(self) -> Result<(), HttpError> {
        let is_guest = self.who().is_guest();
        self.close();
        if is_guest {
            return Ok(());
        }
        forget_session().await
    }
}

/// Ends the session that this browser has.
///
/// # Errors
/// When the server has not heard of it.
pub(crate) async fn forget_session() -> Result<(), HttpError> {
    // The server hears of it first: the page may be left in this moment.
    spawn_local(snapshots::forget());
    http::send("DELETE", "session", None).await.map(|_| ())
}

/// Once connected, a session reconnects by itself for ever.
async fn connect(who: Who) -> Result<Session, LogInError> {
    dial(Ticket::new(who), false).await
}

/// `waits_for_ever`: there is a session at once, and a connection when there is one.
async fn dial(ticket: Ticket, waits_for_ever: bool) -> Result<Session, LogInError> {
    let inbox = format!("_INBOX.{}", ticket.who().user);
    let ticket = Rc::new(ticket);
    let asked = Rc::clone(&ticket);
    let mut options = ConnectOptions::new()
        .name("vacancy-board")
        .custom_inbox_prefix(inbox)
        .credentials_provider(move || {
            let ticket = Rc::clone(&asked);
            async move { ticket.grant().await }
        });
    let url = server_url();
    if waits_for_ever {
        options = options.retry_on_initial_connect();
    }
    match options.connect(&url).await {
        Ok(client) => Ok(Session::new(client, ticket)),
        Err(ConnectError::Failed(cause)) => Err(LinkFault::of(&cause, &url).into()),
        Err(error) => Err(LinkFault::Other(error.to_string()).into()),
    }
}

/// Where `<meta name="nats-websocket">` says, or else on the page's own host and the default port: the hotel's path there.
fn server_url() -> String {
    let server = place::meta("nats-websocket").unwrap_or_else(|| {
        let location = window().location();
        let is_secure = location
            .protocol()
            .is_ok_and(|protocol| protocol == "https:");
        let scheme = if is_secure { "wss" } else { "ws" };
        let host = location.hostname().unwrap_or_default();
        format!("{scheme}://{host}:{DEFAULT_PORT}")
    });
    let path = place::of_the_hotel("nats");
    format!("{}{path}", server.trim_end_matches('/'))
}
