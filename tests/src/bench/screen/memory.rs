//! What an hour of changes leaves behind, after the browser has dropped what nobody holds.

use serde_json::json;

use super::house::House;
use super::samples::Samples;
use super::side::{Side, Sides};
use crate::bench::{metrics, painted};

/// Three a second, for an hour, without the hour: the larger a hotel is, the more often, and so many are the same for all.
const CHANGES: usize = 3 * 3_600;

pub(super) async fn measure(house: &mut House, sides: &Sides, runs: usize) {
    let [mut before, mut after] = [(); 2].map(|()| Samples::default());
    for run in 0..runs {
        for (number, side) in sides.in_turns(run) {
            side.load().await;
            before.add(number, megabytes(side).await);
            let shown = side.shown().await;
            let name = format!("Hour {run} {number}");
            let messages = house.changes(CHANGES, &shown[0], &name);
            painted::expect(&side.page, &shown[0].1.to_string(), &name).await;
            house.write(&messages).await;
            painted::said(&side.page).await;
            after.add(number, megabytes(side).await);
            side.rest().await;
        }
    }
    before.print(sides, "memory.first-board", "MB", None);
    after.print(sides, "memory.after-an-hour", "MB", None);
}

/// What JavaScript and WebAssembly hold, in millions of bytes.
async fn megabytes(side: &Side) -> f64 {
    metrics::collect_garbage(&side.page).await;
    let script = "return window.wasm?.buffer.byteLength ?? 0";
    let wasm: f64 = side.page.run(script, json!([])).await;
    (metrics::read(&side.page).await.heap + wasm) / 1_000_000.0
}
