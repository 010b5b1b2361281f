//! How many messages a page sends, until the server has them all.

use serde_json::json;

use super::{Page, Peer, SUBJECT, Server};
use crate::bench::report;

const ROUNDS: usize = 7;
const WARM_UP: usize = 2;
/// So many are published at a time; then the page waits until the server has them.
const BURST: u32 = 2_000;

pub(super) async fn measure(server: &Server, page: &Page, size: usize) {
    let count: u32 = 100_000;
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let (mut their_cost, mut our_cost) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        for (peer, rates, costs) in [
            (Peer::NatsJs, &mut theirs, &mut their_cost),
            (Peer::WsClient, &mut ours, &mut our_cost),
        ] {
            page.connect(peer, &server.websocket_url()).await;
            page.collect_garbage().await;
            let before = page.metrics().await;
            let arguments = json!([SUBJECT, count, size, BURST]);
            let milliseconds: f64 = page.call("publish", arguments).await;
            let after = page.metrics().await;
            page.call::<()>("close", json!([])).await;
            if round >= WARM_UP {
                rates.push(f64::from(count) * 1_000.0 / milliseconds);
                costs.push((after.tasks - before.tasks) * 1e9 / f64::from(count));
            }
        }
    }
    let details = json!({ "messages": count, "burst": BURST, "rounds": ROUNDS });
    let peer = Peer::NatsJs.name();
    let name = format!("client.publish.{size}.rate");
    report::compared(&name, "messages/s", &ours, peer, &theirs, &details);
    let name = format!("client.publish.{size}.main-thread");
    report::compared(&name, "ns", &our_cost, peer, &their_cost, &details);
}
