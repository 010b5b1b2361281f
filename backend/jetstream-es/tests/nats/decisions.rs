//! Decisions that leave no event are made once, too.

use jetstream_es::{Cause, Connection, Decided, ExecuteError, GroupCommit, Repository};

use crate::bank::{self, Accounts, Booked, Overdrawn, cause, deposit, withdraw};

fn accounts(connection: &Connection) -> Repository<Accounts> {
    Repository::new(connection, 100).deciding_once("decisions")
}

fn nothing(_balance: &i64) -> Result<Vec<Booked>, Overdrawn> {
    Ok(Vec::new())
}

#[tokio::test]
async fn a_refused_command_stays_refused_with_its_first_reason() {
    let (_server, connection) = bank::open().await;
    let mine = accounts(&connection);
    mine.execute(&1, &cause("a"), deposit(1, 30)).await.unwrap();
    let refused = mine.execute(&1, &cause("b"), withdraw(1, 50)).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn(30)))));
    mine.execute(&1, &cause("c"), deposit(1, 30)).await.unwrap();

    // Decided anew it would be done: there is enough now.
    for accounts in [mine, accounts(&connection)] {
        let again = accounts.execute(&1, &cause("b"), withdraw(1, 50)).await;
        assert!(matches!(again, Err(ExecuteError::Refused(Overdrawn(30)))));
        let another = accounts.execute(&1, &cause("d"), withdraw(1, 50)).await;
        assert_eq!(another.unwrap().sequence(), 3);
    }
    // About another account it is another command.
    let other = accounts(&connection);
    other.execute(&2, &cause("b"), deposit(2, 1)).await.unwrap();
}

#[tokio::test]
async fn nobody_is_told_what_came_of_the_command_of_somebody_else() {
    let (_server, connection) = bank::open().await;
    let of = |actor: &str, command: String| Cause {
        actor: Some(actor.to_owned()),
        ..cause(command)
    };
    let group = accounts(&connection).committing_in_groups(GroupCommit::default());
    let (ann, bob) = (|id| of("ann", id), |id| of("bob", id));
    for (account, accounts) in [(&1, accounts(&connection)), (&2, group)] {
        let id = |name| format!("{account}-{name}");
        let ask = async |cause: Cause, amount| {
            accounts
                .execute(account, &cause, withdraw(*account, amount))
                .await
        };
        let start = cause(id("start"));
        let start = accounts.execute(account, &start, deposit(*account, 30));
        start.await.unwrap();
        let done = ask(ann(id("a")), 10).await.unwrap();
        let refused = ask(ann(id("b")), 500).await;
        assert!(matches!(refused, Err(ExecuteError::Refused(_))));
        for command in ["a", "b"] {
            let by_bob = ask(bob(id(command)), 1).await;
            assert!(matches!(by_bob, Err(ExecuteError::OfAnother)));
        }
        let again = ask(ann(id("a")), 10).await.unwrap();
        assert_eq!(again, Decided::Before(done.sequence()));
        assert_eq!(accounts.newest(account, |it| *it).await.unwrap(), 20);
    }
}

#[tokio::test]
async fn nothing_to_do_is_done_once() {
    let (_server, connection) = bank::open().await;
    let accounts = accounts(&connection);
    let done = accounts.execute(&1, &cause("a"), nothing).await;
    assert_eq!(done.unwrap(), Decided::Nothing(0));
    accounts
        .execute(&1, &cause("b"), deposit(1, 1))
        .await
        .unwrap();
    let done = accounts.execute(&1, &cause("c"), nothing).await;
    assert_eq!(done.unwrap(), Decided::Nothing(1));
    let again = accounts.execute(&1, &cause("a"), deposit(1, 5)).await;
    assert_eq!(again.unwrap(), Decided::Nothing(0));
    assert_eq!(accounts.newest(&1, |balance| *balance).await.unwrap(), 1);
}

#[tokio::test]
async fn without_a_bucket_nothing_to_do_is_an_error_that_says_so() {
    let (_server, connection) = bank::open().await;
    let accounts = Repository::<Accounts>::new(&connection, 100);
    let done = accounts.execute(&1, &cause("a"), nothing).await;
    let error = done.unwrap_err();
    assert!(matches!(error, ExecuteError::NoEvent), "{error}");
    assert!(error.to_string().contains("deciding_once"), "{error}");
}

#[tokio::test]
async fn of_two_who_refuse_the_same_command_both_give_the_first_reason() {
    let (server, connection) = bank::open().await;
    let elsewhere = server.connect().await;
    let (mine, theirs) = (accounts(&connection), accounts(&elsewhere));
    for account in 0..20 {
        let cause: Cause = cause(format!("c{account}"));
        // Each would give a reason of its own.
        let (one, two) = tokio::join!(
            mine.execute(&account, &cause, |_| Err::<Vec<Booked>, _>(Overdrawn(1))),
            theirs.execute(&account, &cause, |_| Err::<Vec<Booked>, _>(Overdrawn(2))),
        );
        match (one, two) {
            (Err(ExecuteError::Refused(one)), Err(ExecuteError::Refused(two))) => {
                assert_eq!(one, two);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_before_a_refusal() {
    let (_server, connection) = bank::open().await;
    let mine = accounts(&connection);
    let theirs = accounts(&connection);
    let (command, runtime) = (cause("a"), tokio::runtime::Handle::current());
    // While this one refuses the command, another one does it: then the refusal is not what is told.
    let refuse = |_: &i64| -> Result<Vec<Booked>, _> {
        let done = std::thread::scope(|scope| {
            let other = theirs.execute(&1, &command, deposit(1, 5));
            scope.spawn(|| runtime.block_on(other)).join().unwrap()
        });
        assert_eq!(done.unwrap(), Decided::Now(1));
        Err(Overdrawn(0))
    };
    let done = mine.execute(&1, &command, refuse).await;
    assert_eq!(done.unwrap(), Decided::Before(1));
    let again = accounts(&connection)
        .execute(&1, &command, deposit(1, 5))
        .await;
    assert_eq!(again.unwrap(), Decided::Before(1));
}
