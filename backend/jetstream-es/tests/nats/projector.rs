//! A read model is what the events say, whatever happens on the way.

use std::time::Duration;

use jetstream_es::repository::LoadError;
use jetstream_es::testing::Server;
use jetstream_es::{
    CodecError, Connection, Position, Projection, Projector, Repository, StoredMessage,
};
use tokio_util::sync::CancellationToken;

use crate::bank::{self, Accounts, Balance, Balances, Change, cause, deposit};

/// A projector that runs until it is dropped.
struct Running(CancellationToken);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn run(connection: &Connection) -> Running {
    let stop = CancellationToken::new();
    let projector = Projector::open(connection, Balances(connection.clone()));
    tokio::spawn(projector.await.unwrap().run(stop.clone()));
    Running(stop)
}

async fn own(connection: &Connection, account: u32, owner: &'static str) {
    bank::publish(connection, format!("owner.{account}"), owner).await;
}

/// Waits until the value of the account is as `expected` says, and returns its revision.
async fn until(connection: &Connection, account: u32, expected: impl Fn(&Balance) -> bool) -> u64 {
    let bucket = connection
        .jetstream()
        .get_key_value("balances")
        .await
        .unwrap();
    let mut watch = bucket
        .watch_with_history(account.to_string())
        .await
        .unwrap();
    let seen = async {
        loop {
            let entry = futures_util::StreamExt::next(&mut watch)
                .await
                .unwrap()
                .unwrap();
            let value: Balance = serde_json::from_slice(&entry.value).unwrap();
            if expected(&value) {
                return entry.revision;
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    seen.expect("the value that was expected")
}

/// Makes the server forget how far the projector has come, so that it delivers everything again.
async fn forget(connection: &Connection) {
    for stream in ["owners", "accounts"] {
        let stream = connection.jetstream().get_stream(stream).await.unwrap();
        stream.delete_consumer("view-balances").await.unwrap();
    }
}

#[tokio::test]
async fn events_applied_twice_change_nothing() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    own(&connection, 1, "Ada").await;
    for number in 1..=5 {
        let cause = cause(format!("c{number}"));
        accounts.execute(&1, &cause, deposit(1, 1)).await.unwrap();
    }
    let running = run(&connection).await;
    let revision = until(&connection, 1, |value| value.accounts == 5).await;
    drop(running);

    forget(&connection).await;
    let _running = run(&connection).await;
    // A marker that is applied after everything that comes twice.
    own(&connection, 2, "Grace").await;
    accounts
        .execute(&2, &cause("m"), deposit(2, 9))
        .await
        .unwrap();
    until(&connection, 2, |value| value.accounts == 6).await;
    let again = until(&connection, 1, |value| value.accounts == 5).await;
    assert_eq!(revision, again, "the value was written a second time");
    let expected = |value: &Balance| (value.balance, value.owner.as_str()) == (5, "Ada");
    until(&connection, 1, expected).await;
}

#[tokio::test]
async fn an_event_finds_its_value_although_the_stream_that_makes_it_lags() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    own(&connection, 1, "Ada").await;
    accounts
        .execute(&1, &cause("a"), deposit(1, 5))
        .await
        .unwrap();
    // Nothing of `owners` is delivered at all.
    let stop = CancellationToken::new();
    let lagging = Projector::open(&connection, Lagging(Balances(connection.clone()))).await;
    tokio::spawn(lagging.unwrap().run(stop.clone()));
    let there = |value: &Balance| value.owner == "Ada" && value.balance == 5;
    let revision = until(&connection, 1, there).await;
    stop.cancel();

    // When it is delivered at last, the value has it already.
    let _running = run(&connection).await;
    own(&connection, 2, "Grace").await;
    until(&connection, 2, |value| value.owner == "Grace").await;
    assert_eq!(until(&connection, 1, there).await, revision);
}

/// The projection of balances while the stream `owners` delivers nothing.
struct Lagging(Balances);

impl Projection for Lagging {
    type Event = Change;
    type Key = u32;
    type Value = Balance;

    const BUCKET: &'static str = Balances::BUCKET;
    const STREAMS: &'static [&'static str] = &["accounts"];

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        Balances::read(stream, message)
    }

    fn keys(change: &Change) -> Vec<u32> {
        Balances::keys(change)
    }

    fn position(value: &Balance, stream: &'static str) -> u64 {
        Balances::position(value, stream)
    }

    fn apply(key: &u32, value: Option<Balance>, change: &Change, at: Position) -> Option<Balance> {
        Balances::apply(key, value, change, at)
    }

    async fn before(&self, key: &u32) -> Result<Vec<(Position, Change)>, LoadError> {
        self.0.before(key).await
    }
}

