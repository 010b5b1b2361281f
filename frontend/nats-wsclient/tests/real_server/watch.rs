//! The same of both watches: by an ordered consumer, and live.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use nats_wsclient::jetstream::stream::Republish;
use nats_wsclient::kv::{Config, KvError, MarkerReason, Operation, Store, Watch, WatchOptions};
use nats_wsclient::{Client, SyncState};

use crate::copy::Copy;
use crate::live::connected;
use crate::run;
use crate::server::Server;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Ordered,
    Live,
}

impl Kind {
    fn watch(self, store: &Store, options: WatchOptions) -> Watch {
        let watch = match self {
            Self::Ordered => store.watch_with(options),
            Self::Live => store.watch_live(options),
        };
        watch.expect("a watch")
    }
}

/// Runs what holds for both, each on a server of its own.
macro_rules! both {
    ($($name:ident)*) => {
        mod ordered {
            $( #[test] fn $name() { super::run_with(super::Kind::Ordered, super::$name); } )*
        }
        mod live {
            $( #[test] fn $name() { super::run_with(super::Kind::Live, super::$name); } )*
        }
    };
}

both! {
    an_empty_bucket_is_complete
    what_is_there_and_then_changes
    a_server_that_is_killed_and_comes_back
    many_writes_and_a_connection_that_breaks
    a_bucket_made_anew_replaces_what_was_there
    what_is_wanted_is_told
    a_key_that_expires_is_told_with_the_reason
}

fn run_with(kind: Kind, test: impl AsyncFn(Kind, Server, Client)) {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        test(kind, server, client).await;
    });
}

fn config() -> Config {
    Config {
        bucket: "b".to_owned(),
        history: 3,
        republish: Some(Republish {
            source: "$KV.b.>".to_owned(),
            destination: "live.b.>".to_owned(),
            headers_only: false,
        }),
        ..Config::default()
    }
}

async fn bucket(client: &Client) -> Store {
    bucket_of(client, &config()).await
}

async fn bucket_of(client: &Client, config: &Config) -> Store {
    let store = client.jetstream().create_key_value(config).await;
    store.expect("a bucket")
}

/// Deletes the bucket and makes it anew. nats-server 2.15.1 deletes files later than it says so: a stream that is made
/// anew at once may find its old messages, and is deleted again then.
async fn make_anew(client: &Client) -> Store {
    loop {
        let deleted = client.jetstream().delete_key_value("b").await;
        deleted.expect("deleted");
        let store = bucket(client).await;
        if store.status().await.expect("an answer").values() == 0 {
            return store;
        }
    }
}

async fn put(store: &Store, key: &str, value: &str) -> u64 {
    store.put(key, value.to_owned()).await.expect("a revision")
}

async fn an_empty_bucket_is_complete(kind: Kind, _server: Server, client: Client) {
    let store = bucket(&client).await;
    let mut watch = kind.watch(&store, WatchOptions::new());
    let mut copy = Copy::default();
    copy.until_live(&mut watch).await;
    assert_eq!((copy.entries, copy.resets), (0, 0));
    put(&store, "x", "1").await;
    copy.until(&mut watch, |copy| copy.entries == 1).await;
    assert_eq!(copy.states.last(), Some(&SyncState::Live));
    assert!(!copy.states.contains(&SyncState::Resyncing));
}

async fn what_is_there_and_then_changes(kind: Kind, _server: Server, client: Client) {
    let store = bucket(&client).await;
    let puts = (0..2_500).map(|number| {
        let (key, value) = (format!("k.{number}"), format!("value {number}"));
        store.put(key, value)
    });
    futures_util::stream::iter(puts)
        .buffer_unordered(100)
        .collect::<Vec<_>>()
        .await;
    let mut watch = kind.watch(&store, WatchOptions::new());
    let mut copy = Copy::default();
    copy.until_live(&mut watch).await;
    assert_eq!((copy.entries, copy.values.len()), (2_500, 2_500));
    assert_eq!(copy.values["k.17"], "value 17");

    put(&store, "k.17", "other").await;
    put(&store, "new", "one").await;
    store.delete("k.1").await.expect("a revision");
    store.purge("k.2").await.expect("a revision");
    copy.until(&mut watch, |copy| copy.entries == 2_504).await;
    assert_eq!(
        (&*copy.values["k.17"], &*copy.values["new"]),
        ("other", "one")
    );
    assert_eq!(copy.values.len(), 2_499);
    assert_eq!(copy.states.last(), Some(&SyncState::Live));
}

