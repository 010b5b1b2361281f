//! What became of a command, asked without deciding on it.

use jetstream_es::repository::LoadError;
use jetstream_es::{Cause, Connection, Decided, ExecuteError, Repository};

use crate::bank::{self, Accounts, Overdrawn, cause, deposit, withdraw};

fn accounts(connection: &Connection) -> Repository<Accounts> {
    Repository::new(connection, 100).deciding_once("decisions")
}

async fn recall(
    accounts: &Repository<Accounts>,
    cause: &Cause,
) -> Result<Option<Decided>, ExecuteError<Overdrawn>> {
    accounts.recall(&1, cause).await
}

#[tokio::test]
async fn it_is_what_the_command_would_be_answered_and_nothing_is_decided() {
    let (_server, connection) = bank::open().await;
    let accounts = accounts(&connection);
    for _ in 0..2 {
        assert_eq!(recall(&accounts, &cause("a")).await.unwrap(), None);
    }
    let done = accounts.execute(&1, &cause("a"), deposit(1, 100)).await;
    assert_eq!(done.unwrap(), Decided::Now(1));
    let again = recall(&accounts, &cause("a")).await.unwrap();
    assert_eq!(again, Some(Decided::Before(1)));

    let refused = accounts.execute(&1, &cause("b"), withdraw(1, 101)).await;
    refused.unwrap_err();
    let again = recall(&accounts, &cause("b")).await;
    assert!(matches!(again, Err(ExecuteError::Refused(Overdrawn(100)))));
    // Another account has nothing of it.
    let other = accounts.recall::<Overdrawn>(&2, &cause("a")).await;
    assert_eq!(other.unwrap(), None);
}

#[tokio::test]
async fn an_event_that_is_not_understood_hinders_nothing() {
    let (_server, connection) = bank::open().await;
    let accounts = accounts(&connection);
    let done = accounts.execute(&1, &cause("a"), deposit(1, 100)).await;
    done.unwrap();
    bank::publish(&connection, "account.1.in", "not an event").await;
    let unreadable = self::accounts(&connection);
    let decided = unreadable.execute(&1, &cause("a"), deposit(1, 100)).await;
    let Err(ExecuteError::Load(LoadError::Unreadable { sequence: 2, .. })) = decided else {
        panic!("{decided:?}");
    };
    let again = recall(&unreadable, &cause("a")).await.unwrap();
    assert_eq!(again, Some(Decided::Before(1)));
    assert_eq!(recall(&unreadable, &cause("b")).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_is_told_what_became_of_the_command_of_somebody_else() {
    let (_server, connection) = bank::open().await;
    let accounts = accounts(&connection);
    let by = |actor: &str| Cause {
        actor: Some(actor.to_owned()),
        ..cause("a")
    };
    let done = accounts.execute(&1, &by("ada"), deposit(1, 100)).await;
    done.unwrap();
    let again = recall(&accounts, &by("bob")).await;
    assert!(matches!(again, Err(ExecuteError::OfAnother)), "{again:?}");
    let again = recall(&accounts, &by("ada")).await.unwrap();
    assert_eq!(again, Some(Decided::Before(1)));
}
