//! A read model that is made anew is what the events say, and whoever reads it meanwhile is served.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use jetstream_es::rebuild::{Options, Phase, Progress, RebuildError, Rebuilt, rebuild};
use jetstream_es::registry;
use jetstream_es::repository::LoadError;
use jetstream_es::{
    CodecError, Connection, Position, Projection, Projector, Repository, StoredMessage,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bank::{self, Accounts, Balances, Change, cause, deposit};

const ACCOUNTS: u32 = 40;
/// An account that no event speaks of.
const STRANGER: u32 = 4711;

/// The second version of the balances: says in cents what the first one says in units.
struct InCents(Balances);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cents {
    owner: String,
    cents: i64,
    positions: [u64; 2],
}

impl Projection for InCents {
    type Event = Change;
    type Key = u32;
    type Value = Cents;

    const BUCKET: &'static str = Balances::BUCKET;
    const STREAMS: &'static [&'static str] = Balances::STREAMS;
    const VERSION: u32 = 2;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Balances::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<u32> {
        Balances::keys(change)
    }

    fn position(value: &Cents, stream: &'static str) -> u64 {
        value.positions[usize::from(stream != "owners")]
    }

    fn apply(_: &u32, value: Option<Cents>, change: &Change, at: Position) -> Option<Cents> {
        match change {
            Change::Owner(_, owner) => Some(Cents {
                owner: owner.clone(),
                cents: value.as_ref().map_or(0, |value| value.cents),
                positions: [at.sequence, value.map_or(0, |value| value.positions[1])],
            }),
            Change::Booked(_, event) => value.map(|value| Cents {
                cents: event.on(value.cents / 100) * 100,
                positions: [value.positions[0], at.sequence],
                ..value
            }),
        }
    }

    async fn before(&self, key: &u32) -> Result<Vec<(Position, Change)>, LoadError> {
        self.0.before(key).await
    }
}

async fn run<P: Projection>(connection: &Connection, projection: P) -> DropGuard {
    let stop = CancellationToken::new();
    let projector = Projector::open(connection, projection).await.unwrap();
    tokio::spawn(projector.run(stop.clone()));
    stop.drop_guard()
}

/// Accounts with owners and so many deposits of 1 each.
async fn open_accounts(connection: &Connection, deposits: u32) {
    for account in 1..=ACCOUNTS {
        bank::publish(connection, format!("owner.{account}"), "Ada").await;
    }
    pay_in(connection, "first", deposits).await;
}

async fn pay_in(connection: &Connection, what: &str, deposits: u32) {
    let accounts = Repository::<Accounts>::new(connection, 1_000);
    for number in 0..deposits {
        for account in 1..=ACCOUNTS {
            let cause = cause(format!("{what}-{account}-{number}"));
            accounts
                .execute(&account, &cause, deposit(account, 1))
                .await
                .unwrap();
        }
    }
}

/// Everything in the bucket.
async fn values(connection: &Connection) -> BTreeMap<u32, Value> {
    let bucket = bucket(connection).await;
    let mut values = BTreeMap::new();
    for key in (1..=ACCOUNTS).chain([STRANGER]) {
        if let Some(value) = bucket.get(key.to_string()).await.unwrap() {
            values.insert(key, serde_json::from_slice(&value).unwrap());
        }
    }
    values
}

async fn bucket(connection: &Connection) -> async_nats::jetstream::kv::Store {
    let jetstream = connection.jetstream();
    jetstream.get_key_value("balances").await.unwrap()
}

/// Waits until each account's `field` is `expected`.
async fn until(connection: &Connection, field: &str, expected: i64) {
    let there = async {
        loop {
            let values = values(connection).await;
            let right = |value: &Value| value[field] == expected;
            if values.len() == ACCOUNTS as usize && values.values().all(right) {
                return;
            }
        }
    };
    let there = tokio::time::timeout(Duration::from_secs(30), there).await;
    if there.is_err() {
        panic!("{field} is not {expected}: {:?}", values(connection).await);
    }
}

async fn rebuild_balances(connection: &Connection) -> Result<Rebuilt, RebuildError> {
    let projection = Balances(connection.clone());
    let progress = watch::Sender::new(Progress::default());
    rebuild(connection, &projection, Options::default(), &progress).await
}

