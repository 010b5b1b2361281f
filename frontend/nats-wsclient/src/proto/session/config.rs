//! What a session has to know, and what it counts.

use std::time::Duration;

use crate::proto::{Credentials, ServerUrl};

/// What a [`Session`](super::Session) has to know.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// How the client is called in the server's monitoring.
    pub name: Option<String>,
    /// Where to connect. Without any, the driver knows.
    pub servers: Vec<ServerUrl>,
    /// Whether the servers have their turn in random order.
    pub shuffle_servers: bool,
    /// Whether servers that `INFO` tells of are connected to, too.
    pub discover_servers: bool,
    /// What to log in with, unless the driver is asked for it.
    pub credentials: Credentials,
    /// Whether the driver is asked for credentials before each attempt, in place of the above.
    pub asks_for_credentials: bool,
    /// How long an attempt may take, from the dial to the answered handshake.
    pub connection_timeout: Duration,
    /// After how much silence the server is asked whether it is still there.
    pub ping_interval: Duration,
    /// How long it may take to answer that.
    pub ping_timeout: Duration,
    /// How long it may take to answer after the page woke up.
    pub wake_timeout: Duration,
    /// The delay before the first new attempt with all servers; it grows by half up to
    /// `reconnect_max`.
    pub reconnect_min: Duration,
    /// The longest of these delays, before a random part is cut off; less than `reconnect_min` counts as that.
    pub reconnect_max: Duration,
    /// How many failed attempts in a row, each with all servers, end the session; `None`: none ever do. If there is a limit,
    /// a server that refuses the same credentials twice in a row with the same words ends it, too.
    pub max_reconnects: Option<u32>,
    /// Whether the very first attempt may fail with all servers, too.
    pub retry_on_initial_connect: bool,
    /// The largest message in bytes, headers included, that is accepted from the server.
    pub max_message: usize,
    /// How many bytes may wait to be sent: in the socket, and for a connection.
    pub write_limit: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            name: None,
            servers: Vec::new(),
            shuffle_servers: true,
            discover_servers: true,
            credentials: Credentials::None,
            asks_for_credentials: false,
            connection_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            wake_timeout: Duration::from_secs(3),
            reconnect_min: Duration::from_millis(100),
            reconnect_max: Duration::from_secs(5),
            max_reconnects: None,
            retry_on_initial_connect: false,
            max_message: 64 * 1_024 * 1_024,
            write_limit: 8 * 1_024 * 1_024,
        }
    }
}

/// How much went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Messages of all subscriptions, answers to requests included, whether they were read or dropped.
    pub messages_received: u64,
    /// Bytes of the protocol.
    pub bytes_received: u64,
    /// Messages that were handed to a connection, whether the server confirmed them or not; those that still wait for
    /// one do not count.
    pub messages_published: u64,
    /// Bytes of the protocol.
    pub bytes_sent: u64,
    /// How many connections were made.
    pub connections: u64,
}
