//! Management of consumers.

use std::time::Duration;

use nats_wsclient::jetstream::consumer::{AckPolicy, Config, DeliverPolicy};
use nats_wsclient::jetstream::{ErrorCode, JetStreamError, Metadata};
use nats_wsclient::{JetStream, RequestError, Timestamp};
use serde_json::json;

use crate::run;
use crate::server::{Server, api};

async fn orders(server: &Server) -> JetStream {
    let client = server.connect().await;
    let config = json!({"name": "orders", "subjects": ["orders.>"]});
    api(&client, "STREAM.CREATE.orders", config).await;
    client.jetstream()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, JetStreamError>, expected: ErrorCode) {
    let error = result.expect_err("a refusal");
    assert_eq!(error.error_code(), Some(expected), "{error}");
}

#[test]
fn a_consumer_is_made_changed_and_deleted() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        let config = Config {
            durable_name: Some("billing".to_owned()),
            filter_subject: Some("orders.paid.>".to_owned()),
            ack_wait: Duration::from_secs(7),
            backoff: vec![Duration::from_secs(7), Duration::from_secs(9)],
            max_deliver: 5,
            metadata: Metadata::from([("owner", "billing")]),
            ..Config::default()
        };
        let made = js.create_consumer("orders", &config).await.expect("made");
        assert_eq!((&*made.stream_name, &*made.name), ("orders", "billing"));
        assert!(made.created.is_some());
        assert_eq!(made.config.ack_wait, config.ack_wait);
        assert_eq!(made.config.backoff, config.backoff);
        assert_eq!(made.config.filter_subject, config.filter_subject);
        assert_eq!(made.config.metadata.get("owner"), Some("billing"));
        // Again, with what the server made of it.
        let again = js.create_consumer("orders", &made.config).await;
        assert_eq!(again.expect("the same").created, made.created);

        let changed = Config {
            description: Some("for the bills".to_owned()),
            ..made.config.clone()
        };
        let refusal = js.create_consumer("orders", &changed).await;
        refused(refusal, ErrorCode::CONSUMER_ALREADY_EXISTS);
        let info = js
            .update_consumer("orders", &changed)
            .await
            .expect("changed");
        assert_eq!(info.config.description, changed.description);
        let info = js.consumer_info("orders", "billing").await.expect("info");
        assert_eq!(info.config.description, changed.description);

        js.delete_consumer("orders", "billing").await.expect("gone");
        let refusal = js.delete_consumer("orders", "billing").await;
        refused(refusal, ErrorCode::CONSUMER_NOT_FOUND);
        let refusal = js.consumer_info("orders", "billing").await;
        refused(refusal, ErrorCode::CONSUMER_NOT_FOUND);
        let refusal = js.update_consumer("orders", &changed).await;
        refused(refusal, ErrorCode::CONSUMER_DOES_NOT_EXIST);
        let info = js.create_or_update_consumer("orders", &changed).await;
        assert_eq!(info.expect("made").name, "billing");
        let refusal = js.create_consumer("nowhere", &changed).await;
        refused(refusal, ErrorCode::STREAM_NOT_FOUND);
        for bad in ["", "a.b", "a b", "*", "a/b"] {
            let refusal = js.consumer_info("orders", bad).await;
            assert!(matches!(refusal, Err(JetStreamError::Name(_))), "{bad:?}");
        }
    });
}

#[test]
fn a_permission_can_be_for_a_filter() {
    run(async {
        let server = Server::start();
        orders(&server).await;
        let js = server.connect_as("reader").await.jetstream();
        let filtered = |filter: &str| Config {
            filter_subject: Some(filter.to_owned()),
            ..Config::default()
        };
        let made = js
            .create_consumer("orders", &filtered("orders.paid.>"))
            .await;
        let made = made.expect("permitted").config.filter_subject;
        assert_eq!(made.as_deref(), Some("orders.paid.>"));
        for other in [filtered("orders.>"), Config::default()] {
            let denied = js.create_consumer("orders", &other).await;
            assert!(
                matches!(
                    denied,
                    Err(JetStreamError::Request(
                        RequestError::PermissionDenied { .. }
                    ))
                ),
                "{denied:?}"
            );
        }
    });
}

#[test]
fn consumers_are_listed_and_paused() {
    run(async {
        let server = Server::start();
        let js = orders(&server).await;
        assert_eq!(js.consumer_names("orders").await, Ok(vec![]));
        let ephemeral = Config {
            ack_policy: AckPolicy::None,
            deliver_policy: DeliverPolicy::ByStartSequence,
            start_sequence: Some(7),
            filter_subjects: vec!["orders.a".to_owned(), "orders.b".to_owned()],
            memory_storage: true,
            inactive_threshold: Duration::from_secs(300),
            ..Config::default()
        };
        let mut names = Vec::new();
        for _ in 0..300 {
            let info = js.create_consumer("orders", &ephemeral).await;
            names.push(info.expect("a consumer").name);
        }
        names.sort();
        let mut listed = js.consumer_names("orders").await.expect("names");
        listed.sort();
        assert_eq!(listed, names);
        // More than the 256 that the server tells of at once.
        let listed = js.consumers("orders").await.expect("consumers");
        let mut listed: Vec<_> = listed.into_iter().map(|info| info.name).collect();
        listed.sort();
        assert_eq!(listed, names);

        let until = Timestamp::from(js.client().now() + Duration::from_secs(60));
        let paused = js.pause_consumer("orders", &names[0], until).await;
        let paused = paused.expect("paused");
        assert!(paused.paused, "{paused:?}");
        assert_eq!(paused.pause_until, Some(until));
        assert!(paused.pause_remaining > Duration::from_secs(30));
        let info = js.consumer_info("orders", &names[0]).await.expect("info");
        assert!(info.paused && info.pause_remaining > Duration::from_secs(30));
        let resumed = js.resume_consumer("orders", &names[0]).await;
        assert!(!resumed.expect("resumed").paused);
    });
}
