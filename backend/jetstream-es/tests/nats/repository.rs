//! Loading, deciding, appending.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use jetstream_es::repository::LoadError;
use jetstream_es::{Decided, ExecuteError, Repository};

use crate::bank::{self, Accounts, Overdrawn, cause, deposit, deposited, withdraw, withdrawn};

#[tokio::test]
async fn a_command_is_decided_on_what_happened_before() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let done = accounts.execute(&1, &cause("a"), deposit(1, 100)).await;
    assert_eq!(done.unwrap(), Decided::Now(1));
    let done = accounts.execute(&1, &cause("b"), withdraw(1, 30)).await;
    assert_eq!(done.unwrap(), Decided::Now(2));
    let refused = accounts.execute(&1, &cause("c"), withdraw(1, 71)).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn(70)))));
    // Another account has nothing of it.
    let refused = accounts.execute(&2, &cause("d"), withdraw(2, 1)).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn(0)))));

    let elsewhere = Repository::<Accounts>::new(&connection, 100);
    assert_eq!(elsewhere.newest(&1, |balance| *balance).await.unwrap(), 70);
}

#[tokio::test]
async fn of_many_who_race_for_the_last_of_it_one_wins() {
    let (server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    for round in 0..20 {
        let start = format!("start-{round}");
        let started = accounts
            .execute(&round, &cause(start), deposit(round, 10))
            .await;
        started.unwrap();
    }
    // Each racer is a backend of its own, with its own connection and nothing at hand.
    let racers = join_all((0..8).map(|_| server.connect())).await;
    let racers: Vec<_> = racers
        .iter()
        .map(|connection| Repository::<Accounts>::new(connection, 100))
        .collect();
    for round in 0..20 {
        let race = racers.iter().enumerate().map(|(racer, accounts)| {
            let cause = cause(format!("{round}-{racer}"));
            async move { accounts.execute(&round, &cause, withdraw(round, 10)).await }
        });
        let ends = join_all(race).await;
        let winners = ends.iter().filter(|end| end.is_ok()).count();
        let told = ends
            .iter()
            .filter(|end| matches!(end, Err(ExecuteError::Refused(Overdrawn(0)))));
        assert_eq!((winners, told.count()), (1, 7), "round {round}: {ends:?}");
    }
}

#[tokio::test]
async fn a_conflict_is_decided_again_on_what_the_other_did() {
    let (_server, connection) = bank::open().await;
    let mine = Repository::<Accounts>::new(&connection, 100);
    let theirs = Repository::<Accounts>::new(&connection, 100);
    mine.execute(&1, &cause("a"), deposit(1, 1)).await.unwrap();
    // What is at hand here is old after this.
    theirs
        .execute(&1, &cause("b"), deposit(1, 2))
        .await
        .unwrap();
    let mut seen = Vec::new();
    let decide = |balance: &i64| -> Result<_, Overdrawn> {
        seen.push(*balance);
        Ok(vec![deposited(1, 4)])
    };
    let done = mine.execute(&1, &cause("c"), decide).await;
    assert_eq!(done.unwrap(), Decided::Now(3));
    assert_eq!(seen, [1, 3]);
}

#[tokio::test]
async fn a_refusal_is_never_made_on_an_old_state() {
    let (_server, connection) = bank::open().await;
    let mine = Repository::<Accounts>::new(&connection, 100);
    let theirs = Repository::<Accounts>::new(&connection, 100);
    mine.execute(&1, &cause("a"), deposit(1, 1)).await.unwrap();
    theirs
        .execute(&1, &cause("b"), deposit(1, 100))
        .await
        .unwrap();
    let done = mine.execute(&1, &cause("c"), withdraw(1, 50)).await;
    assert_eq!(done.unwrap(), Decided::Now(3));
}

#[tokio::test]
async fn a_command_that_comes_again_has_its_first_outcome_and_appends_nothing() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    accounts
        .execute(&1, &cause("a"), deposit(1, 10))
        .await
        .unwrap();
    accounts
        .execute(&1, &cause("b"), withdraw(1, 10))
        .await
        .unwrap();

    // Here, and in a backend that has just been started.
    for accounts in [&accounts, &Repository::<Accounts>::new(&connection, 100)] {
        let again = accounts.execute(&1, &cause("a"), deposit(1, 10)).await;
        assert_eq!(again.unwrap(), Decided::Before(1));
        // Decided anew it would be refused: the account is empty.
        let again = accounts.execute(&1, &cause("b"), withdraw(1, 10)).await;
        assert_eq!(again.unwrap(), Decided::Before(2));
    }
    let mut stream = connection.jetstream().get_stream("accounts").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 2);
}

