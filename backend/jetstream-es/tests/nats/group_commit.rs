//! What many commands decide at the same time is stored together, and nothing else changes by that.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jetstream_es::{Connection, Decided, ExecuteError, GroupCommit, Repository};

use crate::bank::{
    self, Accounts, Booked, Overdrawn, cause, deposit, deposited, withdraw, withdrawn,
};

fn grouped(connection: &Connection) -> Repository<Accounts> {
    Repository::new(connection, 100).committing_in_groups(GroupCommit::default())
}

/// The sequences of the events of each command in the stream, and how many batches they came in.
async fn stored(connection: &Connection) -> (HashMap<String, Vec<u64>>, usize) {
    let mut stream = connection.jetstream().get_stream("accounts").await.unwrap();
    let last = stream.info().await.unwrap().state.last_sequence;
    let (mut commands, mut batches) = (HashMap::<_, Vec<_>>::new(), HashSet::new());
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let event: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        let command = event["causationid"].as_str().unwrap().to_owned();
        commands.entry(command).or_default().push(sequence);
        if let Some(batch) = message.headers.get("Nats-Batch-Id") {
            batches.insert(batch.to_string());
        }
    }
    (commands, batches.len())
}

#[tokio::test]
async fn commands_at_the_same_time_are_stored_together_each_with_its_own_answer() {
    let (_server, connection) = bank::open().await;
    let accounts = grouped(&connection);
    // Three on each account, so that decisions build on others that are not stored yet.
    let commands = (0..60).map(|number| {
        let (accounts, account) = (&accounts, number % 20);
        async move {
            let decide = |balance: &i64| -> Result<_, Overdrawn> {
                let balance = u32::try_from(*balance).unwrap();
                Ok(vec![deposited(account, 1), deposited(account, balance)])
            };
            let command = format!("c-{number}");
            let cause = cause(command.clone());
            let done = accounts.execute(&account, &cause, decide).await;
            (command, done.unwrap())
        }
    });
    let done = join_all(commands).await;
    let (stored, batches) = stored(&connection).await;
    assert_eq!(stored.len(), 60);
    for (command, decided) in done {
        let sequences = &stored[&command];
        assert_eq!(sequences.len(), 2, "{command}: {sequences:?}");
        assert_eq!(decided, Decided::Now(sequences[1]), "{command}");
    }
    assert!(
        (1..=3).contains(&batches),
        "{batches} batches for commands that were there at once"
    );
    // 1 + 0, then 1 + 1, then 1 + 3: each was decided on what the one before has led to.
    for reader in [&accounts, &Repository::new(&connection, 100)] {
        for account in 0..20 {
            let balance = reader.newest(&account, |balance| *balance).await.unwrap();
            assert_eq!(balance, 7, "account {account}");
        }
    }
}

#[tokio::test]
async fn one_who_was_overtaken_decides_again_and_the_others_do_not() {
    let (_server, connection) = bank::open().await;
    let mine = grouped(&connection);
    let theirs = Repository::<Accounts>::new(&connection, 100);
    for account in 0..20 {
        let start = cause(format!("start-{account}"));
        mine.execute(&account, &start, deposit(account, 1))
            .await
            .unwrap();
    }
    // What is at hand of these is old after this.
    for account in [3, 11] {
        let other = cause(format!("other-{account}"));
        theirs
            .execute(&account, &other, deposit(account, 10))
            .await
            .unwrap();
    }
    let commands = (0..20).map(|account| {
        let mine = &mine;
        async move {
            let mut seen = Vec::new();
            let decide = |balance: &i64| -> Result<_, Overdrawn> {
                seen.push(*balance);
                Ok(vec![withdrawn(account, 1)])
            };
            let cause = cause(format!("c-{account}"));
            let decided = mine.execute(&account, &cause, decide).await;
            assert!(
                matches!(decided, Ok(Decided::Now(_))),
                "{account}: {decided:?}"
            );
            seen
        }
    });
    for (account, seen) in join_all(commands).await.into_iter().enumerate() {
        let expected = match account {
            3 | 11 => vec![1, 11],
            _ => vec![1],
        };
        assert_eq!(seen, expected, "account {account}");
    }
    let (stored, _) = stored(&connection).await;
    assert!(
        stored.values().all(|sequences| sequences.len() == 1),
        "{stored:?}"
    );
}