#[tokio::test]
async fn what_is_wrong_is_written_what_is_too_much_is_deleted_and_the_rest_is_left_alone() {
    let (_server, connection) = bank::open().await;
    open_accounts(&connection, 3).await;
    let running = run(&connection, Balances(connection.clone())).await;
    until(&connection, "balance", 3).await;
    let right = values(&connection).await;
    drop(running);

    let bucket = bucket(&connection).await;
    let mut wrong = right[&7].clone();
    wrong["balance"] = 1_000_000.into();
    bucket.put("7", wrong.to_string().into()).await.unwrap();
    bucket.put("8", "no JSON".into()).await.unwrap();
    bucket.delete("9").await.unwrap();
    bucket
        .put(STRANGER.to_string(), right[&1].to_string().into())
        .await
        .unwrap();
    let mut seen = connection
        .client()
        .subscribe("$KV.balances.>")
        .await
        .unwrap();

    let projection = Balances(connection.clone());
    let progress = watch::Sender::new(Progress::default());
    let rebuilt = rebuild(&connection, &projection, Options::default(), &progress).await;
    let accounts = u64::from(ACCOUNTS);
    let expected = Rebuilt {
        events: accounts * 4,
        unreadable: 0,
        values: accounts,
        written: 3,
        deleted: 1,
    };
    assert_eq!(rebuilt.unwrap(), expected);
    assert_eq!(values(&connection).await, right);
    let Progress { phase, done, total } = *progress.borrow();
    assert_eq!((phase, done), (Phase::Switch, total));

    // Whoever watches sees those four and nothing else.
    bank::publish(&connection, "$KV.balances.end", "").await;
    let mut keys = Vec::new();
    loop {
        let message = seen.next().await.unwrap();
        let key = message.subject.strip_prefix("$KV.balances.").unwrap();
        if key == "end" {
            break;
        }
        keys.push(key.to_owned());
    }
    keys.sort_unstable();
    assert_eq!(keys, ["4711", "7", "8", "9"]);
}

#[tokio::test]
async fn what_does_not_fit_into_memory_is_written_and_read_again() {
    let (_server, connection) = bank::open().await;
    open_accounts(&connection, 60).await;
    let projection = Balances(connection.clone());
    let progress = watch::Sender::new(Progress::default());
    let options = Options {
        values_in_memory: 5,
    };
    let rebuilt = rebuild(&connection, &projection, options, &progress).await;
    assert_eq!(rebuilt.unwrap().written, u64::from(ACCOUNTS));
    until(&connection, "balance", 60).await;
}

#[tokio::test]
async fn a_projector_that_goes_on_and_a_rebuild_do_not_undo_each_other() {
    let (_server, connection) = bank::open().await;
    open_accounts(&connection, 2).await;
    let _running = run(&connection, Balances(connection.clone())).await;
    until(&connection, "balance", 2).await;
    let paying = {
        let connection = connection.clone();
        tokio::spawn(async move { pay_in(&connection, "second", 20).await })
    };
    let mut rounds = 0;
    while !paying.is_finished() || rounds == 0 {
        rebuild_balances(&connection).await.unwrap();
        rounds += 1;
    }
    paying.await.unwrap();
    until(&connection, "balance", 22).await;
    let rebuilt = rebuild_balances(&connection).await.unwrap();
    assert_eq!((rebuilt.written, rebuilt.deleted), (0, 0));
}

#[tokio::test]
async fn a_newer_version_takes_the_bucket_over_while_events_come_and_the_old_one_stops() {
    let (_server, connection) = bank::open().await;
    open_accounts(&connection, 2).await;
    let _old = run(&connection, Balances(connection.clone())).await;
    until(&connection, "balance", 2).await;
    let paying = {
        let connection = connection.clone();
        tokio::spawn(async move { pay_in(&connection, "second", 20).await })
    };
    // Two instances of the new program; one of them rebuilds.
    let other = connection.clone();
    let _new = run(&connection, InCents(Balances(connection.clone()))).await;
    let _another = run(&other, InCents(Balances(other.clone()))).await;
    paying.await.unwrap();
    until(&connection, "cents", 2_200).await;

    // The old program, started again, leaves the bucket alone.
    let _old_again = run(&connection, Balances(connection.clone())).await;
    pay_in(&connection, "third", 1).await;
    until(&connection, "cents", 2_300).await;
    let refused = rebuild_balances(&connection).await;
    assert!(
        matches!(
            refused,
            Err(RebuildError::Newer {
                serving: 2,
                known: 1,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_bucket_that_is_new_has_the_version_that_comes_first() {
    let (_server, connection) = bank::open().await;
    let _running = run(&connection, InCents(Balances(connection.clone()))).await;
    open_accounts(&connection, 1).await;
    until(&connection, "cents", 100).await;
}

#[tokio::test]
async fn one_at_a_time_and_one_that_died_is_followed_by_another() {
    let (_server, connection) = bank::open().await;
    open_accounts(&connection, 5).await;
    // Dies in the middle, as a killed process would: nothing is given back.
    let (projection, progress) = (
        Balances(connection.clone()),
        watch::Sender::new(Progress::default()),
    );
    let mut seen = progress.subscribe();
    tokio::select! {
        _ = rebuild(&connection, &projection, Options::default(), &progress) => panic!("too fast"),
        _ = seen.wait_for(|progress| progress.phase == Phase::Switch) => {}
    }
    let busy = rebuild_balances(&connection).await;
    assert!(matches!(busy, Err(RebuildError::Busy { .. })), "{busy:?}");
    let underway = registry::underway(&connection, "balances").await.unwrap();
    assert!(underway.is_some());

    let another = async {
        loop {
            match rebuild_balances(&connection).await {
                Err(RebuildError::Busy { .. }) => tokio::task::yield_now().await,
                done => return done,
            }
        }
    };
    let another = tokio::time::timeout(Duration::from_secs(40), another).await;
    another.expect("the lease to end").unwrap();
    until(&connection, "balance", 5).await;
    let underway = registry::underway(&connection, "balances").await.unwrap();
    assert_eq!(underway, None);
}
