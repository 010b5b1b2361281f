//! A connection that says when it was interrupted.
//!
//! async-nats reconnects by itself, and messages that were on their way to it meanwhile are gone. Whoever reads in
//! order has to know that, so the connection counts. And a server of a cluster may be up and cut off from the others: the
//! connection moves to one where JetStream answers (ADR-16).

mod moving;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, jetstream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use moving::Destination;

/// A connection to NATS, and whether it is up. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    client: Client,
    jetstream: jetstream::Context,
    link: watch::Receiver<Link>,
    #[cfg(feature = "shred")]
    keys: Option<&'static str>,
    _moving: Arc<AbortOnDropHandle<()>>,
}

/// The state of the connection at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Whether the server can be reached.
    pub up: bool,
    /// How often the connection was made again.
    pub reconnects: u64,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server is not there, or turned the connection away.
    #[error("no connection to {url}: {source}")]
    Failed {
        /// The server's address.
        url: String,
        /// What happened.
        source: async_nats::ConnectError,
    },
    /// The server is too old.
    #[error("nats-server {version} at {url} is too old: 2.14 or newer is needed (ADR-60)")]
    TooOld {
        /// The server's address.
        url: String,
        /// Its version.
        version: String,
    },
}

impl ConnectError {
    /// Whether another try could be successful without anybody changing anything: false for a wrong password, for a
    /// certificate that is not trusted, and for an old server.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Failed { source, .. } => is_transient(source),
            Self::TooOld { .. } => false,
        }
    }
}

/// Whether another try to connect could be successful without anybody changing anything.
pub fn is_transient(error: &async_nats::ConnectError) -> bool {
    match error.kind() {
        ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation
        | ConnectErrorKind::ServerParse
        | ConnectErrorKind::Tls => false,
        ConnectErrorKind::Io => !is_untrusted(error),
        ConnectErrorKind::Dns | ConnectErrorKind::TimedOut | ConnectErrorKind::MaxReconnects => {
            true
        }
    }
}

/// Whether the server was reached, and TLS with it makes no sense. async-nats tells that as an error of the network.
pub fn is_untrusted(error: &async_nats::ConnectError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    error.kind() == ConnectErrorKind::Tls
        || source.is_some_and(|source: &std::io::Error| source.kind() == ErrorKind::InvalidData)
}

impl Connection {
    /// Connects to the server at `url`. Afterwards the connection is made again whenever it breaks, for ever; and in a cluster,
    /// when JetStream has been silent for some seconds, it moves to a server where JetStream answers. For that, `options` must
    /// not [ignore discovered servers](ConnectOptions::ignore_discovered_servers), nor choose the server to reconnect to.
    ///
    /// # Errors
    /// When the server is away, refuses, or is older than 2.14.
    pub async fn open(options: ConnectOptions, url: &str) -> Result<Self, ConnectError> {
        let (sender, link) = watch::channel(Link {
            up: true,
            reconnects: 0,
        });
        let made_before = AtomicBool::new(false);
        let destination = Destination::default();
        let dialled = destination.guide(options.clone());
        let dialled = dialled.event_callback(move |event| {
            match event {
                // The first connection is told of as well; it is not a reconnect.
                Event::Connected if !made_before.swap(true, Ordering::Relaxed) => {}
                Event::Connected => sender.send_modify(|link| {
                    link.up = true;
                    link.reconnects += 1;
                }),
                Event::Disconnected | Event::Closed => sender.send_modify(|link| link.up = false),
                other => tracing::warn!("NATS: {other}"),
            }
            std::future::ready(())
        });
        let client = dialled
            .connect(url)
            .await
            .map_err(|source| ConnectError::Failed {
                url: url.to_owned(),
                source,
            })?;
        if !client.is_server_compatible(2, 14, 0) {
            return Err(ConnectError::TooOld {
                url: url.to_owned(),
                version: client.server_info().version,
            });
        }
        let moving =
            moving::keep_where_jetstream_is(client.clone(), options, destination, link.clone());
        Ok(Self {
            jetstream: jetstream::new(client.clone()),
            client,
            link,
            #[cfg(feature = "shred")]
            keys: None,
            _moving: Arc::new(AbortOnDropHandle::new(tokio::spawn(moving))),
        })
    }

    /// With the keys of this bucket ([`Keys::bucket`](crate::Keys::bucket)), personal data is sealed before an event is stored, and
    /// opened where a state or a read model is made of events; so also by all clones that are made from now on.
    #[cfg(feature = "shred")]
    #[must_use]
    pub fn with_keys(self, bucket: &'static str) -> Self {
        Self {
            keys: Some(bucket),
            ..self
        }
    }

    /// The bucket of keys.
    #[cfg(feature = "shred")]
    pub(crate) fn keys(&self) -> Option<&'static str> {
        self.keys
    }

    /// The client underneath.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// JetStream over this connection.
    pub fn jetstream(&self) -> jetstream::Context {
        self.jetstream.clone()
    }

    /// The state of the connection, to look at and to wait on.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.clone()
    }

    /// Waits for an answer of the server for as long as it can come. What was asked over a connection that broke is lost, or
    /// its answer is, and nobody has to wait for a deadline to know that.
    ///
    /// # Errors
    /// [`Interrupted`] when the connection was made again before there was an answer.
    pub(crate) async fn answer<T>(&self, asked: impl Future<Output = T>) -> Result<T, Interrupted> {
        let mut link = self.link.clone();
        let Link { up, reconnects } = *link.borrow_and_update();
        // What is asked while there is no connection waits for the next one.
        let last = if up { reconnects } else { reconnects + 1 };
        tokio::select! {
            answer = asked => Ok(answer),
            // Never, once the connection is closed for good.
            Ok(_) = link.wait_for(|link| link.reconnects > last) => Err(Interrupted),
        }
    }
}

/// Why there is no answer, and will be none.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection was made again before there was an answer")]
pub(crate) struct Interrupted;
