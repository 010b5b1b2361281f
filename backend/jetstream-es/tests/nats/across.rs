//! One command on two boundaries: all of it or nothing.

use std::time::Duration;

use futures_util::future::join_all;
use jetstream_es::{Decided, ExecuteError, Repository, StreamSpec, declare};

use crate::bank::{
    self, Accounts, Booked, Overdrawn, cause, deposit, deposited, withdraw, withdrawn,
};

/// Takes the amount from the first account to the second one.
fn transfer(
    from: u32,
    to: u32,
    amount: u32,
) -> impl FnMut([&i64; 2]) -> Result<[Vec<Booked>; 2], Overdrawn> {
    move |[balance, _]| {
        if *balance < i64::from(amount) {
            return Err(Overdrawn(*balance));
        }
        Ok([vec![withdrawn(from, amount)], vec![deposited(to, amount)]])
    }
}

#[tokio::test]
async fn what_leaves_one_account_arrives_in_the_other() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100).deciding_once("decisions");
    let elsewhere = Repository::<Accounts>::new(&connection, 100).deciding_once("decisions");
    accounts
        .execute(&1, &cause("a"), deposit(1, 70))
        .await
        .unwrap();
    let done = accounts
        .execute_across([&1, &2], &cause("b"), transfer(1, 2, 50))
        .await;
    assert_eq!(done.unwrap(), Decided::Now(3));
    let refused = accounts
        .execute_across([&1, &2], &cause("c"), transfer(1, 2, 50))
        .await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn(20)))));
    for (account, expected) in [(1, 20), (2, 50)] {
        for accounts in [&accounts, &elsewhere] {
            let balance = accounts.newest(&account, |balance| *balance).await;
            assert_eq!(balance.unwrap(), expected);
        }
    }
    // Both come again, to one who knows nothing.
    let again = Repository::<Accounts>::new(&connection, 100).deciding_once("decisions");
    let done = again
        .execute_across([&1, &2], &cause("b"), transfer(1, 2, 50))
        .await;
    assert_eq!(done.unwrap(), Decided::Before(3));
    again
        .execute(&1, &cause("d"), deposit(1, 100))
        .await
        .unwrap();
    let refused = again
        .execute_across([&1, &2], &cause("c"), transfer(1, 2, 50))
        .await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn(20)))));
}

