//! The NATS client protocol without I/O and without a clock.
//!
//! [`Session`] is the client; the rest is what it speaks in. Source: the protocol page of the NATS documentation,
//! ADR-4 for headers, and nats-server 2.15 where it says more.

mod backoff;
mod credentials;
mod encode;
mod excerpt;
mod headers;
mod info;
mod message;
mod parse;
mod random;
mod server_error;
mod server_url;
mod servers;
mod session;
mod status;
mod subject;
mod subject_hash;

pub use credentials::{Credentials, Grant, Signer, Signing};
pub use headers::{HeaderError, HeaderMap, StatusCode};
pub use info::ServerInfo;
pub use message::Message;
pub use parse::{MAX_CONTROL_LINE, MAX_INFO, Parser, ProtocolError, ServerOp};
pub use server_error::ServerError;
pub use server_url::{ServerUrl, ServerUrlError, ServerUrlProblem, ToServerUrls};
pub use session::{
    Event, Fate, Io, LoginId, PingId, PublishError, PublishId, Rejection, Session, SessionConfig,
    Sid, Statistics,
};
pub use status::{DisconnectCause, Stage, Status};
pub use subject::{MAX_SUBJECT, Subject, SubjectError, SubjectPattern, SubjectProblem};

pub(crate) use subject_hash::SubjectHash;
