use std::time::Duration;

use nats_wsclient::jetstream::stream::{Republish, Source, Storage};
use nats_wsclient::kv::{Config, Entry, KvError, MarkerReason, Operation, Store};
use nats_wsclient::{Client, JetStream, RequestError};
use serde_json::{Value, json};

use crate::run;
use crate::server::{Server, api};

fn config() -> Config {
    Config {
        bucket: "b".to_owned(),
        history: 5,
        ..Config::default()
    }
}

async fn bucket(client: &Client, config: &Config) -> Store {
    client
        .jetstream()
        .create_key_value(config)
        .await
        .expect("a bucket")
}

async fn entry(store: &Store, key: &str) -> Entry {
    store
        .entry(key)
        .await
        .expect("an answer")
        .expect("an entry")
}

/// Runs what holds for each bucket, with and without direct get.
fn each_way(test: impl AsyncFn(Client, Store)) {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let direct = bucket(&client, &config()).await;
        test(client.clone(), direct).await;

        let mut stream = api(&client, "STREAM.INFO.KV_b", Value::Null).await["config"].take();
        stream["name"] = "KV_c".into();
        stream["subjects"] = json!(["$KV.c.>"]);
        stream["allow_direct"] = false.into();
        api(&client, "STREAM.CREATE.KV_c", stream).await;
        let store = client.jetstream().get_key_value("c").await;
        test(client, store.expect("a bucket")).await;
    });
}

#[test]
fn put_and_get() {
    each_way(async |_, store| {
        assert_eq!(store.get("x.1").await, Ok(None));
        assert_eq!(store.entry("x.1").await, Ok(None));
        let first = store.put("x.1", "one").await.expect("a revision");
        let second = store.put("x.1", "two").await.expect("a revision");
        assert_eq!((first, second), (1, 2));
        let value = store.get("x.1").await.expect("an answer");
        assert_eq!(value.as_deref(), Some(&b"two"[..]));
        let entry = entry(&store, "x.1").await;
        assert_eq!(
            (&*entry.key, entry.revision, entry.operation, entry.marker),
            ("x.1", 2, Operation::Put, None)
        );
        assert!(entry.created.unix_millis() > 1_700_000_000_000);
        for bad in ["", "a b", "a.*", ">", ".a"] {
            assert!(
                matches!(store.get(bad).await, Err(KvError::Key(_))),
                "{bad:?}"
            );
            assert!(
                matches!(store.put(bad, "").await, Err(KvError::Key(_))),
                "{bad:?}"
            );
        }
    });
}

#[test]
fn a_revision_of_a_key() {
    each_way(async |_, store| {
        store.put("x", "one").await.expect("a revision");
        store.put("y", "other").await.expect("a revision");
        store.put("x", "two").await.expect("a revision");
        let at = async |revision| {
            let found = store.entry_for_revision("x", revision).await;
            found.expect("an answer").map(|entry| entry.value)
        };
        assert_eq!(at(1).await.as_deref(), Some(&b"one"[..]));
        assert_eq!(at(2).await, None, "it is another key's");
        assert_eq!(at(3).await.as_deref(), Some(&b"two"[..]));
        assert_eq!(at(4).await, None);
    });
}

#[test]
fn create_and_update() {
    each_way(async |_, store| {
        let first = store.create("x", "1").await.expect("a revision");
        let key = || "x".to_owned();
        assert_eq!(
            store.create("x", "2").await,
            Err(KvError::AlreadyExists { key: key() })
        );
        let second = store.update("x", "2", first).await.expect("a revision");
        let wrong = KvError::WrongLastRevision {
            key: key(),
            expected: first,
        };
        assert_eq!(store.update("x", "3", first).await, Err(wrong.clone()));
        assert_eq!(
            store.delete_expect_revision("x", first).await,
            Err(wrong.clone())
        );
        assert_eq!(store.purge_expect_revision("x", first).await, Err(wrong));
        let marker = store.delete_expect_revision("x", second).await;
        assert_eq!(marker, Ok(3));
        let again = store.create("x", "3").await;
        assert_eq!(again, Ok(4), "its last revision is a deletion");
        store.purge("x").await.expect("a revision");
        assert_eq!(store.create("x", "4").await, Ok(6));
    });
}

