//! What many tasks publish at the same time is stored together, and each is told what became of its own.

use std::collections::HashSet;

use async_nats::HeaderMap;
use futures_util::future::join_all;
use jetstream_es::publish::PublishError;
use jetstream_es::{GroupCommit, GroupPublisher};

use crate::bank;

#[tokio::test]
async fn many_go_together_and_few_by_themselves_each_with_its_own_sequence() {
    let (_server, connection) = bank::open().await;
    let publisher = GroupPublisher::start(&connection, GroupCommit::default());
    for (count, together) in [(1_u32, false), (11, false), (60, true)] {
        let all = (0..count).map(|number| {
            let (subject, payload) = (format!("account.{number}"), format!("{count}.{number}"));
            publisher.publish(subject, HeaderMap::new(), payload.into())
        });
        let sequences = join_all(all).await;
        let stream = connection.jetstream().get_stream("accounts").await.unwrap();
        let mut batches = HashSet::new();
        for (number, sequence) in sequences.into_iter().enumerate() {
            let message = stream.get_raw_message(sequence.unwrap()).await.unwrap();
            assert_eq!(message.subject.as_str(), format!("account.{number}"));
            assert_eq!(message.payload, format!("{count}.{number}"));
            let batch = message.headers.get("Nats-Batch-Id");
            batches.insert(batch.map(ToString::to_string));
        }
        if together {
            assert!(
                !batches.contains(&None) && batches.len() == 1,
                "{batches:?}"
            );
        } else {
            assert_eq!(batches, HashSet::from([None]), "{count} at once");
        }
    }
}

#[tokio::test]
async fn more_than_a_batch_can_take_goes_in_several() {
    let (_server, connection) = bank::open().await;
    let settings = GroupCommit {
        batch_up_to: 50,
        ..GroupCommit::default()
    };
    let publisher = GroupPublisher::start(&connection, settings);
    let all = (0..120).map(|number| {
        let payload = number.to_string().into();
        publisher.publish("account.1".into(), HeaderMap::new(), payload)
    });
    let sequences: HashSet<u64> = join_all(all)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(sequences, (1..=120).collect());
}

#[tokio::test]
async fn one_that_is_refused_takes_nobody_with_it() {
    let (_server, connection) = bank::open().await;
    let publisher = GroupPublisher::start(&connection, GroupCommit::default());
    let all = (0..30).map(|number| {
        let mut headers = HeaderMap::new();
        if number == 17 {
            headers.insert("Nats-TTL", "for a while");
        }
        publisher.publish("account.1".into(), headers, "x".into())
    });
    for (number, stored) in join_all(all).await.into_iter().enumerate() {
        match number {
            17 => assert!(
                matches!(stored, Err(PublishError::Refused { .. })),
                "{stored:?}"
            ),
            _ => assert!(stored.is_ok(), "{number}: {stored:?}"),
        }
    }
    let mut stream = connection.jetstream().get_stream("accounts").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 29);
}

#[tokio::test]
async fn an_expectation_is_checked_for_the_message_that_has_it() {
    let (_server, connection) = bank::open().await;
    let publisher = GroupPublisher::start(&connection, GroupCommit::default());
    let all = (0..30).map(|number| {
        let mut headers = HeaderMap::new();
        // Of two that expect nothing under their subject, one is the first.
        if number < 2 {
            headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        }
        let subject = format!("account.{}", number.max(1));
        publisher.publish(subject, headers, "x".into())
    });
    let stored = join_all(all).await;
    let (conditional, others) = stored.split_at(2);
    let firsts = conditional.iter().filter(|stored| stored.is_ok()).count();
    assert_eq!(firsts, 1, "{conditional:?}");
    assert!(others.iter().all(Result::is_ok), "{others:?}");
}
