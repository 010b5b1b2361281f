//! How long a bucket of 20,000 keys takes until it is there, from scratch, and again after two seconds without a network.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::{self, kv};
use serde_json::json;

use super::{Page, Peer, Server};
use crate::bench::{painted, report};
use crate::relay::Relay;

const BUCKET: &str = "bench";
const KEYS: u32 = 20_000;
const VALUE: usize = 100;
const ROUNDS: usize = 5;
const WARM_UP: usize = 1;
/// How long the network is gone.
const GONE: Duration = Duration::from_secs(2);
/// How many keys change meanwhile.
const CHANGES: u32 = 100;

/// How the network goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Somewhere on the way: the page learns it from its socket, and of its return from an attempt that succeeds.
    Unannounced,
    /// The machine's own: the browser says so, and says when it is back.
    Announced,
}

/// What was measured of a peer, in milliseconds.
#[derive(Debug, Default)]
struct Samples {
    scratch: Vec<f64>,
    /// From the network's return until the watch is up to date again.
    resume: Vec<f64>,
    announced: Vec<f64>,
    /// The part of these since the socket was open.
    resync: Vec<f64>,
}

pub(super) async fn measure(server: &Server, page: &Page) {
    let client = server.connect().await;
    let bucket = fill(&client).await;
    let relay = Relay::start(server.websocket_address()).await;
    let peers = [Peer::NatsJs, Peer::WsClient, Peer::WsClientOrdered];
    let mut samples = peers.map(|_| Samples::default());
    for round in 0..WARM_UP + ROUNDS {
        for loss in [Loss::Unannounced, Loss::Announced] {
            for (peer, samples) in peers.into_iter().zip(&mut samples) {
                let mut warm_up = Samples::default();
                let samples = if round < WARM_UP {
                    &mut warm_up
                } else {
                    samples
                };
                watch(page, peer, &bucket, &relay, loss, samples).await;
            }
        }
    }
    let [theirs, live, ordered] = samples;
    for (watch, ours) in [("live", live), ("ordered", ordered)] {
        let compare = |what: &str, ours: &[f64], theirs: &[f64], details| {
            let name = format!("client.watch.{watch}.{what}");
            report::compared(&name, "ms", ours, Peer::NatsJs.name(), theirs, &details);
        };
        let details = json!({ "keys": KEYS, "bytes": VALUE, "n": ours.scratch.len() });
        compare("scratch", &ours.scratch, &theirs.scratch, details);
        for (what, ours, theirs) in [
            ("resume", &ours.resume, &theirs.resume),
            ("resume.announced", &ours.announced, &theirs.announced),
            ("resume.since-open", &ours.resync, &theirs.resync),
        ] {
            let details = json!({
                "keys": KEYS, "changed": CHANGES, "gone_ms": GONE.as_millis(), "n": ours.len(),
                "samples": ours, "peer_samples": theirs,
            });
            compare(what, ours, theirs, details);
        }
    }
}

/// Watches the bucket from scratch, and again after the network was gone.
async fn watch(
    page: &Page,
    peer: Peer,
    bucket: &kv::Store,
    relay: &Relay,
    loss: Loss,
    samples: &mut Samples,
) {
    let last = put(bucket, 1).await;
    page.connect(peer, &relay.websocket_url()).await;
    let (milliseconds, entries): (f64, u32) = page.call("watch", json!([BUCKET, last])).await;
    assert!(entries >= KEYS, "{peer:?} has {entries} entries");
    samples.scratch.push(milliseconds);

    relay.cut();
    if loss == Loss::Announced {
        page.tell_of_network(false).await;
    }
    let last = put(bucket, CHANGES).await;
    page.call::<()>("expect", json!([last])).await;
    tokio::time::sleep(GONE).await;
    let restored = painted::now();
    relay.restore();
    if loss == Loss::Announced {
        page.tell_of_network(true).await;
    }
    let (opened, reached): (f64, f64) = page.call("reached", json!([])).await;
    page.call::<()>("close", json!([])).await;
    match loss {
        Loss::Unannounced => samples.resume.push(reached - restored),
        Loss::Announced => samples.announced.push(reached - restored),
    }
    samples.resync.push(reached - opened);
}

/// A bucket that republishes its writes, with all the keys.
async fn fill(client: &Client) -> kv::Store {
    let context = jetstream::new(client.clone());
    let config = kv::Config {
        bucket: BUCKET.to_owned(),
        republish: Some(jetstream::stream::Republish {
            source: ">".to_owned(),
            destination: format!("live.{BUCKET}.>"),
            headers_only: false,
        }),
        ..kv::Config::default()
    };
    let bucket = context.create_key_value(config).await.expect("a bucket");
    let value = bytes::Bytes::from(vec![b'v'; VALUE]);
    let mut acks = Vec::new();
    for key in 0..KEYS {
        let subject = format!("$KV.{BUCKET}.key.{key}");
        acks.push(context.publish(subject, value.clone()).await.expect("sent"));
        if acks.len() == 500 {
            for ack in acks.drain(..) {
                ack.await.expect("stored");
            }
        }
    }
    for ack in acks {
        ack.await.expect("stored");
    }
    bucket
}

/// Puts the first keys again, and tells the revision of the last one.
async fn put(bucket: &kv::Store, keys: u32) -> u64 {
    let mut revision = 0;
    for key in 0..keys {
        let value = vec![b'w'; VALUE].into();
        let put = bucket.put(format!("key.{key}"), value).await;
        revision = put.expect("stored");
    }
    revision
}