async fn a_server_that_is_killed_and_comes_back(kind: Kind, mut server: Server, writer: Client) {
    let store = bucket(&writer).await;
    for number in 0..50 {
        put(&store, &format!("k.{number}"), "0").await;
    }
    let reader = server.connect().await;
    let read = reader.jetstream().get_key_value("b").await;
    let mut watch = kind.watch(&read.expect("a bucket"), WatchOptions::new());
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
        // While the reader is away: two writes, one of them to the newest key.
        reader.force_reconnect();
        put(&store, "k.3", &round.to_string()).await;
        put(&store, "k.49", &round.to_string()).await;
        copy.until(&mut watch, |copy| copy.entries == 50 + 2 * round)
            .await;
        assert_eq!(&*copy.values["k.49"], round.to_string());
    }
    assert_eq!((copy.values.len(), copy.resets), (50, 0));
}

async fn many_writes_and_a_connection_that_breaks(kind: Kind, server: Server, writer: Client) {
    let store = bucket(&writer).await;
    put(&store, "kept", "").await;
    let reader = server.connect().await;
    let read = reader.jetstream().get_key_value("b").await;
    let mut watch = kind.watch(&read.expect("a bucket"), WatchOptions::new());
    let mut copy = Copy::default();
    let writing = async {
        for number in 0..600_u32 {
            let key = format!("k{}", number % 23);
            if number % 11 == 10 {
                store.delete(&key).await.expect("a revision");
            } else {
                put(&store, &key, &number.to_string()).await;
            }
            if number % 50 == 49 {
                reader.force_reconnect();
            }
        }
        put(&store, "last", "").await;
    };
    let reading = copy.until(&mut watch, |copy| copy.values.contains_key("last"));
    tokio::join!(writing, reading);
    if copy.states.last() != Some(&SyncState::Live) {
        copy.until_live(&mut watch).await;
    }
    let always = ["kept", "last"].map(|key| (key.to_owned(), String::new()));
    let mut expected = BTreeMap::from(always);
    for number in 0..600 {
        let key = format!("k{}", number % 23);
        match number % 11 {
            10 => expected.remove(&key),
            _ => expected.insert(key, number.to_string()),
        };
    }
    assert_eq!(copy.values, expected);
    assert_eq!(copy.resets, 0);
}

async fn a_bucket_made_anew_replaces_what_was_there(kind: Kind, _server: Server, client: Client) {
    let store = bucket(&client).await;
    for number in 0..10 {
        put(&store, &format!("k.{number}"), "0").await;
    }
    let mut watch = kind.watch(&store, WatchOptions::new());
    let mut copy = Copy::default();
    copy.until_live(&mut watch).await;
    assert_eq!(copy.values.len(), 10);

    let store = make_anew(&client).await;
    put(&store, "x", "1").await;
    copy.until(&mut watch, |copy| copy.values.len() == 1).await;
    assert!(copy.resets >= 1);
    if copy.states.last() != Some(&SyncState::Live) {
        copy.until_live(&mut watch).await;
    }
    assert_eq!(
        copy.values,
        BTreeMap::from([("x".to_owned(), "1".to_owned())])
    );
}

/// What a watch tells of a bucket with a history, as `key=value` or the reason of a deletion.
async fn told(kind: Kind, store: &Store, options: WatchOptions, entries: usize) -> Vec<String> {
    let mut watch = kind.watch(store, options);
    let mut told = Vec::new();
    let mut complete = false;
    while told.len() < entries || !complete {
        let update = watch.next().await.expect("no end").expect("no error");
        complete |= update.state == SyncState::Live;
        told.extend(update.entries.iter().map(|entry| match entry.operation {
            Operation::Put => {
                let value = String::from_utf8_lossy(&entry.value);
                format!("{}={value}", entry.key)
            }
            operation => format!("{} {operation:?}", entry.key),
        }));
    }
    told
}

