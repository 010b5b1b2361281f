//! How to connect.

use std::time::Duration;

use super::driver::Inner;
use super::{Client, PublishPolicy, core::Core};
use crate::Platform;
use crate::nuid;
use crate::proto::{
    Credentials, DisconnectCause, Session, SessionConfig, Status, Subject, SubjectError,
};

/// How to connect, and how to stay connected.
///
/// ```no_run
/// # async fn connect() -> Result<(), nats_wsclient::ConnectError> {
/// # #[cfg(target_arch = "wasm32")]
/// # {
/// let client = nats_wsclient::ConnectOptions::new()
///     .user_and_password("anna", "secret")
///     .custom_inbox_prefix("_INBOX.anna")
///     .connect("wss://nats.example.com")
///     .await?;
/// # drop(client);
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub(super) session: SessionConfig,
    inbox_prefix: String,
    pub(super) request_timeout: Duration,
    drain_timeout: Duration,
    pub(super) subscription_capacity: usize,
    publish_policy: PublishPolicy,
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    #[error("{url:?} is not the address of a WebSocket: it starts with ws:// or wss://")]
    InvalidUrl { url: String },
    #[error("the inbox prefix cannot be used: {0}")]
    InvalidInboxPrefix(#[from] SubjectError),
    #[error("this is neither a page nor a worker: there is no WebSocket here")]
    NoBrowser,
    #[error(transparent)]
    Failed(DisconnectCause),
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            inbox_prefix: "_INBOX".to_owned(),
            request_timeout: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(30),
            subscription_capacity: 64 * 1_024,
            publish_policy: PublishPolicy::default(),
        }
    }
}

impl ConnectOptions {
    pub fn new() -> Self {
        Self::default()
    }

    /// Logs in with a name and a password.
    #[must_use]
    pub fn user_and_password(
        mut self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        self.session.credentials = Credentials::UserAndPassword {
            user: user.into(),
            password: password.into(),
        };
        self
    }

    /// Logs in with a token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.session.credentials = Credentials::Token(token.into());
        self
    }

    /// How the client is called in the server's monitoring.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.session.name = Some(name.into());
        self
    }

    /// Under which subject answers are received. By default `_INBOX`. Users with a prefix of their own, and the
    /// permission for nothing else, cannot listen to each other's answers.
    #[must_use]
    pub fn custom_inbox_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.inbox_prefix = prefix.into();
        self
    }

    /// After how much silence the server is asked whether it is still there. By default 20 seconds.
    #[must_use]
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.session.ping_interval = interval;
        self
    }

    /// How long it may take to answer that. By default 10 seconds.
    #[must_use]
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.session.ping_timeout = timeout;
        self
    }

    /// How long an attempt to connect may take, with its log-in. By default 10 seconds.
    #[must_use]
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.session.connection_timeout = timeout;
        self
    }

    /// How long an answer to a request may take. By default 5 seconds.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long [draining](Client::drain) may take. By default 30 seconds.
    #[must_use]
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// The delay before the first attempt to reconnect, and the longest one; it doubles in between, and each is cut
    /// by a random part of up to a half. By default 200 milliseconds and 5 seconds.
    #[must_use]
    pub fn reconnect_delay(mut self, min: Duration, max: Duration) -> Self {
        self.session.reconnect_min = min;
        self.session.reconnect_max = max;
        self
    }

    /// How many failed attempts in a row close the client. By default none ever do.
    #[must_use]
    pub fn max_reconnects(mut self, attempts: Option<u32>) -> Self {
        self.session.max_reconnects = attempts;
        self
    }

    /// How many messages a subscription holds for a reader that does not come. By default 65,536.
    #[must_use]
    pub fn subscription_capacity(mut self, messages: usize) -> Self {
        self.subscription_capacity = messages.max(1);
        self
    }

    /// What happens to messages that cannot be sent at once. By default publishing them is an error.
    #[must_use]
    pub fn publish_policy(mut self, policy: PublishPolicy) -> Self {
        self.publish_policy = policy;
        self
    }

    /// How many bytes may wait to be sent before the [`publish_policy`](Self::publish_policy) applies. By default 8 MiB.
    #[must_use]
    pub fn write_limit(mut self, bytes: usize) -> Self {
        self.session.write_limit = bytes;
        self
    }

    /// The largest message, in bytes, that is accepted from the server. By default 64 MiB.
    #[must_use]
    pub fn receive_limit(mut self, bytes: usize) -> Self {
        self.session.max_message = bytes;
        self
    }

    /// Connecting returns at once, and goes on trying if it fails.
    #[must_use]
    pub fn retry_on_initial_connect(mut self) -> Self {
        self.session.retry_on_initial_connect = true;
        self
    }

    /// Connects to the WebSocket port of a server, such as `wss://nats.example.com:9222`. Dropping the future drops the
    /// attempt.
    ///
    /// # Errors
    /// When the first attempt fails, unless [`retry_on_initial_connect`](Self::retry_on_initial_connect) was chosen.
    #[cfg(target_arch = "wasm32")]
    pub async fn connect(self, url: &str) -> Result<Client, ConnectError> {
        let browser = crate::browser::Browser::new().ok_or(ConnectError::NoBrowser)?;
        self.connect_over(url, browser).await
    }

    /// Connects over another [`Platform`] than the browser.
    ///
    /// # Errors
    /// As `connect`.
    pub async fn connect_over(
        self,
        url: &str,
        platform: impl Platform + 'static,
    ) -> Result<Client, ConnectError> {
        let scheme = ["ws://", "wss://"]
            .iter()
            .find(|scheme| url.starts_with(**scheme));
        if scheme.is_none_or(|scheme| scheme.len() == url.len()) {
            return Err(ConnectError::InvalidUrl {
                url: url.to_owned(),
            });
        }
        let prefix = Subject::try_from(&*self.inbox_prefix)?;
        let inbox = format!("{prefix}.{}", nuid::encode(platform.random()));
        let [seed, _] = platform.random();
        let waits = !self.session.retry_on_initial_connect;
        let session = Session::new(self.session.clone(), platform.now(), seed);
        let core = Core::new(
            session,
            inbox,
            self.subscription_capacity,
            self.publish_policy,
        );
        let client = Client::new(Inner::start(
            core,
            url,
            prefix,
            self.request_timeout,
            self.drain_timeout,
            Box::new(platform),
        ));
        if waits {
            let mut status = client.status_changes();
            loop {
                match status.next().await {
                    Some(Status::Connected) => break,
                    Some(Status::Closed { cause: Some(cause) }) => {
                        return Err(ConnectError::Failed(cause));
                    }
                    // The client that is held here is the only one: nobody else can close it.
                    None => return Err(ConnectError::Failed(DisconnectCause::Forced)),
                    Some(_) => {}
                }
            }
        }
        Ok(client)
    }
}
