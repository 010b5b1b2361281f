//! Direct gets.

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
