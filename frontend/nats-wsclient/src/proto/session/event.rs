//! What a session tells its driver.

use super::PublishId;
use crate::proto::{DisconnectCause, Message, ServerError, SubjectError};

/// The number of a subscription, the same across connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(pub(super) u64);

/// The number of a ping that [`Session::ping`](super::Session::ping) sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PingId(pub(super) u64);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// There is a connection, and every subscription was sent to the server again.
    Connected,
    /// The connection was lost. What was published or asked shortly before may or may not have arrived.
    Disconnected(DisconnectCause),
    /// The server is about to shut down, and is left once it has confirmed what was sent, if there is another one.
    LameDuck,
    /// [`Session::status`](super::Session::status) is another one.
    StatusChanged,
    /// A message for a subscription.
    Message {
        /// Which subscription it is for; it may have been dropped meanwhile.
        sid: Sid,
        /// What was received.
        message: Message,
    },
    /// The server has processed everything that was sent before this ping.
    Pong(PingId),
    /// The server refused something that was published.
    PublishDenied {
        /// What [`Session::publish`](super::Session::publish) returned for it.
        id: PublishId,
        /// What was refused: the subject of the message, or its reply subject.
        subject: String,
    },
    /// There are no credentials for when those of the connection end, which goes on until then. They are asked for again.
    RenewalFailed {
        /// What the driver was told, or that it was told nothing of use.
        reason: String,
    },
    /// The server refused a subscription, which is gone.
    SubscriptionDenied {
        /// Which subscription it is.
        sid: Sid,
        /// What was subscribed to, wildcards included.
        subject: String,
    },
    /// The server has as many subscriptions as it allows, without this one, which is gone.
    TooManySubscriptions {
        /// Which subscription it is.
        sid: Sid,
        /// What was subscribed to, wildcards included.
        subject: String,
    },
    /// A subscription has received everything that it will, and is gone.
    SubscriptionEnded(Sid),
    /// The server said `-ERR`, also when another event or the status tells of it.
    ServerError(ServerError),
}

/// The number of something that the session waits for while it logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginId(pub(super) u64);

/// What to do with the socket, and what to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// Find out with what to log in, and tell [`Session::handle_credentials`](super::Session::handle_credentials).
    Authorize(LoginId),
    /// Have [`Session::challenge`](super::Session::challenge) signed, and tell
    /// [`Session::handle_signature`](super::Session::handle_signature).
    Sign(LoginId),
    /// Dial [`Session::url`](super::Session::url). The socket before, if any, was closed by an earlier [`Io::Close`] or by its peer.
    Open,
    /// Close the socket, or stop dialling. Nothing of it may be reported afterwards.
    Close,
}

/// Why something was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The subject or the reply subject cannot be used. Nothing was sent.
    #[error(transparent)]
    InvalidSubject(#[from] SubjectError),
    /// It is more than the server takes. Nothing was sent, and trying again does not help.
    #[error(
        "a message of {size} bytes is larger than the server takes ({max_payload}): send less at once"
    )]
    TooLarge {
        /// The bytes of the message, headers included.
        size: usize,
        /// The most bytes, headers included, that the server takes; 1 MiB before the first connection.
        max_payload: usize,
    },
    /// There is no connection now, and messages are not kept for one. Nothing was sent.
    #[error("there is no connection to the server: wait until there is, and publish again")]
    Disconnected,
    /// There will be no connection any more. Nothing was sent.
    #[error("the client is closed: connect again")]
    Closed,
    /// More waits than [`write_limit`](super::SessionConfig::write_limit) allows, and messages are not kept. Nothing
    /// was sent; trying again later helps.
    #[error(
        "{waiting} bytes already wait to be sent: the network is slower than the publisher, publish less or wait for flush()"
    )]
    Backpressure {
        /// In bytes of the protocol, here and in the socket.
        waiting: usize,
    },
}
