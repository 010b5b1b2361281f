//! What becomes of what is published.

use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use nats_wsclient::{
    Client, Fate, HeaderMap, OutboundMessage, PublishError, PublishPolicy, Rejection, RequestError,
    Status,
};

use crate::run;
use crate::server::{Server, options};

const DENIED: Fate = Fate::Rejected(Rejection::NotPermitted);

async fn reconnected(client: &Client) {
    let mut status = client.status_changes();
    while status.next().await != Some(Status::Connected) {}
}

async fn lost(client: &Client) {
    let mut status = client.status_changes();
    while status.next().await == Some(Status::Connected) {}
}

#[test]
fn each_publish_has_its_fate() {
    run(async {
        let mut server = Server::start();
        let client = server.connect_as("few").await;
        let publish = |subject: &str| client.publish(subject, "x").expect("a connection");
        let all = ["few.a", "secret", "few.b", "secret", "other", "few.c"].map(publish);
        let fates = join_all(all).await;
        assert_eq!(
            fates,
            [Fate::Sent, DENIED, Fate::Sent, DENIED, DENIED, Fate::Sent]
        );

        // Of two requests to the same subject, each is told of its own.
        let asked = ["secret", "few.nobody", "secret"].map(|subject| client.request(subject, ""));
        let denied = || RequestError::PermissionDenied {
            subject: "secret".to_owned(),
        };
        let answers = join_all(asked).await;
        assert_eq!(
            answers,
            [
                Err(denied()),
                Err(RequestError::NoResponders),
                Err(denied())
            ]
        );

        // The server keeps such reply subjects for itself.
        let with_reply = |reply: &str| {
            let published = client.publish_with_reply("few.e", reply, "");
            published.expect("a connection")
        };
        let fates = join_all(["few.r", "_R_.x", "few.r", "_R_.y"].map(with_reply)).await;
        assert_eq!(fates, [Fate::Sent, DENIED, Fate::Sent, DENIED]);

        let late = publish("few.d");
        server.kill();
        assert_eq!(late.await, Fate::Unknown);
        assert_eq!(
            client.publish("few.d", "").err(),
            Some(PublishError::Disconnected)
        );
    });
}

#[test]
fn what_is_kept_arrives_after_the_reconnect() {
    run(async {
        let mut server = Server::start();
        let keeping = options("all")
            .publish_policy(PublishPolicy::DropOldest)
            .write_limit(300);
        let client = server.connect_with(keeping).await;
        let mut messages = client.subscribe("a").expect("a subject");
        client.flush().await.expect("a connection");
        server.kill();
        lost(&client).await;
        let unanswered = client.request("a", "").await;
        assert_eq!(
            unanswered,
            Err(PublishError::Disconnected.into()),
            "a request is not kept"
        );

        let publish = |number: i32| client.publish("a", format!("{number:0>90}")).expect("kept");
        let kept = [1, 2, 3, 4].map(publish);
        server.restart();
        let sent = Fate::Sent;
        let dropped = Fate::Rejected(Rejection::Dropped);
        assert_eq!(join_all(kept).await, [dropped, dropped, sent, sent]);
        for number in [3, 4] {
            let message = messages.next().await.expect("a message").expect("no error");
            assert_eq!(message.payload, format!("{number:0>90}"));
        }
    });
}

#[test]
fn a_message_waits_until_it_can_be_sent() {
    run(async {
        let mut server = Server::start();
        let client = server.connect_with(options("all").write_limit(1_000)).await;
        let mut messages = client.subscribe("a").expect("a subject");
        // More than may wait at once.
        let all = (0..50).map(|number| client.publish_when_ready("a", format!("{number:0>90}")));
        for published in join_all(all).await {
            assert_eq!(published.expect("sent").await, Fate::Sent);
        }
        for number in 0..50 {
            let message = messages.next().await.expect("a message").expect("no error");
            assert_eq!(message.payload, format!("{number:0>90}"));
        }

        server.kill();
        lost(&client).await;
        let mut headers = HeaderMap::new();
        headers.insert("A", "b").expect("valid");
        let late = OutboundMessage::to("a")
            .reply("r")
            .headers(headers.clone())
            .payload("late");
        {
            // Whoever stops waiting has sent nothing.
            let changed = client.send_when_ready(&late);
            let Either::Right(_) = select(pin!(changed), pin!(lost(&client))).await else {
                panic!("there is no connection");
            };
        }
        let waiting = client.send_when_ready(&late);
        let back = async {
            server.restart();
            reconnected(&client).await;
        };
        let (published, ()) = tokio::join!(waiting, back);
        assert_eq!(published.expect("sent").await, Fate::Sent);
        let message = messages.next().await.expect("a message").expect("no error");
        assert_eq!(
            (&*message.payload, message.reply.as_deref()),
            (&b"late"[..], Some("r"))
        );
        assert_eq!(message.headers, headers);
        client.publish("a", "end").expect("a connection");
        assert_eq!(
            messages
                .next()
                .await
                .expect("a message")
                .expect("no error")
                .payload,
            "end"
        );

        let closing = client.clone();
        server.kill();
        lost(&client).await;
        let (refused, _) = tokio::join!(client.publish_when_ready("a", ""), closing.close());
        assert_eq!(refused.err(), Some(PublishError::Closed));
    });
}
