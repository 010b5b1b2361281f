//! How subscriptions end.

use std::time::Duration;

use nats_wsclient::{
    Client, ClientEvent, DrainError, Fate, PublishPolicy, RequestError, SlowConsumerPolicy, Status,
    SubscribeError, SubscribeOptions, Subscription, SubscriptionError,
};

use crate::run;
use crate::server::{Server, options};

/// Everything up to the end.
async fn all(messages: &mut Subscription) -> Vec<String> {
    let mut payloads = Vec::new();
    while let Some(message) = messages.next().await {
        let payload = message.expect("no error").payload;
        payloads.push(String::from_utf8(payload.to_vec()).expect("UTF-8"));
    }
    payloads
}

fn publish(client: &Client, subject: &str, numbers: std::ops::Range<u32>) {
    for number in numbers {
        client
            .publish(subject, number.to_string())
            .expect("a connection");
    }
}

async fn reconnect(client: &Client) {
    let mut status = client.status_changes();
    client.force_reconnect();
    while status.next().await != Some(Status::Connected) {}
}

#[test]
fn a_subscription_ends_after_a_number_of_messages() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut five = client.subscribe("a").expect("a subject");
        let mut two = client.subscribe("a").expect("a subject");
        five.unsubscribe_after(5);
        publish(&client, "a", 0..3);
        client.flush().await.expect("a connection");
        two.unsubscribe_after(2);
        assert_eq!(all(&mut two).await, ["0", "1", "2"], "it had more already");

        reconnect(&client).await;
        let witness = client.subscribe("a").expect("a subject");
        publish(&client, "a", 3..9);
        assert_eq!(all(&mut five).await, ["0", "1", "2", "3", "4"]);
        drop(witness);
    });
}

#[test]
fn what_is_on_its_way_is_received_while_draining() {
    run(async {
        let mut server = Server::start();
        let (client, other) = (server.connect().await, server.connect().await);
        let mut drained = client.subscribe("a").expect("a subject");
        let mut kept = client.subscribe("b").expect("a subject");
        client.flush().await.expect("a connection");
        publish(&other, "a", 0..100);
        other.flush().await.expect("a connection");
        drained.drain();
        let numbers: Vec<_> = (0..100).map(|number: u32| number.to_string()).collect();
        assert_eq!(all(&mut drained).await, numbers);

        server.kill();
        kept.drain();
        assert!(all(&mut kept).await.is_empty());
    });
}

#[test]
fn one_subscription_too_many_is_told() {
    run(async {
        let server = Server::start();
        let client = server.connect_as("tight").await;
        let subscribe = |subject: &str| client.subscribe(subject).expect("a subject");
        let denied = |subject: &str| SubscriptionError::Denied {
            subject: subject.to_owned(),
        };
        let too_many = |subject: &str| SubscriptionError::TooMany {
            subject: subject.to_owned(),
        };
        let [mut a, mut b, mut secret, c, mut d, mut e] =
            ["a", "b", "secret", "c", "d", "e"].map(subscribe);
        assert_eq!(secret.next().await, Some(Err(denied("secret"))));
        for (refused, subject) in [(&mut d, "d"), (&mut e, "e")] {
            assert_eq!(refused.next().await, Some(Err(too_many(subject))));
            assert_eq!(refused.next().await, None);
        }
        assert_eq!(
            client.request("x", "").await,
            Err(RequestError::TooManySubscriptions)
        );

        // One goes and another one comes in between.
        let mut f = subscribe("f");
        drop(c);
        let mut g = subscribe("g");
        assert_eq!(f.next().await, Some(Err(too_many("f"))));
        reconnect(&client).await;
        for (granted, subject) in [(&mut a, "a"), (&mut b, "b"), (&mut g, "g")] {
            client.publish(subject, "fine").expect("a connection");
            let message = granted.next().await.expect("a message").expect("no error");
            assert_eq!(message.payload, "fine");
        }
    });
}

/// What a reader finds that comes after ten messages, where there is place for three: payloads, and gaps as `-count`.
async fn late(client: &Client, policy: SlowConsumerPolicy) -> Vec<String> {
    let options = SubscribeOptions::new()
        .capacity(3)
        .slow_consumer_policy(policy);
    let mut messages = client.subscribe_with("a.*", options).expect("a subject");
    for number in 0..10 {
        client
            .publish(format!("a.{}", number % 2), number.to_string())
            .expect("a connection");
    }
    client.flush().await.expect("a connection");
    messages.drain();
    let mut found = Vec::new();
    while let Some(message) = messages.next().await {
        found.push(match message {
            Ok(message) => String::from_utf8(message.payload.to_vec()).expect("UTF-8"),
            Err(SubscriptionError::SlowConsumer { dropped }) => format!("-{dropped}"),
            Err(error) => panic!("{error}"),
        });
    }
    found
}

