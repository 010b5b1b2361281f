//! Management of streams and their messages.

use std::time::Duration;

use nats_wsclient::jetstream::stream::{
    Config, DiscardPolicy, Purge, Republish, RetentionPolicy, Source, Storage, SubjectTransform,
};
use nats_wsclient::jetstream::{ErrorCode, JetStreamError, Metadata};
use nats_wsclient::{HeaderMap, JetStream, Publish, RequestError};

use crate::run;
use crate::server::{Server, store};

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, JetStreamError>, expected: ErrorCode) {
    let error = result.expect_err("a refusal");
    assert_eq!(error.error_code(), Some(expected), "{error}");
}

fn named(name: &str) -> Config {
    Config {
        name: name.to_owned(),
        subjects: vec![format!("{name}.>")],
        ..Config::default()
    }
}

async fn put(js: &JetStream, subject: &str, payload: &str) -> u64 {
    let ack = js.publish(subject, payload.to_owned()).await.expect("sent");
    ack.await.expect("stored").sequence
}

#[test]
fn a_stream_is_made_changed_and_deleted() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        let config = Config {
            description: Some("what was ordered".to_owned()),
            retention: RetentionPolicy::Limits,
            max_messages: 1_000,
            max_messages_per_subject: 10,
            max_bytes: 1_000_000,
            max_age: Duration::from_secs(3_600),
            max_message_size: 10_000,
            storage: Storage::Memory,
            duplicate_window: Duration::from_secs(30),
            first_sequence: 100,
            subject_transform: Some(SubjectTransform {
                source: "orders.*".to_owned(),
                destination: "orders.{{wildcard(1)}}.new".to_owned(),
            }),
            republish: Some(Republish {
                source: ">".to_owned(),
                destination: "seen.>".to_owned(),
                headers_only: true,
            }),
            allow_direct: true,
            allow_rollup: true,
            allow_message_ttl: true,
            subject_delete_marker_ttl: Duration::from_secs(60),
            allow_atomic_publish: true,
            allow_message_schedules: true,
            metadata: Metadata::from([("owner", "shop")]),
            ..named("orders")
        };
        let stream = js.create_stream(&config).await.expect("made");
        let made = stream.cached_info().expect("info").clone();
        assert_eq!(made.config.subjects, config.subjects);
        assert_eq!(made.config.republish, config.republish);
        assert_eq!(made.config.subject_transform, config.subject_transform);
        assert_eq!(made.config.max_age, config.max_age);
        assert_eq!(made.config.storage, config.storage);
        assert_eq!(
            made.config.subject_delete_marker_ttl,
            config.subject_delete_marker_ttl
        );
        assert_eq!(made.config.metadata.get("owner"), Some("shop"));
        assert!(made.config.allow_atomic_publish && made.config.allow_message_schedules);
        assert!(made.created.is_some());
        js.create_stream(&config).await.expect("as good");
        assert_eq!(put(&js, "orders.1", "").await, 100);

        let changed = Config {
            max_messages: 2_000,
            ..made.config.clone()
        };
        refused(
            js.create_stream(&changed).await,
            ErrorCode::STREAM_NAME_IN_USE,
        );
        let stream = js.update_stream(&changed).await.expect("changed");
        let info = stream.info().await.expect("info");
        // The server's own metadata is rewritten with each change.
        assert_eq!(
            Config {
                metadata: Metadata::default(),
                ..info.config
            },
            Config {
                metadata: Metadata::default(),
                ..changed.clone()
            }
        );
        assert_eq!((info.state.messages, info.state.first_sequence), (1, 100));
        assert!(info.state.last_time.is_some());
        let invalid = Config {
            mirror: Some(Source::default()),
            ..changed.clone()
        };
        assert!(matches!(
            js.update_stream(&invalid).await,
            Err(JetStreamError::Api(_))
        ));

        js.delete_stream("orders").await.expect("deleted");
        refused(
            js.delete_stream("orders").await,
            ErrorCode::STREAM_NOT_FOUND,
        );
        refused(js.get_stream("orders").await, ErrorCode::STREAM_NOT_FOUND);
        refused(
            js.update_stream(&changed).await,
            ErrorCode::STREAM_NOT_FOUND,
        );
        js.create_or_update_stream(&changed).await.expect("made");
        js.create_or_update_stream(&config).await.expect("changed");
        assert!(matches!(
            js.get_stream("a.b").await,
            Err(JetStreamError::Name(_))
        ));
    });
}

/// The server tells of 100,000 subjects at a time.
#[test]
fn more_subjects_than_one_answer_has() {
    run(async {
        const SUBJECTS: usize = 100_010;
        let server = Server::start();
        let client = server.connect().await;
        let js = client.jetstream();
        let config = Config {
            storage: Storage::Memory,
            ..named("many")
        };
        let stream = js.create_stream(&config).await.expect("made");
        for number in 1..SUBJECTS {
            let subject = format!("many.{number}");
            client.publish(&subject, "").expect("a connection");
            if number.is_multiple_of(1_000) {
                client.flush().await.expect("a connection");
            }
        }
        // It is stored after the others.
        assert_eq!(put(&js, "many.0", "").await, SUBJECTS as u64);
        let mut subjects = stream.subjects(">").await.expect("subjects");
        assert_eq!(subjects.len(), SUBJECTS);
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), SUBJECTS, "each of them once");
        assert!(subjects.iter().all(|(_, messages)| *messages == 1));
    });
}

