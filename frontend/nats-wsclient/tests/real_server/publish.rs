//! Publishing into a stream.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use nats_wsclient::jetstream::stream::Config;
use nats_wsclient::jetstream::{ErrorCode, PublishError, Schedule};
use nats_wsclient::{JetStream, PubAck, Publish, RequestError, Timestamp};

use crate::run;
use crate::server::{Server, store};

async fn orders(server: &Server) -> JetStream {
    let js = server.connect().await.jetstream();
    let config = Config {
        name: "orders".to_owned(),
        subjects: vec!["orders.>".to_owned()],
        allow_message_ttl: true,
        allow_message_schedules: true,
        allow_message_counter: false,
        ..Config::default()
    };
    js.create_stream(&config).await.expect("a stream");
    js
}

fn ack(sequence: u64, duplicate: bool) -> PubAck {
    PubAck {
        stream: "orders".to_owned(),
        sequence,
        duplicate,
        ..PubAck::default()
    }
}

#[test]
fn what_is_stored_is_acknowledged_once() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        let message = || Publish::to("orders.1").message_id("m1").payload("hello");
        assert_eq!(store(&js, message()).await, Ok(ack(1, false)));
        assert_eq!(store(&js, message()).await, Ok(ack(1, true)));
        assert_eq!(
            store(&js, message().message_id("m2")).await,
            Ok(ack(2, false))
        );
        let sent = js.publish("orders.2", "bare").await.expect("sent");
        assert_eq!(sent.await, Ok(ack(3, false)));

        let nowhere = store(&js, Publish::to("elsewhere")).await;
        let subject = "elsewhere".to_owned();
        assert_eq!(nowhere, Err(PublishError::StreamNotFound { subject }));
        let bad = store(&js, message().header("a b", "")).await;
        assert!(matches!(bad, Err(PublishError::Header(_))), "{bad:?}");
        let bad = js.publish("orders.*", "").await.err();
        assert!(matches!(bad, Some(PublishError::NotSent(_))), "{bad:?}");
    });
}

#[test]
fn expectations_hold_or_the_message_is_refused() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        let to = |subject: &str| Publish::to(subject);
        let last = || to("orders.a").expected_last_sequence(0).message_id("one");
        assert_eq!(store(&js, last()).await, Ok(ack(1, false)));
        let refused = store(&js, last().message_id("two")).await;
        assert!(
            matches!(refused, Err(PublishError::WrongLastSequence(_))),
            "{refused:?}"
        );

        let fresh = || to("orders.b.1").expected_last_subject_sequence(0);
        assert_eq!(store(&js, fresh()).await, Ok(ack(2, false)));
        let refused = store(&js, fresh()).await;
        assert!(
            matches!(refused, Err(PublishError::WrongLastSequence(_))),
            "{refused:?}"
        );
        let room =
            |sequence| to("orders.b.2").expected_last_subject_sequence_of("orders.b.>", sequence);
        let refused = store(&js, room(0)).await.expect_err("a refusal");
        assert_eq!(refused.error_code(), Some(ErrorCode::WRONG_LAST_SEQUENCE));
        assert!(!refused.is_unknown());
        assert_eq!(store(&js, room(2)).await, Ok(ack(3, false)));

        let stream = |name| to("orders.a").expected_stream(name).message_id("three");
        let refused = store(&js, stream("bills")).await;
        assert!(
            matches!(refused, Err(PublishError::WrongStream(_))),
            "{refused:?}"
        );
        assert_eq!(store(&js, stream("orders")).await, Ok(ack(4, false)));
        let id = |id| to("orders.a").expected_last_message_id(id);
        let refused = store(&js, id("one")).await;
        assert!(
            matches!(refused, Err(PublishError::WrongLastMessageId(_))),
            "{refused:?}"
        );
        assert_eq!(store(&js, id("three")).await, Ok(ack(5, false)));
    });
}

#[test]
fn a_message_lives_as_long_as_it_says() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        let brief = Publish::to("orders.brief").ttl(Duration::from_millis(500));
        let brief = store(&js, brief).await.expect("stored").sequence;
        let ever = Publish::to("orders.ever").ttl(Duration::MAX);
        let ever = store(&js, ever).await.expect("stored").sequence;
        let stream = js.stream("orders").expect("a name");
        let kept = stream
            .get_message(brief)
            .await
            .expect("an answer")
            .expect("it");
        assert_eq!(kept.headers.get("Nats-TTL"), Some("1"));
        while stream
            .get_message(brief)
            .await
            .expect("an answer")
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(stream.get_message(ever).await.expect("an answer").is_some());

        let config = Config {
            name: "plain".to_owned(),
            ..Config::default()
        };
        js.create_stream(&config).await.expect("a stream");
        let refused = store(&js, Publish::to("plain").ttl(Duration::from_secs(1))).await;
        let refused = refused.expect_err("a refusal");
        assert_eq!(refused.error_code(), Some(ErrorCode::MESSAGE_TTL_DISABLED));
    });
}

