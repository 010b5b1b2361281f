//! Direct gets.

use nats_wsclient::jetstream::stream::{Config, DirectBatch, DirectMessages, MultiLast, Stream};
use nats_wsclient::kv::Operation;
use nats_wsclient::{JetStreamError, RequestError};

use crate::run;
use crate::server::{Server, create_bucket, delete, put};

#[test]
fn direct_get_of_a_key() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        create_bucket(&client, "b").await;
        put(&client, "b", "x", "old").await;
        let revision = put(&client, "b", "x", "new").await;
        let js = client.jetstream();
        let found = js
            .direct_get("$JS.API.DIRECT.GET.KV_b.$KV.b.x")
            .await
            .expect("an answer")
            .expect("a message");
        assert_eq!(
            (&*found.subject, found.sequence, &*found.payload),
            ("$KV.b.x", revision, &b"new"[..])
        );
        assert_eq!(Operation::of(&found.headers), Operation::Put);
        delete(&client, "b", "x", "DEL").await;
        let found = js
            .direct_get("$JS.API.DIRECT.GET.KV_b.$KV.b.x")
            .await
            .expect("an answer")
            .expect("a marker");
        assert_eq!(Operation::of(&found.headers), Operation::Delete);
        assert_eq!(
            js.direct_get("$JS.API.DIRECT.GET.KV_b.$KV.b.y").await,
            Ok(None)
        );
        let missing = js.direct_get("$JS.API.DIRECT.GET.KV_c.$KV.c.y").await;
        assert_eq!(
            missing,
            Err(JetStreamError::Request(RequestError::NoResponders))
        );
    });
}

/// A stream with ten messages, on `s.1` and `s.0` in turn; the payload is the sequence.
async fn ten(server: &Server) -> Stream {
    let js = server.connect().await.jetstream();
    let config = Config {
        name: "s".to_owned(),
        subjects: vec!["s.>".to_owned()],
        allow_direct: true,
        ..Config::default()
    };
    let stream = js.create_stream(&config).await.expect("a stream");
    for number in 1..=10 {
        let subject = format!("s.{}", number % 2);
        let sent = js.publish(subject, number.to_string()).await.expect("sent");
        sent.await.expect("stored");
    }
    stream
}

/// The sequences of all messages, to the end.
async fn sequences(messages: &mut DirectMessages) -> Vec<u64> {
    let mut sequences = Vec::new();
    while let Some(message) = messages.next().await {
        let message = message.expect("a message");
        assert_eq!(message.payload, message.sequence.to_string());
        sequences.push(message.sequence);
    }
    sequences
}

#[test]
fn single_messages() {
    run(async {
        let server = Server::start();
        let stream = ten(&server).await;
        let first = stream.direct_get(1).await.expect("an answer").expect("it");
        assert_eq!((&*first.subject, &*first.payload), ("s.1", &b"1"[..]));
        let led = stream.get_message(1).await.expect("an answer").expect("it");
        assert_eq!((led.time, led.sequence), (first.time, first.sequence));
        for (subject, sequence) in [("s.1", 9), ("s.*", 10)] {
            let last = stream.direct_get_last(subject).await.expect("an answer");
            assert_eq!(last.expect("it").sequence, sequence, "{subject}");
        }
        let next = stream.direct_get_next("s.1", 4).await.expect("an answer");
        assert_eq!(next.expect("it").sequence, 5);
        let third = stream.direct_get(3).await.expect("an answer").expect("it");
        let since = stream
            .direct_get_since(third.time)
            .await
            .expect("an answer");
        assert_eq!(since.expect("it").sequence, 3);

        assert_eq!(stream.direct_get(11).await, Ok(None));
        assert_eq!(stream.direct_get_last("s.2").await, Ok(None));
        assert_eq!(stream.direct_get_last("s.2.>").await, Ok(None));
        assert_eq!(stream.direct_get_next("s.1", 10).await, Ok(None));
        let nothing = stream.direct_get(0).await;
        assert!(
            matches!(nothing, Err(JetStreamError::InvalidRequest { .. })),
            "{nothing:?}"
        );
        let nowhere = stream.jetstream().stream("t").expect("a name");
        let nobody = JetStreamError::Request(RequestError::NoResponders);
        assert_eq!(nowhere.direct_get(1).await, Err(nobody));
    });
}

