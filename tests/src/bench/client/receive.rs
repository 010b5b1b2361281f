//! What a received message costs, and how many come through: a publisher outside of the browser sends them at full
//! speed.

use async_nats::Client;
use bytes::Bytes;
use serde_json::json;

use super::{Page, Peer, SUBJECT, Server};
use crate::bench::report;

const ROUNDS: usize = 7;
/// Not counted: the first ones compile what the others find compiled.
const WARM_UP: usize = 2;

const PEERS: [Peer; 4] = [
    Peer::Bare,
    Peer::NatsJs,
    Peer::NatsJsCallback,
    Peer::WsClient,
];

/// Nanoseconds of the page's main thread for each message, and messages a second, a value for each round.
#[derive(Debug, Default)]
struct Samples {
    cost: Vec<f64>,
    rate: Vec<f64>,
}

pub(super) async fn measure(server: &Server, page: &Page, size: usize) {
    let count: u32 = if size > 512 { 100_000 } else { 200_000 };
    let publisher = server.connect().await;
    let mut samples = PEERS.map(|peer| (peer, Samples::default()));
    for round in 0..WARM_UP + ROUNDS {
        for (peer, samples) in &mut samples {
            let (cost, rate) = receive(server, page, &publisher, *peer, count, size).await;
            if round >= WARM_UP {
                samples.cost.push(cost);
                samples.rate.push(rate);
            }
        }
    }
    let [.., (_, ours)] = &samples;
    for (peer, theirs) in &samples[..PEERS.len() - 1] {
        let peer = peer.name();
        let details = json!({ "messages": count, "rounds": ROUNDS });
        let name = format!("client.receive.{size}.main-thread");
        report::compared(&name, "ns", &ours.cost, peer, &theirs.cost, &details);
        let name = format!("client.receive.{size}.rate");
        report::compared(
            &name,
            "messages/s",
            &ours.rate,
            peer,
            &theirs.rate,
            &details,
        );
    }
}

async fn receive(
    server: &Server,
    page: &Page,
    publisher: &Client,
    peer: Peer,
    count: u32,
    size: usize,
) -> (f64, f64) {
    page.connect(peer, &server.websocket_url()).await;
    page.call::<()>("listen", json!([SUBJECT, count, size]))
        .await;
    page.collect_garbage().await;
    let before = page.metrics().await;
    flood(publisher, count, size).await;
    let [bytes, milliseconds]: [f64; 2] = page.call("received", json!([])).await;
    let after = page.metrics().await;
    page.call::<()>("close", json!([])).await;
    assert_eq!(bytes, f64::from(count) * size as f64, "{peer:?}");
    let cost = (after.tasks - before.tasks) * 1e9 / f64::from(count);
    (cost, f64::from(count) * 1_000.0 / milliseconds)
}

/// Publishes as fast as it goes.
pub(super) async fn flood(publisher: &Client, count: u32, size: usize) {
    let payload = Bytes::from(vec![b'x'; size]);
    for _ in 0..count {
        let published = publisher.publish(SUBJECT, payload.clone()).await;
        published.expect("a connection");
    }
    publisher.flush().await.expect("a connection");
}
