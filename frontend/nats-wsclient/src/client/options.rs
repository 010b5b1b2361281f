//! How to connect.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::driver::Inner;
use super::{Client, PublishPolicy, core::Core};
use crate::Platform;
use crate::nuid;
use crate::proto::{
    Credentials, DisconnectCause, Grant, ServerUrlError, Session, SessionConfig, Status, Subject,
    SubjectError, ToServerUrls,
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
    provider: Option<CredentialsProvider>,
    inbox_prefix: String,
    pub(super) request_timeout: Duration,
    drain_timeout: Duration,
    pub(super) subscription_capacity: usize,
    publish_policy: PublishPolicy,
}

/// Whoever is asked for credentials.
#[derive(Clone)]
pub(super) struct CredentialsProvider {
    ask: Rc<dyn Fn() -> Answer>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Grant, String>>>>;

impl CredentialsProvider {
    fn new<F, G, E>(provider: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<G, E>> + 'static,
        G: Into<Grant>,
        E: std::fmt::Display,
    {
        let ask = move || -> Answer {
            let answer = provider();
            Box::pin(async move {
                let answer = answer.await;
                answer.map(Into::into).map_err(|error| error.to_string())
            })
        };
        Self { ask: Rc::new(ask) }
    }

    pub(super) fn ask(&self) -> Answer {
        (self.ask)()
    }
}

impl std::fmt::Debug for CredentialsProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialsProvider")
            .finish_non_exhaustive()
    }
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// One of the addresses is none. Nothing was dialled.
    #[error(transparent)]
    InvalidUrl(#[from] ServerUrlError),
    /// The list of addresses is empty.
    #[error("there is no server to connect to: name one")]
    NoServer,
    /// [`custom_inbox_prefix`](ConnectOptions::custom_inbox_prefix) was given something that is not a subject without
    /// wildcards. Nothing was dialled.
    #[error("the inbox prefix cannot be used: {0}")]
    InvalidInboxPrefix(#[from] SubjectError),
    /// There is no window and no worker's scope, as in Node.js: use [`connect_over`](ConnectOptions::connect_over) with
    /// a [`Platform`] there.
    #[error("this is neither a page nor a worker: there is no WebSocket here")]
    NoBrowser,
    /// No server could be connected to: why the last attempt failed. The client is closed and tries no more.
    #[error(transparent)]
    Failed(DisconnectCause),
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            provider: None,
            inbox_prefix: "_INBOX".to_owned(),
            request_timeout: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(30),
            subscription_capacity: 64 * 1_024,
            publish_policy: PublishPolicy::default(),
        }
    }
}

impl ConnectOptions {
    /// Options as they are by default: no log-in, and reconnecting for ever.
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

    /// Logs in with these credentials: see [`Credentials`].
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.session.credentials = credentials;
        self
    }

    /// Asks for credentials before each attempt to connect; and for fresh ones ahead of their end, if they have one, so that
    /// the connection is made anew with these at a moment of the client's choice.
    ///
    /// An error is the cause of a failed attempt, and the next one follows as after any other.
    ///
    /// ```
    /// use nats_wsclient::{ConnectOptions, Credentials, Grant};
    ///
    /// async fn ask_the_session_service() -> Result<String, std::io::Error> {
    ///     Ok("token".to_owned())
    /// }
    ///
    /// let options = ConnectOptions::new().credentials_provider(|| async {
    ///     ask_the_session_service().await.map(Credentials::Token)
    /// });
    /// ```
    #[must_use]
    pub fn credentials_provider<F, G, E>(mut self, provider: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<G, E>> + 'static,
        G: Into<Grant>,
        E: std::fmt::Display,
    {
        self.session.asks_for_credentials = true;
        self.provider = Some(CredentialsProvider::new(provider));
        self
    }

    /// Tries the servers in the order in which they were named. By default it is random, so that clients spread.
    #[must_use]
    pub fn retain_servers_order(mut self) -> Self {
        self.session.shuffle_servers = false;
        self
    }

    /// Connects to no servers but those that were named. By default also to those that they tell of, with the scheme and
    /// the path of the one that does: behind a proxy these addresses are often of no use.
    #[must_use]
    pub fn ignore_discovered_servers(mut self) -> Self {
        self.session.discover_servers = false;
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

    /// The delay before the first attempt to reconnect, and the longest one; it grows by half in between, and each is cut
    /// by a random part of up to a half. By default 100 milliseconds and 5 seconds: 11 attempts until it is 5 seconds. When
    /// the browser says that there is a network again, or the page is shown again, an attempt is made at once.
    #[must_use]
    pub fn reconnect_delay(mut self, min: Duration, max: Duration) -> Self {
        self.session.reconnect_min = min;
        self.session.reconnect_max = max;
        self
    }

    /// How many failed attempts in a row, each with all servers, close the client. By default none ever do.
    ///
    /// If there is a limit, a server that refuses the log-in twice in a row with the same words closes the client, too: what
    /// it refuses twice it will refuse again. It does not if there is a
    /// [`credentials_provider`](Self::credentials_provider). Without a limit it is tried for ever, since a cookie or the
    /// server's configuration may change.
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

    /// Connects to the WebSocket port of a server, such as `wss://nats.example.com:9222`, or to one of several. An address
    /// may have a path, for a proxy in between. Dropping the future drops the attempt.
    ///
    /// # Errors
    /// When the first attempt fails with each of the servers, unless [`retry_on_initial_connect`](Self::retry_on_initial_connect) was chosen.
    #[cfg(target_arch = "wasm32")]
    pub async fn connect(self, urls: impl ToServerUrls) -> Result<Client, ConnectError> {
        let browser = crate::browser::Browser::new().ok_or(ConnectError::NoBrowser)?;
        self.connect_over(urls, browser).await
    }

    /// Connects over another [`Platform`] than the browser.
    ///
    /// # Errors
    /// As `connect`.
    pub async fn connect_over(
        self,
        urls: impl ToServerUrls,
        platform: impl Platform + 'static,
    ) -> Result<Client, ConnectError> {
        let mut config = self.session;
        config.servers = urls.to_server_urls()?;
        if config.servers.is_empty() {
            return Err(ConnectError::NoServer);
        }
        let prefix = Subject::try_from(&*self.inbox_prefix)?;
        let inbox = format!("{prefix}.{}", nuid::encode(platform.random()));
        let [seed, _] = platform.random();
        let waits = !config.retry_on_initial_connect;
        let session = Session::new(config, platform.now(), seed);
        let core = Core::new(
            session,
            inbox,
            self.subscription_capacity,
            self.publish_policy,
        );
        let client = Client::new(Inner::start(
            core,
            self.provider,
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
