//! Old events come again to whoever asks for them, and nobody else hears of it.

use std::time::{Duration, SystemTime};

use jetstream_es::replay::{ReplayError, Replayed, Selection, replay};
use jetstream_es::{Boundary, Cause, Connection, Repository};
use tokio::sync::watch;

use crate::bank::{self, Accounts, Booked, deposit, withdraw};

/// The hour of the `n`th event.
fn hour(n: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + 3_600 * n)
}

/// Ten deposits and ten withdrawals, one after the other, an hour between two of them.
async fn book(connection: &Connection) {
    let accounts = Repository::<Accounts>::new(connection, 10);
    for n in 0..20 {
        let cause = Cause {
            time: hour(n),
            ..Cause::new(format!("c{n}"))
        };
        let done = match n % 2 {
            0 => accounts.execute(&1, &cause, deposit(1, 1)).await,
            _ => accounts.execute(&1, &cause, withdraw(1, 1)).await,
        };
        done.unwrap();
    }
}

/// The sequences of the selected events.
async fn sequences(connection: &Connection, selection: Selection, after: u64) -> Vec<u64> {
    let mut sequences = Vec::new();
    let progress = watch::Sender::new(Replayed::default());
    let done = replay(
        connection,
        "accounts",
        &selection,
        after,
        &progress,
        async |message| {
            sequences.push(message.sequence);
            Ok::<_, ReplayError<()>>(())
        },
    );
    let done = done.await.unwrap();
    assert_eq!(done, *progress.borrow());
    assert_eq!(done.handled, sequences.len() as u64);
    sequences
}

#[tokio::test]
async fn all_events_or_those_of_a_type_or_of_a_time_come_in_order() {
    let (_server, connection) = bank::open().await;
    book(&connection).await;
    let all: Vec<u64> = (1..=20).collect();
    assert_eq!(sequences(&connection, Selection::default(), 0).await, all);
    let rest = sequences(&connection, Selection::default(), 15).await;
    assert_eq!(rest, [16, 17, 18, 19, 20]);

    let stream = connection.jetstream().get_stream("accounts").await.unwrap();
    let second = stream.get_raw_message(2).await.unwrap();
    let stored = jetstream_es::StoredMessage {
        subject: second.subject.to_string(),
        sequence: 2,
        headers: second.headers,
        payload: second.payload,
        time: None,
    };
    let withdrawn = Accounts::decode(&stored).unwrap();
    assert!(matches!(withdrawn.event, Booked::Withdrawn(_)));
    let withdrawals = Selection {
        types: vec![withdrawn.metadata.event_type],
        ..Selection::default()
    };
    let even: Vec<u64> = (1..=10).map(|n| 2 * n).collect();
    assert_eq!(sequences(&connection, withdrawals.clone(), 0).await, even);

    let some = Selection {
        from: Some(hour(4)),
        until: Some(hour(8)),
        ..withdrawals.clone()
    };
    assert_eq!(sequences(&connection, some, 0).await, [6, 8]);

    // What nobody understands has neither a type nor a time.
    bank::publish(&connection, "account.1.in", "{").await;
    assert_eq!(sequences(&connection, withdrawals, 0).await, even);
}

#[tokio::test]
async fn a_handler_that_fails_ends_it_and_it_may_go_on_there() {
    let (_server, connection) = bank::open().await;
    book(&connection).await;
    let progress = watch::Sender::new(Replayed::default());
    let all = Selection::default();
    let failed = replay(
        &connection,
        "accounts",
        &all,
        0,
        &progress,
        async |message| match message.sequence {
            7 => Err("seven"),
            _ => Ok(()),
        },
    );
    let Err(ReplayError::Handler { sequence, source }) = failed.await else {
        panic!("it did not fail");
    };
    assert_eq!((sequence, source), (7, "seven"));
    assert_eq!(progress.borrow().handled, 6);
    let rest = sequences(&connection, Selection::default(), sequence - 1).await;
    assert_eq!(rest.first(), Some(&7));
}

#[test]
fn a_read_model_is_not_made_from_a_part_of_its_events() {
    assert!(Selection::default().require_all("balances").is_ok());
    let selections = [
        Selection {
            types: vec!["deposited".into()],
            ..Selection::default()
        },
        Selection {
            from: Some(hour(1)),
            ..Selection::default()
        },
        Selection {
            filter: Some("account.1.>".into()),
            ..Selection::default()
        },
    ];
    for selection in selections {
        let refused = selection.require_all("balances").unwrap_err();
        assert!(refused.to_string().contains("rebuild it whole"));
    }
}
