//! Streams and buckets are as they are declared, or it is said why not.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::stream::Config;
use jetstream_es::declare::{
    self, BucketSpec, Compared, DeclareError, Declared, Discard, Loss, Republish, SourceSpec,
    StreamSpec,
};
use jetstream_es::testing::Server;

const DAY: Duration = Duration::from_secs(86_400);

async fn config(jetstream: &jetstream::Context, stream: &str) -> Config {
    let stream = jetstream.get_stream(stream).await.unwrap();
    stream.cached_info().config.clone()
}

#[tokio::test]
async fn a_stream_is_created_once_updated_when_it_differs_and_otherwise_left_alone() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let spec = StreamSpec {
        description: "one",
        max_age: Some(DAY),
        ..StreamSpec::events("orders", ["order.>"])
    };
    let compared = declare::compare_stream(&jetstream, &spec).await.unwrap();
    assert_eq!(compared, Compared::Missing);
    let declared = declare::stream(&jetstream, &spec).await.unwrap();
    assert_eq!(declared, Declared::Created);
    let declared = declare::stream(&jetstream, &spec).await.unwrap();
    assert_eq!(declared, Declared::Unchanged);

    // What the declaration does not speak of stays.
    let mut changed = config(&jetstream, "orders").await;
    changed.metadata.insert("owner".into(), "sales".into());
    // Somebody has set a limit, and lets it delete events.
    changed.max_bytes = 1 << 30;
    changed.discard = Discard::Old;
    jetstream.update_stream(changed).await.unwrap();

    let more = StreamSpec {
        description: "two",
        subjects: vec!["order.>".into(), "return.>".into()],
        max_age: None,
        ..spec
    };
    let Compared::Different(found) = declare::compare_stream(&jetstream, &more).await.unwrap()
    else {
        panic!("they are different");
    };
    let fields: Vec<_> = found.iter().map(|difference| difference.field).collect();
    assert_eq!(
        fields,
        ["description", "subjects", "discard", "max_age", "max_bytes"]
    );
    let declared = declare::stream(&jetstream, &more).await.unwrap();
    assert_eq!(declared, Declared::Updated);
    let config = config(&jetstream, "orders").await;
    assert_eq!(config.subjects, ["order.>", "return.>"]);
    assert_eq!((config.max_age, config.max_bytes), (Duration::ZERO, -1));
    assert_eq!(
        config.metadata.get("owner").map(String::as_str),
        Some("sales")
    );
    assert!(config.deny_delete && config.deny_purge && config.allow_direct);
    let compared = declare::compare_stream(&jetstream, &more).await.unwrap();
    assert_eq!(compared, Compared::Same);
}

#[tokio::test]
async fn everything_that_can_be_said_of_a_stream_reads_back_as_it_was_said() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    for name in ["orders", "returns"] {
        let spec = StreamSpec::events(name, [format!("{name}.>")]);
        declare::stream(&jetstream, &spec).await.unwrap();
    }
    let everything = StreamSpec {
        description: "all",
        sources: vec![
            SourceSpec::all("orders"),
            SourceSpec {
                stream: "returns".into(),
                filter: Some("returns.eu.>".into()),
            },
        ],
        discard: Discard::Old,
        max_bytes: Some(1 << 20),
        max_messages: Some(1_000),
        max_messages_per_subject: Some(10),
        max_message_size: Some(4_096),
        allow_ttl: true,
        ..StreamSpec::work("audit", ["audit.>"], 14 * DAY)
    };
    let due = StreamSpec {
        allow_schedules: true,
        discard: Discard::Old,
        allow_ttl: true,
        deny_purge: true,
        ..StreamSpec::work("due", ["due.>"], DAY)
    };
    for spec in [&everything, &due] {
        let declared = declare::stream(&jetstream, spec).await.unwrap();
        assert_eq!(declared, Declared::Created);
        let compared = declare::compare_stream(&jetstream, spec).await.unwrap();
        assert_eq!(compared, Compared::Same);
    }
}

#[tokio::test]
async fn a_stream_with_sources_has_what_they_have_and_keeps_it_when_one_is_added() {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    for name in ["orders", "returns"] {
        let spec = StreamSpec::events(name, [format!("{name}.>")]);
        declare::stream(&jetstream, &spec).await.unwrap();
        crate::bank::publish(&connection, format!("{name}.1"), name).await;
    }
    let mut audit = StreamSpec {
        sources: vec![SourceSpec::all("orders")],
        ..StreamSpec::work("audit", [""; 0], DAY)
    };
    declare::stream(&jetstream, &audit).await.unwrap();
    audit.sources.push(SourceSpec::all("returns"));
    let declared = declare::stream(&jetstream, &audit).await.unwrap();
    assert_eq!(declared, Declared::Updated);
    let mut stream = jetstream.get_stream("audit").await.unwrap();
    let both = async {
        while stream.info().await.unwrap().state.messages < 2 {
            tokio::task::yield_now().await;
        }
    };
    let both = tokio::time::timeout(Duration::from_secs(30), both).await;
    both.expect("the messages of both streams, once");
}

