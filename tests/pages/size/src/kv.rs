//! Buckets and their watches.

use nats_wsclient::{Client, LiveBucket};
use wasm_bindgen::prelude::*;

use super::core::ended;

pub(super) async fn run(client: &Client) -> Result<u32, JsError> {
    let mut live = client.live(LiveBucket::new("bucket")?)?;
    let update = live.next().await.ok_or_else(ended)??;
    u32::try_from(update.entries.len()).map_err(JsError::from)
}
