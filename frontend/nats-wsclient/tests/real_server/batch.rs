//! Atomic batches.

use nats_wsclient::jetstream::stream::Config;
use nats_wsclient::jetstream::{BatchPublish, ErrorCode, PublishError};
use nats_wsclient::{JetStream, Publish};

use crate::run;
use crate::server::{Server, store};

async fn stock(server: &Server) -> JetStream {
    let js = server.connect().await.jetstream();
    let config = Config {
        name: "stock".to_owned(),
        subjects: vec!["stock.>".to_owned()],
        allow_atomic_publish: true,
        ..Config::default()
    };
    js.create_stream(&config).await.expect("a stream");
    js
}

async fn count(js: &JetStream) -> u64 {
    let stream = js.stream("stock").expect("a name");
    stream.info().await.expect("info").state.messages
}

#[test]
fn all_is_stored_together() {
    run(async {
        let server = Server::start();
        let js = stock(&server).await;
        let mut batch = js.batch();
        for number in 0..250 {
            let message = Publish::to(format!("stock.{number}")).payload(number.to_string());
            batch.add(message).await.expect("taken");
        }
        assert_eq!((batch.size(), count(&js).await), (250, 0));
        let id = batch.id().to_owned();
        let ack = batch
            .commit(Publish::to("stock.last"))
            .await
            .expect("stored");
        assert_eq!((&*ack.stream, ack.sequence, ack.size), ("stock", 251, 251));
        assert_eq!(ack.batch_id, id);
        let stream = js.stream("stock").expect("a name");
        let message = stream
            .get_message(17)
            .await
            .expect("an answer")
            .expect("it");
        assert_eq!(
            (&*message.subject, &*message.payload),
            ("stock.16", &b"16"[..])
        );

        // One message alone, and an end without a message.
        let ack = js
            .batch()
            .commit(Publish::to("stock.a"))
            .await
            .expect("stored");
        assert_eq!((ack.sequence, ack.size), (252, 1));
        let mut batch = js.batch();
        batch.add(Publish::to("stock.b")).await.expect("taken");
        batch.add(Publish::to("stock.c")).await.expect("taken");
        let ack = batch.commit_added().await.expect("stored");
        assert_eq!((ack.sequence, ack.size), (254, 2));
        let mut batch = js.batch();
        batch.add(Publish::to("stock.d")).await.expect("taken");
        batch.discard();
        assert_eq!(count(&js).await, 254);
    });
}

#[test]
fn a_conflict_refuses_all() {
    run(async {
        let server = Server::start();
        let js = stock(&server).await;
        store(&js, Publish::to("stock.a")).await.expect("stored");
        for (a, b) in [(1, 1), (0, 0)] {
            let mut batch = js.batch();
            let expecting = Publish::to("stock.a").expected_last_subject_sequence(a);
            batch.add(expecting).await.expect("taken");
            let expecting = Publish::to("stock.b").expected_last_subject_sequence(b);
            let refused = batch.commit(expecting).await;
            assert!(
                matches!(refused, Err(PublishError::WrongLastSequence(_))),
                "{refused:?}"
            );
        }
        assert_eq!(count(&js).await, 1);
        let mut batch = js.batch();
        let expecting = Publish::to("stock.a").expected_last_subject_sequence(1);
        batch.add(expecting).await.expect("taken");
        let expecting = Publish::to("stock.b").expected_last_subject_sequence_of("stock.b.>", 0);
        batch.commit(expecting).await.expect("stored");
        assert_eq!(count(&js).await, 3);
    });
}

#[test]
fn what_cannot_be_a_batch() {
    run(async {
        let server = Server::start();
        let js = stock(&server).await;
        // A message that was stored before.
        store(&js, Publish::to("stock.a").message_id("one"))
            .await
            .expect("stored");
        let mut batch = js.batch();
        batch
            .add(Publish::to("stock.a").message_id("two"))
            .await
            .expect("taken");
        let refused = batch.commit(Publish::to("stock.a").message_id("one")).await;
        assert!(
            matches!(refused, Err(PublishError::Duplicate(_))),
            "{refused:?}"
        );

        // Too many.
        let mut batch = js.batch();
        for _ in 0..BatchPublish::MAX_MESSAGES {
            batch.add(Publish::to("stock.a")).await.expect("taken");
        }
        let limit = BatchPublish::MAX_MESSAGES;
        let refused = batch.add(Publish::to("stock.a")).await;
        assert_eq!(refused, Err(PublishError::BatchTooLarge { limit }));

        // What is not sent can be added again; what the server refuses cannot.
        let mut batch = js.batch();
        let unsent = batch.add(Publish::to("stock.*")).await;
        assert!(
            matches!(unsent, Err(PublishError::NotSent(_))),
            "{unsent:?}"
        );
        batch.add(Publish::to("stock.a")).await.expect("taken");
        let unsent = batch.add(Publish::to("stock.a").header("a b", "")).await;
        assert!(matches!(unsent, Err(PublishError::Header(_))), "{unsent:?}");
        let ack = batch.commit(Publish::to("stock.a")).await.expect("stored");
        assert_eq!(ack.size, 2);
        assert_eq!(
            js.batch().commit_added().await,
            Err(PublishError::BatchFailed)
        );

        // Nobody, somebody else, and a stream that does not want it.
        let mut batch = js.batch();
        let nobody = batch.add(Publish::to("nobody")).await;
        assert!(
            matches!(nobody, Err(PublishError::StreamNotFound { .. })),
            "{nobody:?}"
        );
        let failed = batch.commit(Publish::to("stock.a")).await;
        assert_eq!(failed, Err(PublishError::BatchFailed));
        let plain = Config {
            name: "plain".to_owned(),
            ..Config::default()
        };
        js.create_stream(&plain).await.expect("a stream");
        let refused = js.batch().add(Publish::to("plain")).await;
        assert!(
            matches!(refused, Err(PublishError::BatchDisabled(_))),
            "{refused:?}"
        );

        let mut batch = js.batch();
        let expecting = || Publish::to("stock.a").expected_last_message_id("one");
        batch.add(expecting()).await.expect("looked at later");
        let refused = batch.commit(expecting()).await;
        let refused = refused.expect_err("a header that batches do not have");
        assert_eq!(
            refused.error_code(),
            Some(ErrorCode::BATCH_HEADER_UNSUPPORTED)
        );

        // A message is lost on the way.
        let mut batch = js.batch();
        batch.add(Publish::to("stock.a")).await.expect("taken");
        let lost = Publish::to("stock.a")
            .header("Nats-Batch-Id", batch.id())
            .header("Nats-Batch-Sequence", "3");
        drop(js.send_publish(lost).await.expect("sent"));
        let refused = batch
            .commit(Publish::to("stock.a"))
            .await
            .expect_err("a gap");
        assert_eq!(
            refused.error_code(),
            Some(ErrorCode::BATCH_INCOMPLETE),
            "{refused:?}"
        );
    });
}

#[test]
fn an_old_server_is_noticed() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut published = client.subscribe("old").expect("a subscription");
        let js = client.jetstream();
        let mut batch = js.batch();
        let stores_each = async {
            let message = published.next().await.expect("one").expect("a message");
            let reply = message.reply.expect("an answer is wanted");
            let ack = r#"{"stream":"old","seq":1}"#;
            client.publish(reply, ack).expect("sent");
        };
        let (added, ()) =
            futures_util::future::join(batch.add(Publish::to("old")), stores_each).await;
        assert_eq!(added, Err(PublishError::BatchUnsupported));
    });
}
