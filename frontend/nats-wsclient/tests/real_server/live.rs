use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use nats_wsclient::kv::{WatchError, WatchOptions};
use nats_wsclient::{Client, LiveBucket, Publish, RequestError, Status, SyncState};
use serde_json::json;

use crate::copy::Copy;
use crate::run;
use crate::server::{Server, api, create_bucket, delete, put, recreate_bucket, store};

fn bucket() -> LiveBucket {
    LiveBucket::new("b").expect("a name")
}

pub(crate) async fn connected(client: &Client) {
    let mut status = client.status_changes();
    while status.next().await != Some(Status::Connected) {}
}

#[test]
fn an_empty_bucket_is_complete() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        let mut watch = client.live(bucket()).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        assert_eq!((copy.entries, copy.resets), (0, 0));
        put(&client, "b", "x", "1").await;
        copy.until(&mut watch, |copy| copy.entries == 1).await;
        assert_eq!(copy.states.last(), Some(&SyncState::Live));
    });
}

#[test]
fn a_snapshot_of_several_pages_and_then_changes() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        let puts = (0..2_500).map(|number| put_key(&client, number));
        futures_util::stream::iter(puts)
            .buffer_unordered(100)
            .collect::<Vec<_>>()
            .await;
        let mut watch = client
            .live(bucket().page_size(1_000, 50_000))
            .expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        assert_eq!((copy.entries, copy.values.len()), (2_500, 2_500));
        assert_eq!(copy.values["k.17"], "value 17");

        put(&client, "b", "k.17", "other").await;
        put(&client, "b", "new", "one").await;
        delete(&client, "b", "k.1", "DEL").await;
        delete(&client, "b", "k.2", "PURGE").await;
        copy.until(&mut watch, |copy| copy.entries == 2_504).await;
        assert_eq!(
            (&*copy.values["k.17"], &*copy.values["new"]),
            ("other", "one")
        );
        assert_eq!(copy.values.len(), 2_499);
        assert_eq!(copy.states.last(), Some(&SyncState::Live));
    });
}

/// The bucket's stream may have other messages, which are no keys.
#[test]
fn a_stream_that_has_more_than_the_bucket() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let config = json!({
            "name": "KV_b", "subjects": ["$KV.b.>", "other.>"], "max_msgs_per_subject": 1,
            "allow_direct": true, "republish": { "src": "$KV.b.>", "dest": "live.b.>" },
        });
        api(&client, "STREAM.CREATE.KV_b", config).await;
        let other = async || {
            let stored = store(&client.jetstream(), Publish::to("other.x")).await;
            stored.expect("a revision");
        };
        put_key(&client, 1).await;
        other().await;
        put_key(&client, 2).await;
        let mut watch = client.live(bucket().page_size(1, 1_000)).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        assert_eq!((copy.entries, copy.values.len()), (2, 2));
        other().await;
        put_key(&client, 3).await;
        copy.until(&mut watch, |copy| copy.entries == 3).await;
        client.force_reconnect();
        put_key_when_connected(&client, 4).await;
        copy.until(&mut watch, |copy| copy.entries == 4).await;
        assert_eq!((copy.values.len(), copy.resets), (4, 0));
    });
}

async fn put_key_when_connected(client: &Client, number: u32) {
    if !client.status().is_connected() {
        connected(client).await;
    }
    put_key(client, number).await;
}

async fn put_key(client: &Client, number: u32) {
    put(
        client,
        "b",
        &format!("k.{number}"),
        &format!("value {number}"),
    )
    .await;
}

#[test]
fn after_a_restart_only_what_is_new() {
    run(async {
        let mut server = Server::start();
        let writer = server.connect().await;
        create_bucket(&writer, "b").await;
        for number in 0..50 {
            put_key(&writer, number).await;
        }
        let reader = server.connect().await;
        let mut watch = reader.live(bucket()).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;

        for round in 1..=3 {
            server.kill();
            let stale = |copy: &Copy| matches!(copy.states.last(), Some(SyncState::Stale { .. }));
            copy.until(&mut watch, stale).await;
            server.restart();
            connected(&writer).await;
            copy.until_live(&mut watch).await;
            assert_eq!(
                (copy.entries, copy.resets),
                (48 + 2 * round, 0),
                "nothing twice"
            );
            // While the reader is away: two writes, one of them to the newest key, which takes the watch's anchor away.
            reader.force_reconnect();
            put(&writer, "b", "k.3", &format!("{round}")).await;
            put(&writer, "b", "k.49", &format!("{round}")).await;
            copy.until(&mut watch, |copy| copy.entries == 50 + 2 * round)
                .await;
            assert_eq!(&*copy.values["k.49"], format!("{round}"));
        }
        assert_eq!((copy.values.len(), copy.resets), (50, 0));
    });
}

#[test]
fn a_missing_bucket_is_told_and_awaited() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut watch = client.live(bucket()).expect("a watch");
        let error = loop {
            match watch.next().await.expect("no end") {
                Ok(update) => assert_eq!(update.state, SyncState::Syncing),
                Err(error) => break error,
            }
        };
        assert_eq!(
            error,
            WatchError::BucketMissing {
                bucket: "b".to_owned()
            }
        );
        assert!(!error.is_final());
        create_bucket(&client, "b").await;
        put(&client, "b", "x", "1").await;
        let mut copy = Copy::default();
        let complete =
            |copy: &Copy| copy.values.len() == 1 && copy.states.last() == Some(&SyncState::Live);
        copy.until(&mut watch, complete).await;
    });
}

