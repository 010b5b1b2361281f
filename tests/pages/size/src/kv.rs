//! Buckets, their keys and their watches.

use nats_wsclient::kv::{Config, WatchOptions};
use nats_wsclient::{Client, LiveBucket};

use crate::{Failure, ended};

pub(super) async fn run(client: &Client) -> Result<u32, Failure> {
    let jetstream = client.jetstream();
    let config = Config {
        bucket: "bucket".to_owned(),
        ..Config::default()
    };
    let bucket = jetstream.create_or_update_key_value(&config).await?;
    let revision = bucket.create("key", "value").await?;
    let revision = bucket.update("key", "value", revision).await?;
    let mut sum = bucket.put("key", "value").await? + revision;
    sum += bucket.delete("key").await? + bucket.purge("key").await?;
    sum += bucket.get("key").await?.map_or(0, |value| value.len()) as u64;
    sum += bucket.history("key").await?.len() as u64;
    sum += bucket.status().await?.values();

    let mut watch = bucket.watch_live(WatchOptions::new().keys(["key.*"]))?;
    let update = watch.next().await.ok_or_else(ended)??;
    sum += update.entries.len() as u64;
    let mut live = client.live(LiveBucket::new("bucket")?)?;
    let update = live.next().await.ok_or_else(ended)??;
    Ok(u32::try_from(sum + update.entries.len() as u64)?)
}
