//! Why there is no connection over NATS, and what to do about it.

use leptos::prelude::window;
use nats_wsclient::{DisconnectCause, ServerError};

/// Why there is no connection, or less of one than the page needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkFault {
    /// To a page, a server that is away and one that turns the page's origin away look the same.
    #[error("The board’s live connection is blocked.")]
    Blocked { url: String, origin: String },
    #[error("The hotel’s server takes no more connections.")]
    Full,
    #[error("The server does not accept this session.")]
    NotAccepted,
    /// Whoever was asked for the right to connect said no, and why.
    #[error("{0}")]
    NotLetIn(String),
    #[error("This page has more live views open than the server allows.")]
    TooManyViews,
    #[error("A message was larger than the server takes.")]
    TooLarge,
    #[error("There is no live connection.")]
    Other(String),
}

impl LinkFault {
    /// What `cause` means to somebody before the screen, `url` being the server's.
    pub(super) fn of(cause: &DisconnectCause, url: &str) -> Self {
        match cause {
            cause if cause.is_refused_credentials() => Self::NotAccepted,
            DisconnectCause::Credentials { reason } => Self::NotLetIn(reason.clone()),
            DisconnectCause::Unreachable | DisconnectCause::Timeout(_) => Self::Blocked {
                url: url.to_owned(),
                origin: window().location().origin().unwrap_or_default(),
            },
            DisconnectCause::Server(error) => {
                Self::of_server(error).unwrap_or_else(|| Self::Other(error.to_string()))
            }
            other => Self::Other(other.to_string()),
        }
    }

    /// The limit that the server says is reached, if that is what it says.
    pub(super) fn of_server(error: &ServerError) -> Option<Self> {
        match error {
            ServerError::MaximumConnections | ServerError::MaximumAccountConnections => {
                Some(Self::Full)
            }
            ServerError::MaximumSubscriptions => Some(Self::TooManyViews),
            ServerError::MaximumPayload => Some(Self::TooLarge),
            _ => None,
        }
    }

    /// The value of `data-login-error` and `data-fault`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked",
            Self::Full => "full",
            Self::NotAccepted => "not-accepted",
            Self::NotLetIn(_) => "not-let-in",
            Self::TooManyViews => "too-many-views",
            Self::TooLarge => "too-large",
            Self::Other(_) => "other",
        }
    }

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Blocked { url, origin } => format!(
                "Check that nothing blocks {url}: a proxy, a firewall, an extension of this browser. \
                 The server must list {origin} in its allowed_origins."
            ),
            Self::Full => "Close pages that nobody uses, or try again later.".to_owned(),
            Self::NotAccepted => "Try again in a moment: the hotel may have been started just now. If that does not help, sign in anew."
                .to_owned(),
            Self::NotLetIn(_) => "The page goes on trying.".to_owned(),
            Self::TooManyViews => {
                "Close tabs of the board that nobody looks at, and load this one anew.".to_owned()
            }
            Self::TooLarge => "Shorten what you have entered, such as a name.".to_owned(),
            Self::Other(reason) => format!("The page goes on trying. What it knows: {reason}."),
        }
    }
}