#[test]
fn the_history_of_a_key() {
    each_way(async |_, store| {
        assert_eq!(store.history("x").await, Ok(vec![]));
        for number in 1..=6 {
            store
                .put("x", number.to_string())
                .await
                .expect("a revision");
            store.put("x.y", "other").await.expect("a revision");
        }
        store.delete("x").await.expect("a revision");
        let history = store.history("x").await.expect("an answer");
        let history: Vec<_> = history
            .iter()
            .map(|entry| (entry.revision, entry.delta, &entry.value[..]))
            .collect();
        let expected: [(u64, u64, &[u8]); 5] = [
            (5, 4, b"3"),
            (7, 3, b"4"),
            (9, 2, b"5"),
            (11, 1, b"6"),
            (13, 0, b""),
        ];
        assert_eq!(history, expected);
    });
}

#[test]
fn delete_keeps_the_history_and_purge_does_not() {
    each_way(async |_, store| {
        for value in ["1", "2"] {
            store.put("x", value).await.expect("a revision");
        }
        store.put("y", "1").await.expect("a revision");
        store.delete("x").await.expect("a revision");
        assert_eq!(store.get("x").await, Ok(None));
        let marker = entry(&store, "x").await;
        assert_eq!(
            (marker.revision, marker.operation, marker.marker),
            (4, Operation::Delete, None)
        );
        assert!(matches!(
            store.entry_for_revision("x", 1).await,
            Ok(Some(_))
        ));
        store.purge("x").await.expect("a revision");
        assert_eq!(store.entry_for_revision("x", 1).await, Ok(None));
        assert_eq!(entry(&store, "x").await.operation, Operation::Purge);
        let status = store.status().await.expect("an answer");
        assert_eq!(
            (status.values(), status.keys()),
            (2, 2),
            "y, and the marker"
        );
        store
            .delete("unknown")
            .await
            .expect("a marker all the same");
    });
}

#[test]
fn lives_and_the_reasons_of_markers() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let second = Duration::from_secs(1);
        let plain = bucket(&client, &config()).await;
        let disabled = || KvError::TtlDisabled {
            bucket: "b".to_owned(),
        };
        assert_eq!(
            plain.create_with_ttl("x", "", second).await,
            Err(disabled())
        );
        assert_eq!(plain.purge_with_ttl("x", second).await, Err(disabled()));
        assert_eq!(
            plain.create_with_ttl("x", "", second / 2).await,
            Err(KvError::TooShort)
        );

        let marking = Config {
            limit_markers: second,
            ..config()
        };
        let js = client.jetstream();
        let store = js.update_key_value(&marking).await.expect("a bucket");
        let status = store.status().await.expect("an answer");
        assert_eq!(status.limit_markers(), second);
        store
            .create_with_ttl("x", "1", second)
            .await
            .expect("a revision");
        store.put("y", "1").await.expect("a revision");
        store.purge_with_ttl("y", second).await.expect("a revision");
        assert!(store.get("x").await.expect("an answer").is_some());
        assert!(store.entry("y").await.expect("an answer").is_some());
        until(async || !entry(&store, "x").await.is_put()).await;
        let marker = entry(&store, "x").await;
        assert_eq!(
            (marker.operation, marker.marker),
            (Operation::Purge, Some(MarkerReason::MaxAge))
        );
        store.create("x", "2").await.expect("it has expired");
        until(async || store.entry("y").await.expect("an answer").is_none()).await;
    });
}

