//! A boundary with a long history, loaded from a snapshot.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jetstream_es::{Connection, Decided, Repository, Snapshot};
use serde_json::{Value, json};

use crate::bank::{self, Accounts, cause, deposit};

impl Snapshot for Accounts {
    const VERSION: u32 = 3;
}

fn accounts(connection: &Connection) -> Repository<Accounts> {
    let every = NonZeroU32::new(10).unwrap();
    Repository::new(connection, 100).with_snapshots("snapshots", every)
}

/// Waits until there is a snapshot that is as `expected` says.
async fn until(connection: &Connection, expected: impl Fn(&Value) -> bool) -> Value {
    let bucket = connection.jetstream().get_key_value("snapshots").await;
    let bucket = bucket.unwrap();
    let seen = async {
        let mut watch = bucket.watch_all_from_revision(1).await.unwrap();
        loop {
            let entry = futures_util::StreamExt::next(&mut watch).await;
            let value = serde_json::from_slice(&entry.unwrap().unwrap().value).unwrap();
            if expected(&value) {
                return value;
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    seen.expect("the snapshot that was expected")
}

/// Replaces the snapshot of the account 1.
async fn put(connection: &Connection, snapshot: impl ToString) {
    let bucket = connection.jetstream().get_key_value("snapshots").await;
    let snapshot = snapshot.to_string().into();
    bucket
        .unwrap()
        .put("account.1.=3E", snapshot)
        .await
        .unwrap();
}

async fn balance(connection: &Connection) -> i64 {
    let balance = accounts(connection).newest(&1, |balance| *balance).await;
    balance.unwrap()
}

#[tokio::test]
async fn a_boundary_is_loaded_from_its_snapshot_and_what_came_after() {
    let (_server, connection) = bank::open().await;
    let mine = accounts(&connection);
    for number in 1..=25 {
        let cause = cause(format!("c{number}"));
        mine.execute(&1, &cause, deposit(1, 1)).await.unwrap();
    }
    let snapshot = until(&connection, |snapshot| snapshot["position"] == 20).await;
    assert_eq!(
        (
            &snapshot["version"],
            &snapshot["events"],
            &snapshot["state"]
        ),
        (&json!(3), &json!(20), &json!(20))
    );
    assert_eq!(balance(&connection).await, 25);
    // That it is the snapshot that is loaded is seen by one that is wrong.
    let mut wrong = snapshot.clone();
    wrong["state"] = json!(1_020);
    put(&connection, &wrong).await;
    assert_eq!(balance(&connection).await, 1_025);

    // The commands in it are recognised as well as those after it.
    put(&connection, &snapshot).await;
    for (command, sequence) in [("c3", 3), ("c20", 20), ("c23", 23)] {
        let again = accounts(&connection);
        let again = again.execute(&1, &cause(command), deposit(1, 1)).await;
        assert_eq!(again.unwrap(), Decided::Before(sequence));
    }
    // And an append goes on where the events end.
    let next = accounts(&connection);
    let next = next.execute(&1, &cause("next"), deposit(1, 1)).await;
    assert_eq!(next.unwrap(), Decided::Now(26));
}

#[tokio::test]
async fn a_snapshot_is_never_believed_against_the_stream() {
    let (_server, connection) = bank::open().await;
    let mine = accounts(&connection);
    // The account 2 has the events in between.
    for (number, account) in (1..=20).zip([1, 2].into_iter().cycle()) {
        let cause = cause(format!("c{number}"));
        mine.execute(&account, &cause, deposit(account, 1))
            .await
            .unwrap();
    }
    let snapshot = until(&connection, |snapshot| snapshot["position"] == 19).await;
    let changed = |member: &str, value: Value| {
        let mut changed = snapshot.clone();
        changed["state"] = json!(1_000);
        changed[member] = value;
        changed.to_string()
    };
    for left_aside in [
        changed("version", json!(2)),
        changed("version", json!(4)),
        changed("state", json!("much")),
        changed("position", json!(0)),
        // An event of another boundary, and none at all.
        changed("position", json!(18)),
        changed("position", json!(4_000)),
        "{".to_owned(),
        String::new(),
    ] {
        put(&connection, &left_aside).await;
        assert_eq!(balance(&connection).await, 10, "{left_aside}");
    }
    let bucket = connection.jetstream().get_key_value("snapshots").await;
    bucket.unwrap().purge("account.1.=3E").await.unwrap();
    assert_eq!(balance(&connection).await, 10);
}

#[tokio::test]
async fn without_the_bucket_everything_goes_on() {
    let (_server, connection) = bank::open().await;
    let jetstream = connection.jetstream();
    jetstream.delete_key_value("snapshots").await.unwrap();
    let mine = accounts(&connection);
    for number in 1..=12 {
        let cause = cause(format!("c{number}"));
        mine.execute(&1, &cause, deposit(1, 1)).await.unwrap();
    }
    assert_eq!(balance(&connection).await, 12);
}

#[tokio::test]
#[ignore = "measures: run it in release, with --nocapture"]
async fn loading_ten_thousand_events_with_and_without_a_snapshot() {
    let (_server, connection) = bank::open().await;
    let every = NonZeroU32::new(500).unwrap();
    let repository = || Repository::<Accounts>::new(&connection, 10);
    let with = || repository().with_snapshots("snapshots", every);
    let writer = with();
    // A command for each event, so that a snapshot has ten thousand ids, too.
    for number in 0..10_000 {
        let cause = cause(uuid::Uuid::now_v7());
        writer
            .execute(&1, &cause, deposit(1, number))
            .await
            .unwrap();
    }
    let snapshot = until(&connection, |snapshot| snapshot["events"] == 10_000).await;
    let size = snapshot.to_string().len();
    for round in 1..=5 {
        let mut times = Vec::new();
        for repository in [repository(), with()] {
            let start = Instant::now();
            let balance = repository.newest(&1, |balance| *balance).await.unwrap();
            times.push((balance, start.elapsed()));
        }
        println!(
            "{round}: without {:?}, with {:?} ({size} bytes)",
            times[0], times[1]
        );
    }
}
