use std::time::Duration;

use nats_wsclient::{
    ClientEvent, HeaderMap, PublishError, Request, RequestError, ServerError, Subscription,
    SubscriptionError,
};

use crate::run;
use crate::server::{Server, options};

async fn payload(messages: &mut Subscription) -> String {
    let message = messages.next().await.expect("a message").expect("no error");
    String::from_utf8(message.payload.to_vec()).expect("UTF-8")
}

#[test]
fn messages_and_headers() {
    run(async {
        let server = Server::start();
        let (one, other) = (server.connect().await, server.connect().await);
        let mut messages = other.subscribe("a.>").expect("a subject");
        other.flush().await.expect("a connection");
        let mut headers = HeaderMap::new();
        headers.insert("Name", "Käse").expect("valid");
        headers.append("Name", "Brot").expect("valid");
        one.publish("a.b", "plain").expect("a connection");
        one.publish_with_headers("a.b.c", &headers, b"\x00\xff")
            .expect("a connection");
        one.publish_with_reply("a", "r", "").expect("a connection");
        one.publish_with_reply("a.d", "r", "")
            .expect("a connection");
        assert_eq!(payload(&mut messages).await, "plain");
        let second = messages.next().await.expect("a message").expect("no error");
        assert_eq!(
            (&*second.subject, &second.headers, &*second.payload),
            ("a.b.c", &headers, &b"\x00\xff"[..])
        );
        let third = messages.next().await.expect("a message").expect("no error");
        assert_eq!(
            (&*third.subject, third.reply.as_deref()),
            ("a.d", Some("r"))
        );
    });
}

#[test]
fn a_queue_group_shares_messages() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(
                client
                    .queue_subscribe("work", "workers")
                    .expect("a subject"),
            );
        }
        for number in 0..60 {
            client
                .publish("work", format!("{number}"))
                .expect("a connection");
        }
        client.flush().await.expect("a connection");
        client.close().await.expect("a connection");
        let mut received = 0;
        for member in &mut members {
            while member.next().await.is_some() {
                received += 1;
            }
        }
        assert_eq!(received, 60);
    });
}

#[test]
fn what_was_unsubscribed_is_not_received() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut kept = client.subscribe("a").expect("a subject");
        let dropped = client.subscribe("a").expect("a subject");
        client.flush().await.expect("a connection");
        dropped.unsubscribe();
        client.publish("a", "1").expect("a connection");
        client.flush().await.expect("a connection");
        assert_eq!(payload(&mut kept).await, "1");
        assert_eq!(client.statistics().messages_received, 1);
    });
}

#[test]
fn many_publishes_are_few_websocket_messages_in_order() {
    run(async {
        let server = Server::start();
        // A small max_payload counts for WebSocket messages, too.
        let client = server.connect_as("guest").await;
        assert_eq!(client.max_payload(), 4_096, "the account's");
        let mut messages = client.subscribe("echo").expect("a subject");
        for number in 0..20_000 {
            client
                .publish("echo", format!("{number}"))
                .expect("a connection");
        }
        client.flush().await.expect("a connection");
        for number in 0..20_000 {
            assert_eq!(payload(&mut messages).await, number.to_string());
        }
    });
}

#[test]
fn as_large_as_the_server_takes_and_no_larger() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut messages = client.subscribe("a").expect("a subject");
        let max_payload = client.max_payload();
        let largest = vec![b'x'; max_payload];
        client.publish("a", &largest).expect("a connection");
        let message = messages.next().await.expect("a message").expect("no error");
        assert_eq!(message.payload, largest);
        let too_large = PublishError::TooLarge {
            size: max_payload + 1,
            max_payload,
        };
        assert_eq!(
            client.publish("a", [&largest[..], b"x"].concat()).err(),
            Some(too_large)
        );
        client.flush().await.expect("still connected");
    });
}