/// Asks until it is so.
async fn until(done: impl AsyncFn() -> bool) {
    while !done().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn buckets_are_made_changed_found_and_deleted() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let js = client.jetstream();
        let missing = || KvError::BucketMissing {
            bucket: "b".to_owned(),
        };
        assert_eq!(js.get_key_value("b").await.err(), Some(missing()));
        assert_eq!(js.update_key_value(&config()).await.err(), Some(missing()));
        assert_eq!(js.delete_key_value("b").await, Err(missing()));

        let store = js.create_or_update_key_value(&config()).await;
        store
            .expect("a bucket")
            .put("x", "1")
            .await
            .expect("a revision");
        js.create_key_value(&config()).await.expect("the same one");
        let other = Config {
            description: Some("prices".to_owned()),
            history: 2,
            max_age: Duration::from_secs(60),
            compression: true,
            ..config()
        };
        let exists = KvError::BucketExists {
            bucket: "b".to_owned(),
        };
        assert_eq!(js.create_key_value(&other).await.err(), Some(exists));
        js.create_or_update_key_value(&other)
            .await
            .expect("changed");
        let store = js.get_key_value("b").await.expect("a bucket");
        let status = store.status().await.expect("an answer");
        assert_eq!(
            (status.bucket(), status.values(), status.history()),
            ("b", 1, 2)
        );
        assert_eq!(status.max_age(), Duration::from_secs(60));
        assert!(status.is_compressed() && status.bytes() > 0);
        assert_eq!(status.storage(), Storage::File);
        assert_eq!(
            status.stream_info().config.description.as_deref(),
            Some("prices")
        );

        api(&client, "STREAM.CREATE.other", json!({"name": "other"})).await;
        assert_eq!(js.key_value_names().await, Ok(vec!["b".to_owned()]));
        let statuses = js.key_value_statuses().await.expect("an answer");
        assert_eq!((statuses.len(), statuses[0].bucket()), (1, "b"));
        js.delete_key_value("b").await.expect("deleted");
        assert_eq!(js.key_value_names().await, Ok(vec![]));
        assert_eq!(store.get("x").await, Err(missing()));
        assert_eq!(store.put("x", "").await, Err(missing()));
        assert!(matches!(
            js.get_key_value("b.c").await,
            Err(KvError::BucketName(_))
        ));
    });
}

#[test]
fn an_update_leaves_what_is_not_of_a_bucket() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        bucket(&client, &config()).await;
        let mut stream = api(&client, "STREAM.INFO.KV_b", Value::Null).await["config"].take();
        stream["allow_direct"] = false.into();
        api(&client, "STREAM.UPDATE.KV_b", stream).await;
        let republish = Config {
            republish: Some(Republish {
                source: "$KV.b.>".to_owned(),
                destination: "live.b.>".to_owned(),
                headers_only: false,
            }),
            ..config()
        };
        let store = client.jetstream().update_key_value(&republish).await;
        let status = store.expect("changed").status().await.expect("an answer");
        let config = &status.stream_info().config;
        assert!(!config.allow_direct && config.republish.is_some());
    });
}

#[test]
fn a_mirror_is_read_under_its_own_name_and_written_at_its_origin() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let origin = bucket(&client, &config()).await;
        origin.put("x", "1").await.expect("a revision");
        let mirror = Config {
            bucket: "copy".to_owned(),
            mirror: Some(Source {
                name: "b".to_owned(),
                ..Source::default()
            }),
            ..Config::default()
        };
        let mirror = bucket(&client, &mirror).await;
        until(async || mirror.get("x").await.expect("an answer").is_some()).await;
        let revision = mirror.put("y", "2").await.expect("a revision");
        assert_eq!(entry(&origin, "y").await.revision, revision);
        until(async || mirror.get("y").await.expect("an answer").is_some()).await;
        assert!(matches!(
            mirror.entry_for_revision("x", 1).await,
            Ok(Some(_))
        ));
    });
}

#[test]
fn a_bucket_of_others_has_their_keys() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let origin = bucket(&client, &config()).await;
        origin.put("x", "1").await.expect("a revision");
        let all = Config {
            bucket: "all".to_owned(),
            sources: vec![Source {
                name: "b".to_owned(),
                ..Source::default()
            }],
            ..Config::default()
        };
        let all = bucket(&client, &all).await;
        until(async || all.get("x").await.expect("an answer").is_some()).await;
    });
}

#[test]
fn a_key_that_is_not_permitted() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        bucket(&client, &config()).await;
        let few: JetStream = server.connect_as("few").await.jetstream();
        let store = few.key_value("b").expect("a name");
        let denied = store.get("x").await;
        let Err(KvError::JetStream(error)) = denied else {
            panic!("{denied:?}");
        };
        let subject = "$JS.API.DIRECT.GET.KV_b.$KV.b.x".to_owned();
        assert_eq!(error, RequestError::PermissionDenied { subject }.into());
        assert!(few.key_value("b.c").is_err());
    });
}
