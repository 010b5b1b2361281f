//! Streams and buckets are as they are declared, or it is said why not.

use std::time::Duration;

use jetstream_es::declare::{self, BucketSpec, DeclareError, Declared, Republish, StreamSpec};
use jetstream_es::testing::Server;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_stream_is_created_once_updated_when_it_differs_and_otherwise_left_alone() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let spec = StreamSpec {
        description: "one",
        max_age: Some(DAY),
        ..StreamSpec::events("orders", ["order.>"])
    };
    let declared = declare::stream(&jetstream, &spec).await.unwrap();
    assert_eq!(declared, Declared::Created);
    let declared = declare::stream(&jetstream, &spec).await.unwrap();
    assert_eq!(declared, Declared::Unchanged);

    // What an operator has set and the declaration does not speak of stays.
    let mut config = jetstream
        .get_stream("orders")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.max_bytes = 1 << 30;
    jetstream.update_stream(config).await.unwrap();

    let more = StreamSpec {
        description: "two",
        subjects: vec!["order.>".into(), "return.>".into()],
        max_age: None,
        ..spec
    };
    let declared = declare::stream(&jetstream, &more).await.unwrap();
    assert_eq!(declared, Declared::Updated);
    let stream = jetstream.get_stream("orders").await.unwrap();
    let config = &stream.cached_info().config;
    assert_eq!(config.subjects, ["order.>", "return.>"]);
    assert_eq!(
        (config.max_age, config.max_bytes),
        (Duration::ZERO, 1 << 30)
    );
    assert!(config.deny_delete && config.deny_purge && config.allow_direct);
}

#[tokio::test]
async fn an_update_that_would_delete_messages_is_refused_before_it_is_tried() {
    let server = Server::start().await;
    let jetstream = server.connect().await.jetstream();
    let spec = StreamSpec::events("orders", ["order.>"]);
    declare::stream(&jetstream, &spec).await.unwrap();
    jetstream
        .publish("order.1", "one".into())
        .await
        .unwrap()
        .await
        .unwrap();

    let shorter = StreamSpec {
        max_age: Some(DAY),
        ..spec
    };
    let error = declare::stream(&jetstream, &shorter).await.unwrap_err();
    assert!(matches!(error, DeclareError::WouldLose { .. }), "{error}");
    assert!(
        error.to_string().contains("a maximum age of for ever"),
        "{error}"
    );

    let kept = BucketSpec {
        history: 5,
        ..BucketSpec::new("prices")
    };
    declare::bucket(&jetstream, &kept).await.unwrap();
    let error = declare::bucket(&jetstream, &BucketSpec::new("prices")).await;
    assert!(matches!(
        error,
        Err(DeclareError::WouldLose {
            field: "a history of",
            ..
        })
    ));
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
    let undeniable = StreamSpec {
        deny_purge: false,
        ..spec
    };
    let error = declare::stream(&jetstream, &undeniable).await.unwrap_err();
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