#[tokio::test]
async fn another_writer_of_a_value_is_noticed() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let _running = run(&connection).await;
    own(&connection, 1, "Ada").await;
    accounts
        .execute(&1, &cause("a"), deposit(1, 5))
        .await
        .unwrap();
    until(&connection, 1, |value| value.balance == 5).await;
    // Somebody writes what the projector does not have at hand: as if another one had come further.
    let further = Balance {
        owner: "Ada".into(),
        balance: 1_000,
        owners: 1,
        accounts: 2,
    };
    let bucket = connection
        .jetstream()
        .get_key_value("balances")
        .await
        .unwrap();
    let value = serde_json::to_vec(&further).unwrap();
    bucket.put("1", value.into()).await.unwrap();
    accounts
        .execute(&1, &cause("b"), deposit(1, 5))
        .await
        .unwrap();
    accounts
        .execute(&1, &cause("c"), deposit(1, 7))
        .await
        .unwrap();
    // Event 2 is in that value already; event 3 comes on top.
    until(&connection, 1, |value| {
        (value.balance, value.accounts) == (1_007, 3)
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_not_understood_does_not_stop_the_others() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let _running = run(&connection).await;
    own(&connection, 1, "Ada").await;
    for payload in ["{", "\u{0}"] {
        bank::publish(&connection, "account.2.in", payload).await;
    }
    // One that is understood, and has no owner to be shown with.
    accounts
        .execute(&3, &cause("a"), deposit(3, 1))
        .await
        .unwrap();
    accounts
        .execute(&1, &cause("b"), deposit(1, 5))
        .await
        .unwrap();
    until(&connection, 1, |value| value.balance == 5).await;
}

#[tokio::test]
async fn nothing_is_lost_while_the_server_is_killed_again_and_again() {
    let mut server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    for stream in [
        jetstream_es::StreamSpec::events("accounts", ["account.>"]),
        jetstream_es::StreamSpec::events("owners", ["owner.>"]),
        jetstream_es::DeadLetters::stream(),
    ] {
        let declared = jetstream_es::declare::stream(&jetstream, &stream).await;
        declared.unwrap();
    }
    let bucket = jetstream_es::BucketSpec::new("balances");
    jetstream_es::declare::bucket(&jetstream, &bucket)
        .await
        .unwrap();
    let accounts = Repository::<Accounts>::new(&connection, 100);
    for account in 1..=20 {
        own(&connection, account, "Ada").await;
    }
    let _running = run(&connection).await;
    let mut booked = 0;
    for round in 0..4 {
        for account in 1..=20 {
            let cause = cause(format!("{round}-{account}"));
            // An answer may be lost with the server; the command is sent again until it has one.
            while accounts
                .execute(&account, &cause, deposit(account, 1))
                .await
                .is_err()
            {}
            booked += 1;
            if account == 10 {
                server.kill();
                server.restart().await;
            }
        }
    }
    assert_eq!(booked, 80);
    for account in 1..=20 {
        until(&connection, account, |value| value.balance == 4).await;
    }
    let mut stream = connection.jetstream().get_stream("accounts").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 80);
}
