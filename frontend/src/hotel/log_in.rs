//! From a role and a password to a session.

use leptos::prelude::{document, window};
use nats_wsclient::{ConnectError, ConnectOptions, DisconnectCause, ServerError};

use super::role::Role;
use super::session::Session;

/// Where NATS listens for browsers when the page does not say otherwise.
const DEFAULT_PORT: u16 = 9222;

/// Why nobody is logged in, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogInError {
    #[error("This password is not right.")]
    WrongPassword,
    #[error("The hotel's server does not answer.")]
    Unreachable { url: String, origin: String },
    #[error("The hotel's server takes no more connections.")]
    Full,
    #[error("Signing in failed.")]
    Other(String),
}

impl LogInError {
    /// The value of `data-login-error`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong-password",
            Self::Unreachable { .. } => "unreachable",
            Self::Full => "full",
            Self::Other(_) => "other",
        }
    }

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::WrongPassword => "Check the role and type the password again.".to_owned(),
            // To a page, a server that is away and one that turns the page's origin away look the same.
            Self::Unreachable { url, origin } => format!(
                "Check that the server runs and that nothing blocks {url}. \
                 It must also list {origin} in its allowed_origins."
            ),
            Self::Full => "Close pages that nobody uses, or try again later.".to_owned(),
            Self::Other(reason) => reason.clone(),
        }
    }
}

/// Connects as `role`. Guests need no password.
///
/// # Errors
/// When the first try fails; once connected, a session reconnects by itself for ever.
pub(crate) async fn log_in(role: Role, password: &str) -> Result<Session, LogInError> {
    let mut options = ConnectOptions::new()
        .name("vacancy-board")
        .custom_inbox_prefix(format!("_INBOX.{}", role.user()));
    if role != Role::Guest {
        options = options.user_and_password(role.user(), password);
    }
    let url = server_url();
    match options.connect(&url).await {
        Ok(client) => {
            Session::new(client, role).map_err(|error| LogInError::Other(error.to_string()))
        }
        Err(error) => Err(explain(error, url)),
    }
}

fn explain(error: ConnectError, url: String) -> LogInError {
    let ConnectError::Failed(cause) = &error else {
        return LogInError::Other(error.to_string());
    };
    match cause {
        cause if cause.is_refused_credentials() => LogInError::WrongPassword,
        DisconnectCause::Unreachable | DisconnectCause::Timeout(_) => LogInError::Unreachable {
            url,
            origin: window().location().origin().unwrap_or_default(),
        },
        DisconnectCause::Server(
            ServerError::MaximumConnections | ServerError::MaximumAccountConnections,
        ) => LogInError::Full,
        _ => LogInError::Other(error.to_string()),
    }
}

/// What `<meta name="nats-websocket">` says, or else the page's own host on the default port.
fn server_url() -> String {
    let meta = document().query_selector("meta[name='nats-websocket']");
    let told = meta
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    if let Some(url) = told.filter(|url| !url.is_empty()) {
        return url;
    }
    let location = window().location();
    let is_secure = location
        .protocol()
        .is_ok_and(|protocol| protocol == "https:");
    let scheme = if is_secure { "wss" } else { "ws" };
    let host = location.hostname().unwrap_or_default();
    format!("{scheme}://{host}:{DEFAULT_PORT}")
}