#[tokio::test]
async fn a_command_that_comes_twice_at_the_same_time_is_done_once() {
    let (_server, connection) = bank::open().await;
    let accounts = grouped(&connection);
    let both = (0..40).map(|number| {
        let (accounts, account) = (&accounts, number % 20);
        async move {
            let cause = cause(format!("c-{account}"));
            let done = accounts
                .execute(&account, &cause, deposit(account, 5))
                .await;
            done.unwrap()
        }
    });
    let done = join_all(both).await;
    for account in 0..20 {
        let mut both = [done[account], done[account + 20]];
        both.sort_by_key(|decided| matches!(decided, Decided::Before(_)));
        let sequence = both[0].sequence();
        assert_eq!(both, [Decided::Now(sequence), Decided::Before(sequence)]);
    }
}

#[tokio::test]
async fn no_more_is_withdrawn_than_there_is() {
    let (_server, connection) = bank::open().await;
    let accounts = grouped(&connection);
    accounts
        .execute(&1, &cause("start"), deposit(1, 100))
        .await
        .unwrap();
    let race = (0..10).map(|number| {
        let accounts = &accounts;
        async move {
            let cause = cause(format!("c-{number}"));
            accounts.execute(&1, &cause, withdraw(1, 30)).await
        }
    });
    let ends = join_all(race).await;
    let done = ends.iter().filter(|end| matches!(end, Ok(Decided::Now(_))));
    let refused = ends
        .iter()
        .filter(|end| matches!(end, Err(ExecuteError::Refused(Overdrawn(10)))));
    assert_eq!((done.count(), refused.count()), (3, 7), "{ends:?}");
}

#[tokio::test]
async fn commands_over_two_accounts_and_over_one_get_on_with_each_other() {
    let (_server, connection) = bank::open().await;
    let accounts = grouped(&connection);
    let commands = (0..40_u32).map(|number| {
        let accounts = &accounts;
        async move {
            let cause = cause(format!("c-{number}"));
            let (from, to) = (number % 4, (number + 1) % 4);
            if number % 2 == 0 {
                accounts.execute(&from, &cause, deposit(from, 10)).await
            } else {
                let transfer = |_: [&i64; 2]| -> Result<[Vec<Booked>; 2], Overdrawn> {
                    Ok([vec![withdrawn(from, 1)], vec![deposited(to, 1)]])
                };
                accounts
                    .execute_across([&from, &to], &cause, transfer)
                    .await
            }
        }
    });
    for (number, end) in join_all(commands).await.into_iter().enumerate() {
        assert!(matches!(end, Ok(Decided::Now(_))), "c-{number}: {end:?}");
    }
    let mut sum = 0;
    for account in 0..4 {
        sum += accounts.newest(&account, |balance| *balance).await.unwrap();
    }
    assert_eq!(sum, 200);
}

#[tokio::test]
async fn whoever_gives_up_waiting_harms_nobody() {
    let (_server, connection) = bank::open().await;
    let accounts = Arc::new(grouped(&connection));
    let execute = |number: u32| {
        let accounts = Arc::clone(&accounts);
        async move {
            let (cause, account) = (cause(format!("c-{number}")), number % 5);
            let done = accounts
                .execute(&account, &cause, deposit(account, 1))
                .await;
            done.unwrap()
        }
    };
    for round in 0..20 {
        let tasks: Vec<_> = (0..20)
            .map(|number| tokio::spawn(execute(round * 20 + number)))
            .collect();
        // Somewhere between nothing and everything has been done by then; every other one gives up.
        tokio::time::sleep(Duration::from_micros(u64::from(round) * 200)).await;
        for task in tasks.iter().step_by(2) {
            task.abort();
        }
        for task in tasks {
            let ended = task.await;
            assert!(ended.is_ok() || ended.unwrap_err().is_cancelled());
        }
    }
    for number in 0..400 {
        execute(number).await;
    }
    let (stored, _) = stored(&connection).await;
    assert_eq!(stored.len(), 400);
    assert!(
        stored.values().all(|sequences| sequences.len() == 1),
        "{stored:?}"
    );
}
