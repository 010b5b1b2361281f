//! How long an answer takes: one request after the other, answered by a program outside of the browser.

use futures_util::StreamExt;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Page, Peer, Server};
use crate::bench::report;

const SUBJECT: &str = "bench.echo";
const ROUNDS: usize = 5;
const WARM_UP: usize = 1;
const REQUESTS: u32 = 2_000;
const SIZE: usize = 128;

pub(super) async fn measure(server: &Server, page: &Page) {
    let mut responder = JoinSet::new();
    let client = server.connect().await;
    let mut requests = client.subscribe(SUBJECT).await.expect("a connection");
    client.flush().await.expect("a connection");
    responder.spawn(async move {
        while let Some(request) = requests.next().await {
            let reply = request.reply.expect("a request");
            let answered = client.publish(reply, request.payload).await;
            answered.expect("a connection");
        }
    });

    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        for (peer, samples) in [(Peer::NatsJs, &mut theirs), (Peer::WsClient, &mut ours)] {
            page.connect(peer, &server.websocket_url()).await;
            let arguments = json!([SUBJECT, REQUESTS, SIZE]);
            let took: Vec<f64> = page.call("request", arguments).await;
            page.call::<()>("close", json!([])).await;
            if round >= WARM_UP {
                samples.extend(took);
            }
        }
    }
    for percent in [50, 99] {
        let [ours, theirs] =
            [&ours, &theirs].map(|samples| report::percentile_of(samples, percent) * 1_000.0);
        let details = json!({ "n": ROUNDS * REQUESTS as usize, "bytes": SIZE });
        let name = format!("client.request.p{percent}");
        report::beside(&name, "µs", ours, Peer::NatsJs.name(), theirs, details);
    }
}
