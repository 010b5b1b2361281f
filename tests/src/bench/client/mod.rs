//! `bench client`: nats-wsclient beside the NATS client for JavaScript and a bare WebSocket that parses nothing, in one
//! Chromium, in turns, on one server, with the same messages.
//!
//! ```text
//! server      a nats-server with the least in its configuration
//! page        the page with all peers in it
//! receive     what a received message costs, and how many come through
//! publish     how many go out
//! request     how long an answer takes
//! watch       how long a bucket takes, from scratch and after two seconds without a network
//! memory      what is left behind
//! size        what the client adds to a page
//! ```

mod memory;
mod page;
mod publish;
mod receive;
mod request;
mod server;
mod size;
mod watch;

use page::Page;
use server::Server;

/// Everybody who takes part, as the page calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    /// A WebSocket and nothing else.
    Bare,
    /// The NATS client for JavaScript, read by iterators as in its documentation.
    NatsJs,
    /// The same, with a callback for each message.
    NatsJsCallback,
    /// This one; its watch has no consumer on the server.
    WsClient,
    /// This one with its other watch, by an ordered consumer.
    WsClientOrdered,
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::NatsJs => "nats.js",
            Self::NatsJsCallback => "nats.js callback",
            Self::WsClient => "nats-wsclient",
            Self::WsClientOrdered => "nats-wsclient ordered",
        }
    }
}

/// The subject of what is sent to the page, or by it.
const SUBJECT: &str = "bench.messages";

/// Measures, and prints, what has `filter` in its name.
pub async fn run(filter: &str) {
    let wanted = |name: &str| name.contains(filter);
    if wanted("size") {
        size::measure();
    }
    let server = Server::start().await;
    let page = Page::open().await;
    for size in [16, 128, 1_024] {
        if wanted(&format!("receive.{size}")) {
            receive::measure(&server, &page, size).await;
        }
    }
    for size in [16, 128, 1_024] {
        if wanted(&format!("publish.{size}")) {
            publish::measure(&server, &page, size).await;
        }
    }
    if wanted("request") {
        request::measure(&server, &page).await;
    }
    if wanted("watch") {
        watch::measure(&server, &page).await;
    }
    if wanted("memory") {
        memory::measure(&server, &page).await;
    }
}
