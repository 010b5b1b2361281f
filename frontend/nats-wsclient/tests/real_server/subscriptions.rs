//! How subscriptions end.

use nats_wsclient::{Client, RequestError, Status, Subscription, SubscriptionError};

use crate::run;
use crate::server::Server;

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
