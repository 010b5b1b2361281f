//! What a million messages leave behind, after the browser has dropped what nobody holds.

use serde_json::json;

use super::{Page, Peer, SUBJECT, Server, receive};
use crate::bench::report;

const MESSAGES: u32 = 1_000_000;
const SIZE: usize = 16;

pub(super) async fn measure(server: &Server, page: &Page) {
    let publisher = server.connect().await;
    let [mut theirs, mut ours] = [(0.0, 0.0); 2];
    for (peer, left) in [(Peer::NatsJs, &mut theirs), (Peer::WsClient, &mut ours)] {
        page.reload().await;
        page.connect(peer, &server.websocket_url()).await;
        page.call::<()>("listen", json!([SUBJECT, MESSAGES, SIZE]))
            .await;
        receive::flood(&publisher, MESSAGES, SIZE).await;
        let _: [f64; 2] = page.call("received", json!([])).await;
        page.collect_garbage().await;
        let wasm: f64 = page.call("wasmMemory", json!([])).await;
        *left = (page.metrics().await.heap, wasm);
        page.call::<()>("close", json!([])).await;
    }
    // The WebAssembly is loaded in both cases, since all peers are on one page; it is counted where it is used.
    let [ours_sum, theirs_sum] = [ours.0 + ours.1, theirs.0].map(|bytes| bytes / 1_000.0);
    let details = json!({
        "messages": MESSAGES, "bytes": SIZE,
        "js_heap": ours.0, "wasm_memory": ours.1, "peer_js_heap": theirs.0,
    });
    let name = "client.memory.after-a-million";
    report::beside(
        name,
        "KB",
        ours_sum,
        Peer::NatsJs.name(),
        theirs_sum,
        details,
    );
}
