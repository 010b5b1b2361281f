//! Leaving a server that is up and of no use: one that the rest of its cluster cannot reach.
//!
//! Such a server keeps its clients, answers their pings, and takes what they publish; but JetStream has no majority there and
//! answers nothing. async-nats sees a connection that is well and stays. So JetStream is asked for a sign of life, and when
//! there has been none for [`SILENCE`], the other servers of the cluster are asked, each over a connection of its own. The client
//! moves to the first one where JetStream answers, and stays if there is none: during an election nobody answers, and there is
//! nothing to be had by moving.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, ReconnectToServer, Request, ServerAddr};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::Link;

/// How often JetStream is asked for a sign of life, and how long that may take. It answers within a round trip.
const EACH: Duration = Duration::from_secs(1);
/// How long JetStream may be silent before other servers are asked.
const SILENCE: Duration = Duration::from_secs(3);
/// How long another server may take to let the client in.
const DIALS: Duration = Duration::from_secs(2);
/// The code of an answer that says that there is no leader.
const UNAVAILABLE: u64 = 503;
/// What the leader of the cluster answers to every account that has JetStream.
const QUESTION: &str = "$JS.API.INFO";

/// Where the client is to go when it connects the next time.
#[derive(Debug, Clone, Default)]
pub(super) struct Destination(Arc<Mutex<Option<ServerAddr>>>);

impl Destination {
    /// Makes the client go there once. Every other time it chooses by itself.
    pub(super) fn guide(&self, options: ConnectOptions) -> ConnectOptions {
        let destination = self.clone();
        options.reconnect_to_server_callback(move |_, _| {
            let to = destination.slot().take().map(|addr| ReconnectToServer {
                addr,
                delay: Some(Duration::ZERO),
            });
            std::future::ready(to)
        })
    }

    fn set(&self, server: ServerAddr) {
        *self.slot() = Some(server);
    }

    fn slot(&self) -> MutexGuard<'_, Option<ServerAddr>> {
        // An address is there or not; nothing leaves it half set.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves the client whenever JetStream is silent here and not elsewhere.
pub(super) async fn keep_where_jetstream_is(
    client: Client,
    options: ConnectOptions,
    destination: Destination,
    mut link: watch::Receiver<Link>,
) {
    // Somebody who may not ask, or has no JetStream, never hears anything and never moves.
    let mut heard = None;
    while link.wait_for(|link| link.up).await.is_ok() {
        if answers(&client).await {
            heard = Some(Instant::now());
        } else if heard.is_some_and(|heard| heard.elapsed() >= SILENCE)
            && let Some(server) = find(&client, &options).await
        {
            tracing::warn!(
                "JetStream has been silent for {SILENCE:?} on this server and answers on {}: moving there",
                server.as_url_str()
            );
            destination.set(server);
            if client.force_reconnect().await.is_err() {
                // The client is closed.
                return;
            }
            heard = Some(Instant::now());
        }
        sleep(EACH).await;
    }
}

/// Whether JetStream is at work behind this client's server.
async fn answers(client: &Client) -> bool {
    let request = Request::new().timeout(Some(EACH));
    let Ok(answer) = client.send_request(QUESTION, request).await else {
        return false;
    };
    serde_json::from_slice::<Value>(&answer.payload)
        .is_ok_and(|answer| answer["error"]["code"] != UNAVAILABLE)
}

/// The first server of the cluster where JetStream answers.
async fn find(client: &Client, options: &ConnectOptions) -> Option<ServerAddr> {
    let servers = client.server_pool().await.ok()?;
    if servers.len() < 2 {
        return None;
    }
    let asked = servers.into_iter().map(|server| async {
        let there = timeout(DIALS, options.clone().connect(server.addr.clone())).await;
        let answers = answers(&there.ok()?.ok()?).await;
        answers.then_some(server.addr)
    });
    let mut asked: FuturesUnordered<_> = asked.collect();
    while let Some(answer) = asked.next().await {
        if answer.is_some() {
            return answer;
        }
    }
    None
}