async fn what_is_wanted_is_told(kind: Kind, _server: Server, client: Client) {
    let store = bucket(&client).await;
    for (key, value) in [("a.1", "1"), ("a.1", "2"), ("b.1", "3"), ("b.2", "4")] {
        put(&store, key, value).await;
    }
    store.delete("b.2").await.expect("a revision");
    let told = async |options, entries| told(kind, &store, options, entries).await;
    let options = WatchOptions::new;
    assert_eq!(
        told(options().keys(["b.*"]).ignore_deletes().from_revision(2), 2).await,
        ["b.1=3", "b.2=4"]
    );
    assert_eq!(
        told(options().with_history(), 5).await,
        ["a.1=1", "a.1=2", "b.1=3", "b.2=4", "b.2 Delete"]
    );
    assert_eq!(
        told(options().keys(["a.>", "b.1"]).from_revision(2), 2).await,
        ["a.1=2", "b.1=3"]
    );
    assert_eq!(
        told(options().keys(["b.1"]).headers_only(), 1).await,
        ["b.1="]
    );
    assert_eq!(told(options().keys(["c"]), 0).await, [""; 0]);

    let mut watch = kind.watch(&store, options().keys(["a.*"]).updates_only());
    let mut copy = Copy::default();
    copy.until_live(&mut watch).await;
    put(&store, "b.1", "5").await;
    put(&store, "a.2", "6").await;
    copy.until(&mut watch, |copy| copy.entries == 1).await;
    assert_eq!(copy.revisions, BTreeMap::from([("a.2".to_owned(), 7)]));
    assert!(matches!(
        store.watch_live(options().keys(["a..b"])),
        Err(KvError::Key(_))
    ));
}

async fn a_key_that_expires_is_told_with_the_reason(kind: Kind, _server: Server, client: Client) {
    let second = Duration::from_secs(1);
    let config = Config {
        limit_markers: second,
        ..config()
    };
    let store = bucket_of(&client, &config).await;
    let mut watch = kind.watch(&store, WatchOptions::new());
    let created = store.create_with_ttl("x", "1", second).await;
    created.expect("a revision");
    loop {
        let update = watch.next().await.expect("no end").expect("no error");
        let mut gone = update.entries.iter().filter(|entry| !entry.is_put());
        if let Some(entry) = gone.next() {
            assert_eq!(
                (entry.operation, entry.marker),
                (Operation::Purge, Some(MarkerReason::MaxAge))
            );
            return;
        }
    }
}

#[test]
fn only_a_bucket_that_republishes_is_watched_live() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let silent = Config {
            republish: None,
            ..config()
        };
        let store = bucket_of(&client, &silent).await;
        let refused = store.watch_live(WatchOptions::new());
        assert!(matches!(refused, Err(KvError::NotRepublished { .. })));
        let elsewhere = Config {
            republish: Some(Republish {
                source: ">".to_owned(),
                destination: "all.>".to_owned(),
                headers_only: false,
            }),
            ..config()
        };
        let store = client.jetstream().update_key_value(&elsewhere).await;
        let store = store.expect("changed");
        let mut watch = Kind::Live.watch(&store, WatchOptions::new());
        let mut copy = Copy::default();
        copy.until_live(&mut watch).await;
        put(&store, "x", "1").await;
        copy.until(&mut watch, |copy| copy.entries == 1).await;
        assert_eq!(copy.states.last(), Some(&SyncState::Live));
    });
}

#[test]
fn keys_and_what_is_left_of_deleted_ones() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let store = bucket(&client).await;
        assert_eq!(store.keys().await, Ok(vec![]));
        for key in ["b.2", "a.1", "b.1", "c"] {
            for value in ["1", "2"] {
                put(&store, key, value).await;
            }
        }
        store.delete("b.1").await.expect("a revision");
        store.purge("c").await.expect("a revision");
        let keys = store.keys().await.expect("an answer");
        assert_eq!(keys, ["a.1", "b.2"]);
        let keys = store.keys_like(["b.>", "c"]).await.expect("an answer");
        assert_eq!(keys, ["b.2"]);
        // These overlap, which a consumer does not take.
        let keys = store.keys_like(["b.>", "*.2", "c"]).await;
        assert_eq!(keys, Ok(vec!["b.2".to_owned()]));

        let hour = Duration::from_secs(3_600);
        assert_eq!(
            store.purge_deletes(hour).await,
            Ok(2),
            "what b.1 was before"
        );
        assert!(store.entry("b.1").await.expect("an answer").is_some());
        assert_eq!(store.purge_deletes(Duration::ZERO).await, Ok(2));
        for key in ["b.1", "c"] {
            assert_eq!(store.entry(key).await, Ok(None));
        }
        let status = store.status().await.expect("an answer");
        assert_eq!(status.values(), 4);
    });
}
