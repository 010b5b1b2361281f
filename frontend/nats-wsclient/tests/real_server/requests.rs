//! Requests that have many answers.

use std::time::Duration;

use nats_wsclient::{Answers, Client, RequestError, RequestMany};

use crate::run;
use crate::server::{Server, options};

/// Answers each request on `many` by its payload's words, one message each.
async fn service(server: &Server) -> Client {
    let client = server.connect().await;
    let mut requests = client.subscribe("many").expect("a subject");
    client.flush().await.expect("a connection");
    let weak = client.clone();
    tokio::task::spawn_local(async move {
        while let Some(Ok(request)) = requests.next().await {
            let reply = request.reply.expect("a request");
            for word in std::str::from_utf8(&request.payload)
                .expect("UTF-8")
                .split(' ')
            {
                weak.publish(&reply, word).expect("a connection");
            }
        }
    });
    client
}

async fn all(mut answers: Answers) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(answer) = answers.next().await {
        let payload = answer.expect("no error").payload;
        words.push(String::from_utf8(payload.to_vec()).expect("UTF-8"));
    }
    words
}

/// Long enough that a test which waits for it fails.
const LONG: Duration = Duration::from_secs(50);

#[test]
fn answers_end_when_there_are_enough() {
    run(async {
        let server = Server::start();
        let _service = service(&server).await;
        let client = server.connect().await;
        let ask = |request: RequestMany| client.request_many("many", request).expect("sent");
        let new = || RequestMany::new().payload("a b c  d");

        assert_eq!(
            all(ask(new().max_wait(LONG).max_messages(2))).await,
            ["a", "b"]
        );
        assert_eq!(
            all(ask(new().max_wait(LONG).until_empty())).await,
            ["a", "b", "c", ""]
        );
        let until_b = new()
            .max_wait(LONG)
            .sentinel(|message| message.payload == "b");
        assert_eq!(all(ask(until_b)).await, ["a", "b"]);
        let everything = ["a", "b", "c", "", "d"];
        let stall = new().max_wait(LONG).stall(Duration::from_millis(300));
        assert_eq!(all(ask(stall)).await, everything);
        assert_eq!(
            all(ask(new().max_wait(Duration::from_millis(500)))).await,
            everything
        );
    });
}

#[test]
fn many_answers_may_be_none() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let silence = client.subscribe("silence").expect("a subject");
        let soon = RequestMany::new().max_wait(Duration::from_millis(50));
        let answers = client.request_many("silence", soon).expect("sent");
        assert!(all(answers).await.is_empty());

        let mut nobody = client
            .request_many("nobody", RequestMany::new())
            .expect("sent");
        assert_eq!(nobody.next().await, Some(Err(RequestError::NoResponders)));
        assert_eq!(nobody.next().await, None);

        let mut cut = client
            .request_many("silence", RequestMany::new().max_wait(LONG))
            .expect("sent");
        client.force_reconnect();
        assert_eq!(cut.next().await, Some(Err(RequestError::Disconnected)));
        assert_eq!(cut.next().await, None);
        drop(silence);

        let few = server.connect_as("few").await;
        let mut denied = few
            .request_many("secret", RequestMany::new())
            .expect("sent");
        let error = denied.next().await;
        assert!(
            matches!(error, Some(Err(RequestError::PermissionDenied { .. }))),
            "{error:?}"
        );
    });
}

#[test]
fn answers_that_nobody_reads_are_bounded() {
    run(async {
        let server = Server::start();
        let _service = service(&server).await;
        let client = server
            .connect_with(options("all").subscription_capacity(2))
            .await;
        let request = RequestMany::new()
            .payload("a b c d")
            .max_wait(LONG)
            .max_messages(4);
        let mut answers = client.request_many("many", request).expect("sent");
        while client.statistics().messages_received < 4 {
            client.flush().await.expect("a connection");
        }
        for word in ["a", "b"] {
            assert_eq!(
                answers
                    .next()
                    .await
                    .expect("an answer")
                    .expect("no error")
                    .payload,
                word
            );
        }
        let gap = Some(Err(RequestError::SlowConsumer { dropped: 2 }));
        assert_eq!(answers.next().await, gap);
        assert_eq!(answers.next().await, None);
    });
}