#[tokio::test]
async fn whoever_changes_either_of_them_is_noticed() {
    let (_server, connection) = bank::open().await;
    for (changed, expected) in [(1, [20, 1]), (2, [10, 11])] {
        // Other accounts each time.
        let (from, to) = (10 * changed, 10 * changed + 1);
        let mine = Repository::<Accounts>::new(&connection, 100);
        let theirs = Repository::<Accounts>::new(&connection, 100);
        for (account, amount) in [(from, 10), (to, 1)] {
            let start = cause(format!("start-{account}"));
            mine.execute(&account, &start, deposit(account, amount))
                .await
                .unwrap();
        }
        let account = if changed == 1 { from } else { to };
        let other = cause(format!("other-{account}"));
        theirs
            .execute(&account, &other, deposit(account, 10))
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut decide = transfer(from, to, 10);
        let watched = |states: [&i64; 2]| {
            seen.push(states.map(|state| *state));
            decide(states)
        };
        let transfer = cause(format!("transfer-{from}"));
        mine.execute_across([&from, &to], &transfer, watched)
            .await
            .unwrap();
        // Decided at first on what was at hand, and then on what is.
        assert_eq!(seen, [[10, 1], expected]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_money_is_made_or_lost_by_many_who_transfer_at_once() {
    let (server, connection) = bank::open().await;
    let setup = Repository::<Accounts>::new(&connection, 100);
    for account in 0..4 {
        let start = cause(format!("start-{account}"));
        setup
            .execute(&account, &start, deposit(account, 100))
            .await
            .unwrap();
    }
    let connections = join_all((0..4).map(|_| server.connect())).await;
    let workers = connections
        .iter()
        .enumerate()
        .map(|(worker, connection)| async move {
            let accounts = Repository::<Accounts>::new(connection, 100);
            let mut state = worker as u32 + 1;
            for number in 0..40 {
                // A small generator; the order of the transfers is the same in each run.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (from, step, amount) = (state >> 8 & 3, 1 + (state >> 16) % 3, state >> 24);
                let to = (from + step) % 4;
                let command = cause(format!("{worker}-{number}"));
                // Each is sent twice, and once more whenever the others were faster sixteen times.
                let mut sent = 0;
                while sent < 2 {
                    let done =
                        accounts.execute_across([&from, &to], &command, transfer(from, to, amount));
                    match done.await {
                        Ok(_) | Err(ExecuteError::Refused(Overdrawn(_))) => sent += 1,
                        Err(ExecuteError::Contended { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    join_all(workers).await;
    let mut sum = 0;
    for account in 0..4 {
        let balance = setup.newest(&account, |balance| *balance).await.unwrap();
        assert!(balance >= 0);
        sum += balance;
    }
    assert_eq!(sum, 400);
}

#[tokio::test]
async fn a_boundary_without_an_event_would_go_unchecked() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100).deciding_once("decisions");
    let one_sided = |_: [&i64; 2]| Ok::<_, Overdrawn>([vec![deposited(1, 1)], Vec::new()]);
    let done = accounts
        .execute_across([&1, &2], &cause("a"), one_sided)
        .await;
    match done {
        Err(ExecuteError::Unguarded { boundary }) => assert_eq!(boundary, "account.2.>"),
        other => panic!("{other:?}"),
    }
    let nothing = |_: [&i64; 2]| Ok::<_, Overdrawn>([Vec::new(), Vec::new()]);
    let done = accounts
        .execute_across([&1, &2], &cause("b"), nothing)
        .await;
    assert_eq!(done.unwrap(), Decided::Nothing(0));
    let twice = accounts
        .execute_across([&1, &1], &cause("c"), transfer(1, 1, 1))
        .await;
    assert!(matches!(twice, Err(ExecuteError::NamedTwice { .. })));
}

#[tokio::test]
async fn a_stream_without_batches_says_so() {
    let (_server, connection) = bank::open().await;
    let single = StreamSpec {
        allow_atomic: false,
        ..StreamSpec::events("accounts", ["account.>"])
    };
    declare::stream(&connection.jetstream(), &single)
        .await
        .unwrap();
    let accounts = Repository::<Accounts>::new(&connection, 100);
    accounts
        .execute(&1, &cause("a"), deposit(1, 5))
        .await
        .unwrap();
    let done = accounts
        .execute_across([&1, &2], &cause("b"), transfer(1, 2, 5))
        .await;
    assert!(!done.unwrap_err().is_transient());
    // Nothing of it was stored.
    let all = accounts.execute(&1, &cause("c"), withdraw(1, 5)).await;
    assert_eq!(all.unwrap(), Decided::Now(2));
}

#[tokio::test]
async fn a_transfer_is_whole_and_done_once_although_the_server_is_killed_in_the_middle() {
    let (mut server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100).deciding_once("decisions");
    accounts
        .execute(&1, &cause("start"), deposit(1, 100))
        .await
        .unwrap();
    let mut done = 0;
    for number in 0..60 {
        let command = cause(format!("t{number}"));
        let (from, to) = if number % 3 == 2 { (2, 1) } else { (1, 2) };
        let ids = [&from, &to];
        let first = accounts.execute_across(ids, &command, transfer(from, to, 7));
        if number % 10 == 5 {
            // The batch is on its way, or has arrived, or its answer has.
            let impatient = Duration::from_micros(400 * number);
            drop(tokio::time::timeout(impatient, first).await);
            server.kill();
            server.restart().await;
        } else {
            drop(first.await);
        }
        // Whatever came of that, the command is sent again until there is an answer.
        done += loop {
            let again = accounts.execute_across(ids, &command, transfer(from, to, 7));
            match again.await {
                Ok(_) => break 1,
                Err(ExecuteError::Refused(Overdrawn(_))) => break 0,
                Err(error) if error.is_transient() => {}
                Err(error) => panic!("{error}"),
            }
        };
    }
    let elsewhere = Repository::<Accounts>::new(&connection, 100);
    let mut balances = Vec::new();
    for account in [1, 2] {
        balances.push(
            elsewhere
                .newest(&account, |balance| *balance)
                .await
                .unwrap(),
        );
    }
    assert_eq!(balances.iter().sum::<i64>(), 100, "{balances:?}");
    let mut stream = connection.jetstream().get_stream("accounts").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 1 + 2 * done);
}