#[test]
fn what_is_too_much_is_the_subscriptions_choice() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut events = client.events();
        assert_eq!(
            late(&client, SlowConsumerPolicy::DropNewest).await,
            ["0", "1", "2", "-7"]
        );
        assert_eq!(
            late(&client, SlowConsumerPolicy::DropOldest).await,
            ["-7", "7", "8", "9"]
        );
        assert_eq!(
            late(&client, SlowConsumerPolicy::CoalesceBySubject).await,
            ["8", "9"]
        );
        assert_eq!(
            late(&client, SlowConsumerPolicy::Fail).await,
            ["0", "1", "2", "-1"]
        );
        client.close().await.expect("a connection");
        for _ in 0..3 {
            let subject = "a.*".to_owned();
            assert_eq!(
                events.next().await,
                Some(ClientEvent::SlowConsumer { subject }),
                "one for each gap"
            );
        }
        assert_eq!(events.next().await, Some(ClientEvent::Closed));
        assert_eq!(events.next().await, None);
    });
}

#[test]
fn draining_a_client_loses_nothing() {
    run(async {
        let server = Server::start();
        let (client, other) = (server.connect().await, server.connect().await);
        let mut events = client.events();
        let mut requests = client.subscribe("square").expect("a subject");
        let dropped = client.subscribe("dropped").expect("a subject");
        client.flush().await.expect("a connection");
        let service = client.clone();
        let serving = tokio::task::spawn_local(async move {
            while let Some(request) = requests.next().await {
                // Slower than they come.
                tokio::task::yield_now().await;
                let request = request.expect("no error");
                let reply = request.reply.expect("a request");
                service.publish(reply, request.payload).expect("still open");
            }
        });
        let asking = other.clone();
        let answers = tokio::task::spawn_local(async move {
            let asked = (0..200).map(|number: u32| asking.request("square", number.to_string()));
            futures_util::future::join_all(asked).await
        });
        tokio::task::yield_now().await;
        other.flush().await.expect("a connection");
        let draining = client.drain();
        let twice = client.drain();
        let refused = async { client.subscribe("new").err() };
        drop(dropped);
        let (drained, again, refused) = tokio::join!(draining, twice, refused);
        assert_eq!((drained, again), (Ok(()), Ok(())));
        assert_eq!(refused, Some(SubscribeError::Closed));
        assert_eq!(client.status(), Status::Closed { cause: None });
        assert_eq!(events.next().await, Some(ClientEvent::Draining));
        assert_eq!(events.next().await, Some(ClientEvent::Closed));
        serving.await.expect("the service to end");
        for answer in answers.await.expect("answers") {
            answer.expect("an answer");
        }
        assert_eq!(client.drain().await, Ok(()), "it is closed already");
    });
}

#[test]
fn draining_ends_in_time() {
    run(async {
        let server = Server::start();
        let soon = options("all").drain_timeout(Duration::from_millis(200));
        let client = server.connect_with(soon).await;
        let mut unread = client.subscribe("a").expect("a subject");
        client.publish("a", "1").expect("a connection");
        client.flush().await.expect("a connection");
        assert_eq!(client.drain().await, Err(DrainError::TimedOut));
        assert_eq!(client.status(), Status::Closed { cause: None });
        assert_eq!(all(&mut unread).await, ["1"], "it can still be read");
    });
}

#[test]
fn draining_without_a_connection() {
    run(async {
        let mut server = Server::start();
        let client = server.connect().await;
        let keeping = options("all").publish_policy(PublishPolicy::DropOldest);
        let keeping = server.connect_with(keeping).await;
        server.kill();
        for client in [&client, &keeping] {
            let mut status = client.status_changes();
            while status.next().await == Some(Status::Connected) {}
        }
        assert_eq!(client.drain().await, Ok(()), "there is nothing to be lost");

        let kept = keeping.publish("a", "kept").expect("kept");
        let (drained, fate, ()) = tokio::join!(keeping.drain(), kept, async { server.restart() });
        assert_eq!((drained, fate), (Ok(()), Fate::Sent));
    });
}
