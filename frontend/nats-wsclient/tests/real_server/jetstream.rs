use nats_wsclient::jetstream::ErrorCode;
use nats_wsclient::kv::Operation;
use nats_wsclient::{ApiError, JetStreamError, PubAck, Publish, RequestError};
use serde_json::json;

use crate::run;
use crate::server::{Server, api, create_bucket, delete, put};

#[test]
fn publish_is_acknowledged_once() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        api(
            &client,
            "STREAM.CREATE.orders",
            json!({"name": "orders", "subjects": ["orders.>"]}),
        )
        .await;
        let js = client.jetstream();
        let publish = || Publish::to("orders.1").message_id("m1").payload("hello");
        let ack = |sequence, duplicate| PubAck {
            stream: "orders".to_owned(),
            sequence,
            duplicate,
            domain: None,
        };
        assert_eq!(js.publish(publish()).await, Ok(ack(1, false)));
        assert_eq!(js.publish(publish()).await, Ok(ack(1, true)));
        assert_eq!(
            js.publish(publish().message_id("m2")).await,
            Ok(ack(2, false))
        );

        let refused = js
            .publish(
                publish()
                    .message_id("m3")
                    .header("Nats-Expected-Last-Sequence", "7"),
            )
            .await;
        assert!(
            matches!(
                refused,
                Err(JetStreamError::Api(ApiError {
                    err_code: ErrorCode::WRONG_LAST_SEQUENCE,
                    ..
                }))
            ),
            "{refused:?}"
        );
        let nowhere = js.publish(Publish::to("elsewhere")).await;
        assert_eq!(
            nowhere,
            Err(JetStreamError::Request(RequestError::NoResponders))
        );
        assert!(matches!(
            js.publish(publish().header("a b", "")).await,
            Err(JetStreamError::Header(_))
        ));
    });
}

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