#[test]
fn batches_in_the_order_of_the_stream() {
    run(async {
        let server = Server::start();
        let stream = ten(&server).await;
        let mut all = stream
            .direct_get_batch(DirectBatch::from_sequence(0))
            .expect("asked");
        assert_eq!(all.end(), None);
        assert_eq!(sequences(&mut all).await, (1..=10).collect::<Vec<_>>());
        let end = all.end().expect("an end");
        assert_eq!(
            (end.last_sequence, end.pending, end.up_to_sequence),
            (10, 0, None)
        );

        // Page by page, one subject only.
        let page = |from| DirectBatch::from_sequence(from).subject("s.1").limit(2);
        let mut first = stream.direct_get_batch(page(1)).expect("asked");
        assert_eq!(sequences(&mut first).await, [1, 3]);
        let end = first.end().expect("an end");
        assert_eq!((end.last_sequence, end.pending), (3, 3));
        let mut second = stream
            .direct_get_batch(page(end.last_sequence + 1))
            .expect("asked");
        assert_eq!(sequences(&mut second).await, [5, 7]);

        let few = DirectBatch::from_sequence(1).max_bytes(1);
        let mut few = stream.direct_get_batch(few).expect("asked");
        assert_eq!(sequences(&mut few).await, [1]);
        assert_eq!(few.end().expect("an end").pending, 9);

        let eighth = stream.direct_get(8).await.expect("an answer").expect("it");
        let since = DirectBatch::from_time(eighth.time);
        let mut since = stream.direct_get_batch(since).expect("asked");
        assert_eq!(sequences(&mut since).await, [8, 9, 10]);

        let mut none = stream
            .direct_get_batch(DirectBatch::from_sequence(11))
            .expect("asked");
        assert_eq!(sequences(&mut none).await, Vec::<u64>::new());
        assert_eq!(none.end().expect("an end").pending, 0);

        let nowhere = stream.jetstream().stream("t").expect("a name");
        let mut nobody = nowhere
            .direct_get_batch(DirectBatch::from_sequence(1))
            .expect("asked");
        let error = JetStreamError::Request(RequestError::NoResponders);
        assert_eq!(nobody.next().await, Some(Err(error)));
        assert_eq!((nobody.next().await, nobody.end()), (None, None));
    });
}

#[test]
fn the_last_of_several_subjects() {
    run(async {
        let server = Server::start();
        let stream = ten(&server).await;
        let mut last = stream
            .direct_get_last_of(MultiLast::of(["s.0", "s.1"]))
            .expect("asked");
        assert_eq!(sequences(&mut last).await, [9, 10]);
        assert_eq!(last.end().expect("an end").up_to_sequence, Some(10));
        let before = MultiLast::of(["s.>"]).up_to_sequence(6);
        let mut before = stream.direct_get_last_of(before).expect("asked");
        assert_eq!(sequences(&mut before).await, [5, 6]);
        let fourth = stream.direct_get(4).await.expect("an answer").expect("it");
        let then = MultiLast::of(["s.>"]).up_to_time(fourth.time);
        let mut then = stream.direct_get_last_of(then).expect("asked");
        let then = sequences(&mut then).await;
        assert_eq!(then, [2, 3]);

        let page = MultiLast::of(["s.>"]).limit(1);
        let mut first = stream.direct_get_last_of(page.clone()).expect("asked");
        assert_eq!(sequences(&mut first).await, [9]);
        let end = first.end().expect("an end");
        assert_eq!(end.pending, 1);
        let rest = page
            .from_sequence(end.last_sequence + 1)
            .up_to_sequence(end.up_to_sequence.expect("a sequence"));
        let mut rest = stream.direct_get_last_of(rest).expect("asked");
        assert_eq!(sequences(&mut rest).await, [10]);

        let mut none = stream
            .direct_get_last_of(MultiLast::of(["s.2"]))
            .expect("asked");
        assert_eq!(sequences(&mut none).await, Vec::<u64>::new());
        let js = stream.jetstream();
        for number in 0..1_100 {
            drop(
                js.publish(format!("s.many.{number}"), "")
                    .await
                    .expect("sent"),
            );
        }
        js.publish("s.last", "")
            .await
            .expect("sent")
            .await
            .expect("stored");
        let mut many = stream
            .direct_get_last_of(MultiLast::of(["s.many.*"]))
            .expect("asked");
        assert_eq!(
            many.next().await,
            Some(Err(JetStreamError::TooManySubjects))
        );
        assert_eq!(many.next().await, None);
    });
}

#[test]
fn a_loss_is_noticed() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut asked = client
            .subscribe("lossy.DIRECT.GET.s")
            .expect("a subscription");
        let js = client.jetstream().api_prefix("lossy").expect("a prefix");
        let stream = js
            .timeout(std::time::Duration::from_millis(200))
            .stream("s")
            .expect("a name");
        let message = |sequence: u64, before: u64| {
            let mut headers = nats_wsclient::HeaderMap::new();
            for (name, value) in [
                ("Nats-Stream", "s".to_owned()),
                ("Nats-Subject", "s.1".to_owned()),
                ("Nats-Sequence", sequence.to_string()),
                ("Nats-Time-Stamp", "2026-11-21T09:55:04Z".to_owned()),
                ("Nats-Num-Pending", "1".to_owned()),
                ("Nats-Last-Sequence", before.to_string()),
            ] {
                headers.append(name, value).expect("a header");
            }
            headers
        };
        // The second one is lost; all after the first are lost.
        for answers in [&[(1, 0), (3, 2)][..], &[(1, 0)]] {
            let mut messages = stream
                .direct_get_batch(DirectBatch::from_sequence(1))
                .expect("asked");
            let request = asked.next().await.expect("a request").expect("a message");
            let reply = request.reply.expect("an answer is wanted");
            for (sequence, before) in answers {
                client
                    .publish_with_headers(
                        &reply,
                        &message(*sequence, *before),
                        sequence.to_string(),
                    )
                    .expect("sent");
            }
            let first = messages.next().await.expect("one").expect("a message");
            assert_eq!(first.sequence, 1);
            let expected = if answers.len() == 2 {
                JetStreamError::Gap { after: 1 }
            } else {
                JetStreamError::Request(RequestError::TimedOut)
            };
            assert_eq!(messages.next().await, Some(Err(expected)));
            assert_eq!((messages.next().await, messages.end()), (None, None));
        }
    });
}