#[test]
fn a_bucket_made_anew_replaces_what_was_there() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        for number in 0..10 {
            put_key(&client, number).await;
        }
        let mut watch = client.live(bucket()).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        assert_eq!(copy.values.len(), 10);

        // While it watches: told by the first write.
        recreate_bucket(&client, "b").await;
        put(&client, "b", "x", "1").await;
        copy.until(&mut watch, |copy| copy.resets == 1).await;
        assert_eq!(
            copy.values,
            BTreeMap::from([("x".to_owned(), "1".to_owned())])
        );
        assert_eq!(copy.states.last(), Some(&SyncState::Live));

        // While it is away, and with as many writes as it knew of.
        let writer = server.connect().await;
        client.force_reconnect();
        recreate_bucket(&writer, "b").await;
        for key in ["p", "q"] {
            put(&writer, "b", key, "2").await;
        }
        copy.until(&mut watch, |copy| {
            copy.resets >= 2 && copy.values.len() == 2
        })
        .await;
        assert_eq!(copy.values.keys().collect::<Vec<_>>(), ["p", "q"]);
    });
}

#[test]
fn a_bucket_that_was_emptied_is_noticed_by_the_check() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        put(&client, "b", "x", "1").await;
        let soon = Duration::from_millis(50);
        let mut watch = client.live(bucket().check(soon, soon)).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        // Nothing is republished of this.
        crate::server::api(&client, "STREAM.PURGE.KV_b", serde_json::Value::Null).await;
        copy.until(&mut watch, |copy| copy.resets == 1).await;
        assert!(copy.values.is_empty());
        assert_eq!(copy.states.last(), Some(&SyncState::Live));
    });
}

#[test]
fn from_another_account_with_an_inbox_of_its_own() {
    run(async {
        let server = Server::start();
        let owner = server.connect().await;
        create_bucket(&owner, "b").await;
        put(&owner, "b", "x", "1").await;
        let guest = server.connect_as("guest").await;
        let mut watch = guest.live(bucket()).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        put(&owner, "b", "y", "2").await;
        copy.until(&mut watch, |copy| copy.values.len() == 2).await;
        let denied = guest.request("$JS.API.STREAM.INFO.KV_b", "").await;
        assert!(matches!(denied, Err(RequestError::PermissionDenied { .. })));
    });
}

#[test]
fn a_watch_that_is_not_permitted_ends_with_the_reason() {
    run(async {
        let server = Server::start();
        let client = server.connect_as("few").await;
        let mut watch = client.live(bucket()).expect("a watch");
        let mut errors = Vec::new();
        while let Some(update) = watch.next().await {
            errors.extend(update.err());
        }
        let [WatchError::Denied { subject }] = &errors[..] else {
            panic!("{errors:?}");
        };
        assert!(
            ["live.b.>", "$JS.API.DIRECT.GET.KV_b"].contains(&&**subject),
            "{subject}"
        );
    });
}

#[test]
fn many_writers_and_a_connection_that_breaks() {
    run(async {
        let server = Server::start();
        let writer = server.connect().await;
        create_bucket(&writer, "b").await;
        let reader = server.connect().await;
        let mut watch = reader.live(bucket().page_size(7, 1_000)).expect("a watch");
        let mut copy = Copy::default();
        let writing = async {
            for number in 0..600_u32 {
                let key = format!("k{}", number % 23);
                match number % 11 {
                    10 => delete(&writer, "b", &key, "DEL").await,
                    _ => put(&writer, "b", &key, &number.to_string()).await,
                };
                if number % 50 == 49 {
                    reader.force_reconnect();
                }
            }
            put(&writer, "b", "last", "").await;
        };
        let reading = copy.until(&mut watch, |copy| copy.values.contains_key("last"));
        tokio::join!(writing, reading);
        if copy.states.last() != Some(&SyncState::Live) {
            copy.until_live(&mut watch).await;
        }
        let mut expected = BTreeMap::from([("last".to_owned(), String::new())]);
        for number in 0..600 {
            let key = format!("k{}", number % 23);
            match number % 11 {
                10 => expected.remove(&key),
                _ => expected.insert(key, number.to_string()),
            };
        }
        assert_eq!(copy.values, expected);
        assert_eq!(copy.resets, 0);
    });
}

#[test]
fn only_what_is_written_from_now_on_to_some_keys() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        for key in ["a.1", "b.1"] {
            put(&client, "b", key, "old").await;
        }
        let options = WatchOptions::new().keys(["a.*"]).updates_only();
        let bucket = bucket().options(options).expect("a filter");
        let mut watch = client.live(bucket).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        assert_eq!(copy.entries, 0);
        for key in ["b.1", "a.2", "b.2"] {
            put(&client, "b", key, "new").await;
        }
        delete(&client, "b", "a.2", "PURGE").await;
        copy.until(&mut watch, |copy| copy.entries == 2).await;
        assert_eq!(copy.revisions, BTreeMap::from([("a.2".to_owned(), 6)]));
    });
}

#[test]
fn headers_that_a_writer_forges_do_not_count() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        let forge = async |key: &str| {
            let publish = Publish::to(format!("$KV.b.{key}"))
                .header("Nats-Subject", "$KV.b.victim")
                .header("Nats-Sequence", "1000")
                .header("Nats-Last-Sequence", "999")
                .header("Nats-Time-Stamp", "never");
            let sent = client.jetstream().send_publish(publish).await;
            sent.expect("sent").await.expect("stored");
        };
        forge("x").await;
        forge("y").await;
        let mut watch = client.live(bucket()).expect("a watch");
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        forge("z").await;
        copy.until(&mut watch, |copy| copy.entries == 3).await;
        let revisions = ["x", "y", "z"].into_iter().map(str::to_owned).zip(1..);
        assert_eq!(copy.revisions, revisions.collect());
        assert_eq!(copy.states.last(), Some(&SyncState::Live));
    });
}
