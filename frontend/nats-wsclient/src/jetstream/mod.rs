//! JetStream: messages that are stored.
//!
//! | file | what |
//! |---|---|
//! | `publish`, `ack`, `in_flight` | a message into a stream, and the stream's word that it is stored |
//! | `schedule`, `ttl` | messages that are published later, or do not live for ever |
//! | `batch` | messages that are stored together or not at all |
//! | `direct_get` | how messages of a stream are read without a consumer |
//! | [`stream`] | streams: configuration, state, management, and their messages |
//! | [`consumer`] | consumers: configuration, state, management |
//! | `message` | what a consumer delivered, and its acknowledgement |
//! | `account` | what an account uses and may use |
//! | `api`, `error` | JetStream's API, and its errors |

mod account;
mod ack;
mod api;
mod batch;
mod cluster;
pub mod consumer;
mod direct_get;
mod error;
mod in_flight;
mod message;
mod publish;
mod publish_error;
mod schedule;
pub mod stream;
mod ttl;

use std::rc::Rc;
use std::time::Duration;

use self::in_flight::InFlight;
use crate::client::Client;
use crate::proto::{Subject, SubjectError};

pub use crate::Metadata;
pub use crate::json::UnknownFields;
pub use account::{Account, Limits, Requests, Tier};
pub use ack::{PubAck, PublishAckFuture};
pub use batch::{BatchAck, BatchPublish};
pub use cluster::{ClusterInfo, PeerInfo, Placement};
pub use error::{ApiError, ErrorCode, JetStreamError, NameError};
pub use message::{AckKind, Message, MessageInfo};
pub use publish::Publish;
pub use publish_error::PublishError;
pub use schedule::Schedule;

/// What the subjects of the API begin with, if nothing is said.
pub(crate) const DEFAULT_PREFIX: &str = "$JS.API";

/// JetStream over a client's connection: see [`Client::jetstream`]. Clones are cheap.
#[derive(Debug, Clone)]
pub struct JetStream {
    client: Client,
    prefix: Rc<str>,
    /// How long an answer of the API may take, if not as long as any request.
    timeout: Option<Duration>,
    /// How long an acknowledgement may take, if not as long as any request.
    ack_timeout: Option<Duration>,
    in_flight: Rc<InFlight>,
}

impl Client {
    /// JetStream over this connection.
    pub fn jetstream(&self) -> JetStream {
        JetStream {
            client: self.clone(),
            prefix: DEFAULT_PREFIX.into(),
            timeout: None,
            ack_timeout: None,
            in_flight: Rc::default(),
        }
    }
}

impl JetStream {
    /// Sets the prefix of the API, for an account that imports it under another name. By default `$JS.API`.
    ///
    /// # Errors
    /// When it is not a subject.
    pub fn api_prefix(mut self, prefix: impl AsRef<str>) -> Result<Self, SubjectError> {
        self.prefix = Subject::try_from(prefix.as_ref())?.as_str().into();
        Ok(self)
    }

    /// Uses the JetStream of that domain: its prefix is `$JS.<domain>.API`.
    ///
    /// # Errors
    /// When it cannot be a token of a subject.
    pub fn domain(self, domain: impl AsRef<str>) -> Result<Self, SubjectError> {
        self.api_prefix(format!("$JS.{}.API", domain.as_ref()))
    }

    /// Sets how long an answer of the API may take. By default the client's request timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how long an acknowledgement may take. By default the client's request timeout.
    #[must_use]
    pub fn ack_timeout(mut self, timeout: Duration) -> Self {
        self.ack_timeout = Some(timeout);
        self
    }

    /// Sets how many messages may wait for their acknowledgement; publishing waits while there are as many. The clones of
    /// this share them. By default 1,000.
    #[must_use]
    pub fn max_acks_in_flight(mut self, messages: usize) -> Self {
        self.in_flight = Rc::new(InFlight::new(messages));
        self
    }

    #[cfg(feature = "kv")]
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The client that this uses.
    pub fn client(&self) -> &Client {
        &self.client
    }
}
