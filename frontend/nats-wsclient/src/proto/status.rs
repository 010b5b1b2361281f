//! How a connection is doing, and why one ended.

use std::time::Duration;

use super::{ProtocolError, ServerError};

/// How the connection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// There was no connection yet. `attempt` counts from 1; `cause` is why the attempt before failed.
    Connecting {
        /// Counts rounds through all servers.
        attempt: u32,
        /// `None`: none has failed yet.
        cause: Option<DisconnectCause>,
    },
    /// The server has accepted the log-in, and answers.
    Connected,
    /// The connection was lost and is being made again.
    Reconnecting {
        /// Counts from 1.
        attempt: u32,
        /// When the server was last heard of, on the clock that the session is driven by. What is on a screen may be
        /// out of date from then on.
        since: Duration,
        /// Why the connection was lost or, later, why the attempt before failed.
        cause: DisconnectCause,
    },
    /// There is no connection and there will be none. Without a cause it was closed on purpose.
    Closed {
        /// Why there will be none; `None`: on purpose.
        cause: Option<DisconnectCause>,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisconnectCause {
    /// The WebSocket never opened. A browser does not tell a page why, lest it scans networks: the server may be away,
    /// its name unknown, its certificate refused, or this page's origin not among the server's `allowed_origins`.
    #[error(
        "the server cannot be reached: is it running at this address, and does it allow this page's origin?"
    )]
    Unreachable,
    /// The attempt could not even be made.
    #[error(
        "the WebSocket cannot be opened ({reason}): a page from https:// needs a server at wss://"
    )]
    Refused {
        /// What the browser says.
        reason: String,
    },
    /// A part of making the connection took longer than
    /// [`ConnectOptions::connection_timeout`](crate::ConnectOptions::connection_timeout); the [`Stage`] tells which.
    #[error(
        "the server did not answer in time while {0}: try again, or look whether a proxy is in between"
    )]
    Timeout(Stage),
    /// The connection was made, and a ping over it had no answer in time.
    #[error("the server stopped answering: the network may be away")]
    Silent,
    /// The WebSocket was closed from the other side, and the server did not say why before.
    #[error("the connection was closed (WebSocket code {code}{}{reason})", if reason.is_empty() { "" } else { ": " })]
    ClosedByPeer {
        /// The code of RFC 6455, 7.4; 1006: the connection broke without a word.
        code: u16,
        /// The words beside the code; mostly empty.
        reason: String,
    },
    /// The server said `-ERR`, and the connection ended.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// What was received is not the protocol of NATS. The client has closed the connection.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// [`Client::force_reconnect`](crate::Client::force_reconnect) was called.
    #[error("the connection is being made anew on request")]
    Forced,
    /// The server is about to shut down, and there is another one.
    #[error("the server is shutting down: the connection is being made to another one")]
    LameDuck,
    /// The credentials will soon expire.
    #[error("the connection is being made anew with fresh credentials")]
    Renewal,
    /// [`ConnectOptions::credentials_provider`](crate::ConnectOptions::credentials_provider) returned an error. The
    /// server was not dialled.
    #[error("there are no credentials to log in with: {reason}")]
    Credentials {
        /// That error's text.
        reason: String,
    },
    /// The [`Signer`](crate::Signer) returned an error. The server was not told who the client is.
    #[error("the log-in could not be signed: {reason}")]
    Signature {
        /// That error's text.
        reason: String,
    },
}

/// A part of making a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stage {
    /// Before the server is dialled, where there is somebody to ask.
    #[error("credentials were asked for")]
    Credentials,
    /// Until the browser says that the WebSocket is open: the network, TLS, the HTTP upgrade.
    #[error("opening the WebSocket")]
    Open,
    /// The WebSocket is open. What listens there may not be a NATS server.
    #[error("waiting for its INFO")]
    Greeting,
    /// `INFO` was received, and its nonce is with the [`Signer`](crate::Signer).
    #[error("the log-in was being signed")]
    Sign,
    /// `CONNECT` was sent with two pings, of which one at least has no answer.
    #[error("logging in")]
    Handshake,
}

impl DisconnectCause {
    /// Whether the client has left a server that would have gone on.
    pub fn is_on_purpose(&self) -> bool {
        matches!(self, Self::Forced | Self::LameDuck | Self::Renewal)
    }

    /// Whether the server refused the credentials: trying again with the same ones will hardly help.
    pub fn is_refused_credentials(&self) -> bool {
        matches!(self, Self::Server(error) if error.is_refused_credentials())
    }
}

impl Status {
    /// Whether a server has accepted the log-in, and the connection is there: [`Status::Connected`].
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected)
    }

    /// Whether it stays so for ever: [`Status::Closed`].
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}