#[test]
fn more_than_may_wait_is_refused() {
    run(async {
        let server = Server::start();
        let client = server.connect_with(options("all").write_limit(1_000)).await;
        client.publish("a", [b'x'; 900]).expect("space");
        assert!(matches!(
            client.publish("a", [b'x'; 900]),
            Err(PublishError::Backpressure { .. })
        ));
        client.flush().await.expect("a connection");
        client.publish("a", [b'x'; 900]).expect("space again");
    });
}

#[test]
fn requests_and_their_failures() {
    run(async {
        let server = Server::start();
        let (asking, answering) = (server.connect().await, server.connect().await);
        let mut requests = answering.subscribe("double").expect("a subject");
        let silence = answering.subscribe("silence").expect("a subject");
        answering.flush().await.expect("a connection");
        let service = answering.clone();
        tokio::task::spawn_local(async move {
            while let Some(Ok(request)) = requests.next().await {
                let text = std::str::from_utf8(&request.payload).expect("UTF-8");
                let reply = request.reply.expect("a request");
                service
                    .publish(reply, format!("{text}{text}"))
                    .expect("a connection");
            }
        });
        let all = (0..100).map(|number| asking.request("double", format!("{number}")));
        for (number, answer) in futures_util::future::join_all(all)
            .await
            .into_iter()
            .enumerate()
        {
            assert_eq!(
                answer.expect("an answer").payload,
                format!("{number}{number}")
            );
        }
        assert_eq!(
            asking.request("nobody", "").await,
            Err(RequestError::NoResponders)
        );
        let hurried = Request::new().timeout(Duration::from_millis(50));
        assert_eq!(
            asking.send_request("silence", hurried).await,
            Err(RequestError::TimedOut)
        );
        assert!(matches!(
            asking.request("a b", "").await,
            Err(RequestError::Publish(PublishError::InvalidSubject(_)))
        ));

        let waiting = asking.request("silence", "");
        let closing = async {
            asking.flush().await.expect("a connection");
            asking.force_reconnect();
        };
        let (answer, ()) = tokio::join!(waiting, closing);
        assert_eq!(answer, Err(RequestError::Disconnected));
        drop(silence);
    });
}

#[test]
fn what_is_not_permitted_reaches_whoever_did_it() {
    run(async {
        let server = Server::start();
        let client = server.connect_as("few").await;
        let mut complaints = client.events();

        let denied = client.request("secret", "").await;
        let subject = "secret".to_owned();
        assert_eq!(
            denied,
            Err(RequestError::PermissionDenied {
                subject: subject.clone()
            })
        );
        assert_eq!(
            complaints.next().await,
            Some(ClientEvent::ServerError(ServerError::PublishDenied {
                subject
            }))
        );

        let mut refused = client.subscribe("secret.>").expect("a subject");
        let mut granted = client.subscribe("few.a").expect("a subject");
        let subject = "secret.>".to_owned();
        assert_eq!(
            refused.next().await,
            Some(Err(SubscriptionError::Denied { subject }))
        );
        assert_eq!(refused.next().await, None);
        client.publish("few.a", "fine").expect("a connection");
        assert_eq!(payload(&mut granted).await, "fine");

        // An inbox outside of what is permitted: no answer can come.
        let misled = server
            .connect_with(options("few").custom_inbox_prefix("_INBOX.other"))
            .await;
        let answer = misled.request("few.a", "").await;
        assert!(
            matches!(answer, Err(RequestError::PermissionDenied { subject }) if subject.starts_with("_INBOX.other."))
        );
    });
}

#[test]
fn a_slow_reader_is_told_of_the_gap() {
    run(async {
        let server = Server::start();
        let client = server
            .connect_with(options("all").subscription_capacity(3))
            .await;
        let mut messages = client.subscribe("a").expect("a subject");
        for number in 0..10 {
            client
                .publish("a", format!("{number}"))
                .expect("a connection");
        }
        client.flush().await.expect("a connection");
        for number in 0..3 {
            assert_eq!(payload(&mut messages).await, number.to_string());
        }
        assert_eq!(
            messages.next().await,
            Some(Err(SubscriptionError::SlowConsumer { dropped: 7 }))
        );
        client.publish("a", "on").expect("a connection");
        assert_eq!(payload(&mut messages).await, "on");
    });
}
