//! From a name and a password, or a one-time link, to a session.

use std::rc::Rc;

use leptos::prelude::window;
use nats_wsclient::{ConnectError, ConnectOptions};

use super::http;
use super::link_fault::LinkFault;
use super::place;
use super::session::Session;
use super::ticket::Ticket;
use crate::model::refused::HttpError;
use crate::model::who::{Invited, Proof, Who};

/// Where NATS listens for browsers when the page does not say otherwise.
const DEFAULT_PORT: u16 = 9222;

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

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Http(error) => error.remedy(),
            Self::Link(error) => error.remedy(),
        }
    }
}

/// The session that this browser has already, if it has one.
///
/// # Errors
/// When nobody can say so, or there is one and no connection for it.
pub(crate) async fn resume() -> Result<Option<Session>, LogInError> {
    let who = http::ask_who("GET", "session", None).await?;
    if who.is_guest() {
        return Ok(None);
    }
    connect(who).await.map(Some)
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
    http::send("DELETE", "session", None).await.map(|_| ())
}

/// Once connected, a session reconnects by itself for ever.
async fn connect(who: Who) -> Result<Session, LogInError> {
    let inbox = format!("_INBOX.{}", who.user);
    let ticket = Rc::new(Ticket::new(who));
    let asked = Rc::clone(&ticket);
    let options = ConnectOptions::new()
        .name("vacancy-board")
        .custom_inbox_prefix(inbox)
        .credentials_provider(move || {
            let ticket = Rc::clone(&asked);
            async move { ticket.grant().await }
        });
    let url = server_url();
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