#[test]
fn a_schedule_publishes_later_and_again() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        let soon = Timestamp::from(js.client().now() + Duration::from_millis(1_500));
        let once = Schedule::at(soon)
            .target("orders.now.once")
            .ttl(Duration::from_secs(60));
        let once = Publish::to("orders.later.once")
            .schedule(once)
            .payload("once");
        let again = Schedule::every(Duration::from_secs(1)).target("orders.now.again");
        let again = Publish::to("orders.later.again")
            .schedule(again)
            .payload("again");
        store(&js, once).await.expect("stored");
        store(&js, again).await.expect("stored");
        let stream = js.stream("orders").expect("a name");
        let (mut onces, mut agains) = (0, 0);
        while onces < 1 || agains < 2 {
            let subjects = stream.subjects("orders.now.>").await.expect("subjects");
            for (subject, count) in subjects {
                match &*subject {
                    "orders.now.once" => onces = count,
                    _ => agains = count,
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(onces, 1);
        let once = stream.get_last_message("orders.now.once").await;
        let once = once.expect("an answer").expect("a message");
        assert_eq!(once.payload, "once");
        assert_eq!(once.headers.get("Nats-TTL"), Some("60"));
        assert_eq!(
            once.headers.get("Nats-Scheduler"),
            Some("orders.later.once")
        );
        assert!(once.time >= soon);

        for bad in [
            Schedule::cron("never").target("orders.x"),
            Schedule::cron("@daily"),
        ] {
            let refused = store(&js, Publish::to("orders.later.x").schedule(bad)).await;
            assert!(
                matches!(refused, Err(PublishError::Refused(_))),
                "{refused:?}"
            );
        }
        let cron = Schedule::cron("0 0 5 * * *")
            .target("orders.now.cron")
            .time_zone("Europe/Berlin");
        store(&js, Publish::to("orders.later.cron").schedule(cron))
            .await
            .expect("stored");
    });
}

#[test]
fn a_bounded_number_is_in_flight() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await.max_acks_in_flight(2);
        let first = js.publish("orders.1", "").await.expect("sent");
        let second = js.publish("orders.2", "").await.expect("sent");
        let sent = Cell::new(false);
        let third = async {
            let third = js.publish("orders.3", "").await.expect("sent");
            sent.set(true);
            third.await
        };
        let no_room = select(
            Box::pin(third),
            Box::pin(async {
                // The server has answered, but nobody has looked.
                js.client().flush().await.expect("an answer");
            }),
        );
        let Either::Right(((), third)) = no_room.await else {
            panic!("it was sent at once");
        };
        assert!(!sent.get());
        // What nobody awaits any more makes room when it is acknowledged.
        drop(second);
        assert_eq!(third.await, Ok(ack(3, false)));
        assert_eq!(first.await, Ok(ack(1, false)));

        // However many there are, each gets through.
        let all = (0..100).map(|_| async { js.publish("orders.x", "").await.expect("sent").await });
        for stored in join_all(all).await {
            stored.expect("stored");
        }
        for _ in 0..100 {
            drop(js.publish("orders.y", "").await.expect("sent"));
        }
        let last = js.publish("orders.z", "").await.expect("sent").await;
        assert_eq!(last, Ok(ack(204, false)));
    });
}

#[test]
fn a_stream_that_comes_late_is_waited_for() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        let sent = js.publish("late", "").await.expect("sent");
        let config = Config {
            name: "late".to_owned(),
            ..Config::default()
        };
        js.create_stream(&config).await.expect("a stream");
        assert_eq!(sent.await.map(|ack| ack.sequence), Ok(1));
    });
}

#[test]
fn without_an_answer_it_is_unknown() {
    run(async {
        let mut server = Server::start();
        let js = server.connect().await.jetstream();
        // Somebody listens who never answers.
        let _silent = js.client().subscribe("silence").expect("a subscription");
        let brief = Publish::to("silence").timeout(Duration::from_millis(50));
        let unanswered = store(&js, brief).await.expect_err("no answer");
        assert_eq!(unanswered, PublishError::Unanswered(RequestError::TimedOut));
        assert!(unanswered.is_unknown());
        let sent = js.publish("silence", "").await.expect("sent");
        js.client().flush().await.expect("it arrived");
        server.kill();
        let lost = sent.await;
        assert_eq!(
            lost,
            Err(PublishError::Unanswered(RequestError::Disconnected))
        );

        let unsent = js.publish("silence", "").await.err();
        let disconnected = nats_wsclient::PublishError::Disconnected;
        assert_eq!(unsent, Some(PublishError::NotSent(disconnected)));

        let few = Server::start();
        let few = few.connect_as("few").await.jetstream();
        let denied = store(&few, Publish::to("others")).await;
        let subject = "others".to_owned();
        assert_eq!(denied, Err(PublishError::PermissionDenied { subject }));
    });
}