#[tokio::test]
async fn the_same_command_sent_twice_at_once_is_done_once() {
    let (server, connection) = bank::open().await;
    let other = server.connect().await;
    let (mine, theirs) = (
        Repository::<Accounts>::new(&connection, 100),
        Repository::<Accounts>::new(&other, 100),
    );
    for account in 1..=30 {
        let cause = cause(format!("only-{account}"));
        let (one, two) = tokio::join!(
            mine.execute(&account, &cause, deposit(account, 5)),
            theirs.execute(&account, &cause, deposit(account, 5)),
        );
        assert_eq!(one.unwrap().sequence(), two.unwrap().sequence());
        let balance = mine.newest(&account, |balance| *balance).await.unwrap();
        assert_eq!(balance, 5);
    }
}

#[tokio::test]
async fn the_events_of_one_command_are_stored_all_or_none() {
    let (_server, connection) = bank::open().await;
    let mine = Repository::<Accounts>::new(&connection, 100);
    let theirs = Repository::<Accounts>::new(&connection, 100);
    let three = |_: &i64| -> Result<_, Overdrawn> {
        Ok(vec![deposited(1, 5), deposited(1, 6), withdrawn(1, 1)])
    };
    let done = mine.execute(&1, &cause("a"), three).await.unwrap();
    assert_eq!(done, Decided::Now(3));
    theirs
        .execute(&1, &cause("b"), deposit(1, 1))
        .await
        .unwrap();
    // Overtaken, so the whole batch is refused and comes anew.
    let done = mine.execute(&1, &cause("c"), three).await.unwrap();
    assert_eq!(done, Decided::Now(7));
    let again = theirs.execute(&1, &cause("c"), three).await.unwrap();
    assert_eq!(again, Decided::Before(7));
    assert_eq!(theirs.newest(&1, |balance| *balance).await.unwrap(), 21);
}

#[tokio::test]
async fn a_long_history_is_read_in_pages() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let many = |_: &i64| -> Result<_, Overdrawn> { Ok(vec![deposited(1, 1); 900]) };
    for command in ["a", "b", "c"] {
        accounts.execute(&1, &cause(command), many).await.unwrap();
    }
    let elsewhere = Repository::<Accounts>::new(&connection, 100);
    assert_eq!(
        elsewhere.newest(&1, |balance| *balance).await.unwrap(),
        2_700
    );
}

#[tokio::test]
async fn an_event_of_an_old_version_is_folded_as_one_of_today() {
    let (_server, connection) = bank::open().await;
    let event = r#"{"specversion":"1.0","id":"e","source":"/bank","type":"bank.deposited.v1","causationid":"a",
        "data":{"account":7,"notes":[20,50]}}"#;
    bank::publish(&connection, "account.7.in", event).await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    assert_eq!(accounts.newest(&7, |balance| *balance).await.unwrap(), 70);
    let again = accounts.execute(&7, &cause("a"), deposit(7, 70)).await;
    assert_eq!(again.unwrap(), Decided::Before(1));
}

#[tokio::test]
async fn an_event_that_is_not_understood_is_named() {
    let (_server, connection) = bank::open().await;
    bank::publish(&connection, "account.7.in", "{").await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let error = accounts.newest(&7, |balance| *balance).await.unwrap_err();
    assert!(
        matches!(error, LoadError::Unreadable { sequence: 1, .. }),
        "{error}"
    );
    let done = accounts.execute(&7, &cause("a"), deposit(7, 1)).await;
    assert!(!done.unwrap_err().is_transient());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_overtaken_each_time_gives_way_after_a_bounded_number_of_decisions() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let theirs = Arc::new(Repository::<Accounts>::new(&connection, 100));
    let decisions = AtomicUsize::new(0);
    let runtime = tokio::runtime::Handle::current();
    let decide = |_: &i64| -> Result<_, Overdrawn> {
        let number = decisions.fetch_add(1, Ordering::Relaxed);
        let (theirs, runtime) = (Arc::clone(&theirs), runtime.clone());
        let faster = std::thread::spawn(move || {
            let cause = cause(format!("other-{number}"));
            runtime.block_on(async { theirs.execute(&1, &cause, deposit(1, 1)).await.is_ok() })
        });
        assert!(faster.join().unwrap());
        Ok(vec![deposited(1, 1)])
    };
    let done = accounts.execute(&1, &cause("mine"), decide).await;
    assert!(matches!(done, Err(ExecuteError::Contended { .. })));
    assert_eq!(decisions.into_inner(), 16);
}
