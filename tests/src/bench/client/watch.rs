//! How long a bucket of 20,000 keys takes until it is there, from scratch, and again after two seconds without a network.

use std::time::{Duration, SystemTime};

use async_nats::Client;
use async_nats::jetstream::{self, kv};
use serde_json::json;

use super::{Page, Peer, Server};
use crate::bench::report;
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

pub(super) async fn measure(server: &Server, page: &Page) {
    let client = server.connect().await;
    let bucket = fill(&client).await;
    let relay = Relay::start(server.websocket_address()).await;
    let peers = [Peer::NatsJs, Peer::WsClient, Peer::WsClientOrdered];
    let mut scratch = peers.map(|_| Vec::new());
    let mut resume = peers.map(|_| Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        for (index, &peer) in peers.iter().enumerate() {
            let last = put(&bucket, 1).await;
            page.connect(peer, &relay.websocket_url()).await;
            let (milliseconds, entries): (f64, u32) =
                page.call("watch", json!([BUCKET, last])).await;
            assert!(entries >= KEYS, "{peer:?} has {entries} entries");

            relay.cut();
            let last = put(&bucket, CHANGES).await;
            page.call::<()>("expect", json!([last])).await;
            tokio::time::sleep(GONE).await;
            let restored = milliseconds_since_1970();
            relay.restore();
            let reached: f64 = page.call("reached", json!([])).await;
            page.call::<()>("close", json!([])).await;
            if round >= WARM_UP {
                scratch[index].push(milliseconds);
                resume[index].push(reached - restored);
            }
        }
    }
    let peer = Peer::NatsJs.name();
    for (index, watch) in [(1, "live"), (2, "ordered")] {
        let details = json!({ "keys": KEYS, "bytes": VALUE, "rounds": ROUNDS });
        let name = format!("client.watch.{watch}.scratch");
        report::compared(&name, "ms", &scratch[index], peer, &scratch[0], &details);
        let details = json!({
            "keys": KEYS, "changed": CHANGES, "gone_ms": GONE.as_millis(), "rounds": ROUNDS,
            "samples": &resume[index], "peer_samples": &resume[0],
        });
        let name = format!("client.watch.{watch}.resume");
        report::compared(&name, "ms", &resume[index], peer, &resume[0], &details);
    }
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

fn milliseconds_since_1970() -> f64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    elapsed.expect("a clock past 1970").as_secs_f64() * 1_000.0
}
