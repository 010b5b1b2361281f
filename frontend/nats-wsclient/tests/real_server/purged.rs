//! A bucket whose stream is purged by JetStream's API, of which no server tells a watch.

use nats_wsclient::jetstream::stream::{Purge, Republish};
use nats_wsclient::kv::{Config, KvError, Store, Watch, WatchOptions};

use crate::copy::Copy;
use crate::run;
use crate::server::Server;

#[test]
fn an_ordered_watch_finds_nothing_after_a_reconnect() {
    run(check(Store::watch_with));
}

#[test]
fn a_live_watch_finds_nothing_after_a_reconnect() {
    run(check(Store::watch_live));
}

async fn check(watch: impl Fn(&Store, WatchOptions) -> Result<Watch, KvError>) {
    let server = Server::start();
    let (writer, reader) = (server.connect().await, server.connect().await);
    let config = Config {
        bucket: "b".to_owned(),
        republish: Some(Republish {
            source: "$KV.b.>".to_owned(),
            destination: "live.b.>".to_owned(),
            headers_only: false,
        }),
        ..Config::default()
    };
    let store = writer.jetstream().create_key_value(&config).await;
    let store = store.expect("a bucket");
    for number in 0..10 {
        let put = store.put(&format!("k.{number}"), "0").await;
        put.expect("a revision");
    }
    let read = reader.jetstream().get_key_value("b").await;
    let read = read.expect("a bucket");
    let mut all = watch(&read, WatchOptions::new()).expect("a watch");
    let mut new = watch(&read, WatchOptions::new().updates_only()).expect("a watch");
    let (mut copy, mut updates) = (Copy::default(), Copy::default());
    copy.until_live(&mut all).await;
    updates.until_live(&mut new).await;
    assert_eq!((copy.values.len(), updates.values.len()), (10, 0));

    let stream = writer.jetstream().stream("KV_b").expect("a name");
    assert_eq!(stream.purge(Purge::all()).await, Ok(10));
    reader.force_reconnect();
    copy.until(&mut all, |copy| copy.values.is_empty()).await;
    store.put("x", "1").await.expect("a revision");
    copy.until(&mut all, |copy| copy.values.len() == 1).await;
    assert_eq!((&*copy.values["x"], copy.resets), ("1", 1));
    updates.until(&mut new, |copy| copy.entries == 1).await;
    assert_eq!(updates.values, copy.values);
}