#[tokio::test]
async fn an_update_that_would_lose_something_is_refused_until_that_is_accepted_by_name() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let spec = StreamSpec {
        max_bytes: Some(2_000),
        max_messages_per_subject: Some(5),
        ..StreamSpec::work("orders", ["order.>"], 2 * DAY)
    };
    let there = spec.clone();
    declare::stream(&jetstream, &there).await.unwrap();
    let old = StreamSpec {
        discard: Discard::Old,
        ..spec.clone()
    };
    let cases = [
        (
            Loss::MaxAge,
            StreamSpec {
                max_age: Some(DAY),
                ..spec.clone()
            },
        ),
        (
            Loss::History,
            StreamSpec {
                max_messages_per_subject: Some(4),
                ..spec.clone()
            },
        ),
        (Loss::Discard, old.clone()),
        (
            Loss::MaxBytes,
            StreamSpec {
                max_bytes: Some(1_000),
                ..old.clone()
            },
        ),
        (
            Loss::MaxMessages,
            StreamSpec {
                max_messages: Some(9),
                ..old.clone()
            },
        ),
    ];
    for (loss, spec) in cases {
        let error = declare::stream(&jetstream, &spec).await.unwrap_err();
        let DeclareError::WouldLose { loss: first, .. } = error else {
            panic!("{error}");
        };
        let all_but = Loss::ALL.into_iter().filter(|other| *other != loss);
        let all_but: Vec<_> = all_but.collect();
        let error = declare::stream_accepting(&jetstream, &spec, &all_but).await;
        assert!(
            matches!(&error, Err(DeclareError::WouldLose { loss: it, .. }) if *it == loss),
            "{loss}: first {first}, then {error:?}"
        );
        assert_eq!(loss.name().parse::<Loss>().unwrap(), loss);
    }
    // A limit that refuses new messages removes nothing, whatever it is.
    let smaller = StreamSpec {
        max_bytes: Some(1_000),
        ..spec.clone()
    };
    let declared = declare::stream(&jetstream, &smaller).await.unwrap();
    assert_eq!(declared, Declared::Updated);
    let accepted = [Loss::MaxBytes, Loss::Discard];
    let declared = declare::stream_accepting(&jetstream, &old, &accepted).await;
    assert_eq!(declared.unwrap(), Declared::Updated);

    let kept = BucketSpec {
        history: 5,
        ..BucketSpec::new("prices")
    };
    declare::bucket(&jetstream, &kept).await.unwrap();
    let error = declare::bucket(&jetstream, &BucketSpec::new("prices")).await;
    let error = error.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("accept the loss by its name, history"),
        "{error}"
    );
}

#[tokio::test]
async fn what_can_never_be_changed_is_told_before_it_is_tried_and_the_server_agrees() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let all = StreamSpec {
        allow_ttl: true,
        ..StreamSpec::events("orders", ["order.>"])
    };
    let due = StreamSpec {
        allow_schedules: true,
        discard: Discard::Old,
        ..StreamSpec::work("due", ["due.>"], DAY)
    };
    for spec in [&all, &due] {
        declare::stream(&jetstream, spec).await.unwrap();
    }
    let mut storage = config(&jetstream, "orders").await;
    storage.storage = declare::Storage::Memory;
    let mut delete = config(&jetstream, "orders").await;
    delete.deny_delete = false;
    let mut purge = config(&jetstream, "orders").await;
    purge.deny_purge = false;
    let mut ttl = config(&jetstream, "orders").await;
    ttl.allow_message_ttl = false;
    let mut schedules = config(&jetstream, "due").await;
    schedules.allow_message_schedules = false;
    for config in [storage, delete, purge, ttl, schedules] {
        let updated = jetstream.update_stream(config.clone()).await;
        assert!(updated.is_err(), "the server can do this: {config:?}");
    }
    let undone = [
        StreamSpec {
            storage: declare::Storage::Memory,
            ..all.clone()
        },
        StreamSpec {
            deny_delete: false,
            ..all.clone()
        },
        StreamSpec {
            deny_purge: false,
            ..all.clone()
        },
        StreamSpec {
            allow_ttl: false,
            ..all
        },
        StreamSpec {
            allow_schedules: false,
            ..due
        },
    ];
    for spec in undone {
        let error = declare::stream_accepting(&jetstream, &spec, &Loss::ALL).await;
        assert!(
            matches!(error, Err(DeclareError::Immutable { .. })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_its_words() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let spec = StreamSpec::events("orders", ["order.>"]);
    declare::stream(&jetstream, &spec).await.unwrap();
    let overlapping = StreamSpec::events("returns", ["order.returned.>"]);
    let error = declare::stream(&jetstream, &overlapping).await.unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
    // One server cannot keep three copies.
    let three = StreamSpec {
        replicas: 3,
        ..spec
    };
    let error = declare::stream(&jetstream, &three).await.unwrap_err();
    assert!(matches!(error, DeclareError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn a_bucket_is_one_for_every_nats_client_and_tells_its_writes() {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    let spec = BucketSpec {
        republish: Some(Republish {
            from: "$KV.prices.>".into(),
            to: "live.prices.>".into(),
        }),
        ..BucketSpec::new("prices")
    };
    assert_eq!(
        declare::bucket(&jetstream, &spec).await.unwrap(),
        Declared::Created
    );
    assert_eq!(
        declare::bucket(&jetstream, &spec).await.unwrap(),
        Declared::Unchanged
    );

    let mut live = connection
        .client()
        .subscribe("live.prices.>")
        .await
        .unwrap();
    let bucket = jetstream.get_key_value("prices").await.unwrap();
    let revision = bucket.create("tea", "3.20".into()).await.unwrap();
    let message = futures_util::StreamExt::next(&mut live).await.unwrap();
    assert_eq!(message.subject.as_str(), "live.prices.tea");
    let sequence = message
        .headers
        .unwrap()
        .get("Nats-Sequence")
        .unwrap()
        .to_string();
    assert_eq!(sequence, revision.to_string());
    bucket.update("tea", "3.40".into(), revision).await.unwrap();
    assert_eq!(bucket.get("tea").await.unwrap().unwrap(), "3.40");
    bucket.delete("tea").await.unwrap();
    assert_eq!(bucket.get("tea").await.unwrap(), None);
}