#[test]
fn streams_and_subjects_are_listed() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        assert_eq!(js.stream_names(None).await, Ok(vec![]));
        for name in ["a", "b", "c"] {
            js.create_stream(&named(name)).await.expect("made");
        }
        assert_eq!(js.stream_names(None).await.expect("names").len(), 3);
        assert_eq!(js.stream_names(Some("b.x")).await, Ok(vec!["b".to_owned()]));
        let listed = js.streams(Some("c.>")).await.expect("streams");
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].config.name, "c");

        put(&js, "a.1", "").await;
        put(&js, "a.2.x", "").await;
        put(&js, "a.1", "").await;
        let stream = js.stream("a").expect("a name");
        let mut subjects = stream.subjects(">").await.expect("subjects");
        subjects.sort();
        assert_eq!(subjects, [("a.1".to_owned(), 2), ("a.2.x".to_owned(), 1)]);
        let some = stream.subjects("a.2.>").await.expect("subjects");
        assert_eq!(some, [("a.2.x".to_owned(), 1)]);
        assert_eq!(stream.subjects("a.3").await, Ok(vec![]));
        let nowhere = js.stream("d").expect("a name");
        refused(nowhere.subjects(">").await, ErrorCode::STREAM_NOT_FOUND);
    });
}

#[test]
fn messages_are_got_deleted_and_purged() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        let stream = js.create_stream(&named("s")).await.expect("made");
        let publish = Publish::to("s.1").header("A", "b").payload("käse\0");
        store(&js, publish).await.expect("stored");
        for number in 2..=10 {
            put(&js, &format!("s.{}", number % 2), &number.to_string()).await;
        }

        let first = stream.get_message(1).await.expect("an answer").expect("it");
        assert_eq!((&*first.subject, first.sequence), ("s.1", 1));
        assert_eq!(first.payload, "käse\0");
        assert_eq!(first.headers.get("A"), Some("b"));
        let last = stream.get_last_message("s.0").await.expect("an answer");
        let last = last.expect("the last");
        assert_eq!((last.sequence, &*last.payload), (10, &b"10"[..]));
        assert_eq!(last.headers, HeaderMap::new());
        assert!(first.time < last.time);
        let next = stream.get_next_message("s.1", 2).await.expect("an answer");
        assert_eq!(next.expect("the next").sequence, 3);
        assert_eq!(stream.get_message(11).await, Ok(None));
        assert_eq!(stream.get_last_message("s.2").await, Ok(None));
        assert_eq!(stream.get_next_message("s.1", 10).await, Ok(None));

        stream.delete_message(1).await.expect("deleted");
        stream.secure_delete_message(2).await.expect("deleted");
        assert_eq!(stream.get_message(1).await, Ok(None));
        assert!(matches!(
            stream.delete_message(1).await,
            Err(JetStreamError::Api(_))
        ));
        assert_eq!(
            stream.purge(Purge::all().filter("s.0").keep(1)).await,
            Ok(3)
        );
        assert_eq!(stream.purge(Purge::all().up_to(5)).await, Ok(1));
        let both = stream.purge(Purge::all().up_to(5).keep(1)).await;
        assert!(matches!(both, Err(JetStreamError::Api(_))));
        let state = stream.info().await.expect("info").state;
        assert_eq!(
            (state.messages, state.first_sequence, state.last_sequence),
            (4, 5, 10)
        );
        assert_eq!(stream.purge(Purge::all()).await, Ok(4));

        let fixed = Config {
            deny_delete: true,
            deny_purge: true,
            max_messages: 1,
            discard: DiscardPolicy::New,
            ..named("fixed")
        };
        let fixed = js.create_stream(&fixed).await.expect("made");
        put(&js, "fixed.1", "").await;
        assert!(matches!(
            fixed.delete_message(1).await,
            Err(JetStreamError::Api(_))
        ));
        assert!(matches!(
            fixed.purge(Purge::all()).await,
            Err(JetStreamError::Api(_))
        ));
    });
}

#[test]
fn mirrors_and_sources_tell_how_far_they_are() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        js.create_stream(&named("origin")).await.expect("made");
        put(&js, "origin.1", "").await;
        let source = || Source {
            name: "origin".to_owned(),
            ..Source::default()
        };
        let mirror = Config {
            mirror: Some(source()),
            subjects: vec![],
            ..named("mirror")
        };
        let mirror = js.create_stream(&mirror).await.expect("made");
        let sourcing = Config {
            sources: vec![source()],
            ..named("sourcing")
        };
        let sourcing = js.create_stream(&sourcing).await.expect("made");
        while mirror.info().await.expect("info").state.messages == 0
            || sourcing.info().await.expect("info").state.messages == 0
        {
            tokio::task::yield_now().await;
        }
        let info = mirror.info().await.expect("info");
        assert_eq!(info.mirror.expect("a mirror").name, "origin");
        assert_eq!(sourcing.info().await.expect("info").sources[0].lag, 0);
    });
}

#[test]
fn another_prefix() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        let missing = js.clone().domain("hub").expect("a domain");
        let no_answer = missing.stream_names(None).await;
        assert_eq!(
            no_answer,
            Err(JetStreamError::Request(RequestError::NoResponders))
        );
        let same = js.clone().api_prefix("$JS.API").expect("a prefix");
        assert_eq!(same.stream_names(None).await, Ok(vec![]));
        assert!(js.domain("a b").is_err());
    });
}

#[test]
fn the_account_tells_what_it_uses() {
    run(async {
        let server = Server::start();
        let js = server.connect().await.jetstream();
        js.create_stream(&named("a")).await.expect("made");
        put(&js, "a.1", "hello").await;
        let account = js.account_info().await.expect("info");
        assert_eq!((account.streams, account.consumers), (1, 0));
        assert!(account.storage > 0, "{account:?}");
        assert_eq!(account.limits.max_streams, -1);
        assert!(account.requests.level >= 2 && account.requests.total >= 1);
    });
}
