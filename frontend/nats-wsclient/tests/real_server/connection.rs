use std::time::Duration;

use nats_wsclient::{
    ConnectError, DisconnectCause, FlushError, PublishError, ServerError, Stage, Status,
    SubscribeError,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::platform::Tokio;
use crate::run;
use crate::server::{Server, options};

#[test]
fn connects_and_measures() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        assert_eq!(client.status(), Status::Connected);
        let info = client.server_info().expect("what the server said");
        assert!(info.headers && info.jetstream, "{info:?}");
        assert_eq!(client.max_payload(), 1_024 * 1_024);
        assert!(client.rtt().await.expect("a connection") < Duration::from_secs(5));
        assert_eq!(client.statistics().connections, 1);
        assert_eq!(client.close().await, Ok(()));
        assert_eq!(client.status(), Status::Closed { cause: None });
        assert_eq!(client.flush().await, Err(FlushError));
        assert_eq!(client.publish("a", "").err(), Some(PublishError::Closed));
        assert_eq!(client.subscribe("a").err(), Some(SubscribeError::Closed));
    });
}

#[test]
fn a_failed_first_attempt_says_why() {
    run(async {
        let server = Server::start();
        let fail =
            async |user: &str, url: &str| options(user).connect_over(url, Tokio::new()).await.err();

        let error = fail("nobody", &server.url()).await;
        let refused = DisconnectCause::Server(ServerError::AuthorizationViolation);
        assert!(refused.is_refused_credentials());
        assert_eq!(error, Some(ConnectError::Failed(refused)));

        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("ws://{}", closed.local_addr().expect("an address"));
        drop(closed);
        assert_eq!(
            fail("all", &url).await,
            Some(ConnectError::Failed(DisconnectCause::Unreachable))
        );

        for url in ["http://127.0.0.1", "ws://", ""] {
            let error = fail("all", url).await;
            assert!(
                matches!(&error, Some(ConnectError::InvalidUrl(error)) if error.url == url),
                "{error:?}"
            );
        }
        let prefix = options("all")
            .custom_inbox_prefix("a.>")
            .connect_over(&server.url(), Tokio::new())
            .await;
        assert!(matches!(prefix, Err(ConnectError::InvalidInboxPrefix(_))));
    });
}

#[test]
fn a_server_that_never_speaks_is_a_timeout() {
    run(async {
        let mute = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("ws://{}", mute.local_addr().expect("an address"));
        let soon = options("all").connection_timeout(Duration::from_millis(200));
        let error = soon.connect_over(&url, Tokio::new()).await.err();
        assert_eq!(
            error,
            Some(ConnectError::Failed(DisconnectCause::Timeout(Stage::Open)))
        );
    });
}

#[test]
fn something_else_than_a_nats_server_is_unreachable() {
    run(async {
        let web = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("ws://{}", web.local_addr().expect("an address"));
        tokio::task::spawn_local(async move {
            let (mut connection, _) = web.accept().await.expect("a connection");
            connection
                .write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                .await
                .expect("an answer");
        });
        let error = options("all").connect_over(&url, Tokio::new()).await.err();
        assert_eq!(
            error,
            Some(ConnectError::Failed(DisconnectCause::Unreachable))
        );
    });
}

#[test]
fn one_connection_too_many_is_told() {
    run(async {
        let server = Server::start();
        let first = server.connect_as("guest").await;
        let second = server.connect_as("guest").await;
        let third = options("guest")
            .connect_over(&server.url(), Tokio::new())
            .await;
        let full = DisconnectCause::Server(ServerError::MaximumAccountConnections);
        assert_eq!(third.err(), Some(ConnectError::Failed(full)));
        assert!(first.status().is_connected() && second.status().is_connected());
    });
}

#[test]
fn the_server_goes_and_comes_back() {
    run(async {
        let mut server = Server::start();
        let client = server.connect().await;
        let other = server.connect().await;
        let mut messages = client.subscribe("a.*").expect("a subject");
        client.flush().await.expect("a connection");
        let mut status = client.status_changes();
        assert_eq!(status.next().await, Some(Status::Connected));

        server.kill();
        let Some(Status::Reconnecting {
            attempt: 1, since, ..
        }) = status.next().await
        else {
            panic!("{:?}", client.status());
        };
        assert!(since <= client.now());
        assert_eq!(
            client.publish("a.b", "lost?").err(),
            Some(PublishError::Disconnected)
        );
        let unanswered = client.request("a.b", "").await;
        assert_eq!(unanswered, Err(PublishError::Disconnected.into()));

        server.restart();
        for client in [&client, &other] {
            let mut status = client.status_changes();
            while status.next().await != Some(Status::Connected) {}
        }
        client.flush().await.expect("a connection");
        other.publish("a.b", "back").expect("a connection");
        let message = messages.next().await.expect("a message").expect("no error");
        assert_eq!(message.payload, "back");
        assert_eq!(client.statistics().connections, 2);
    });
}

#[test]
fn a_client_may_start_before_its_server() {
    run(async {
        let mut server = Server::start();
        server.kill();
        let patient = options("all").retry_on_initial_connect();
        let client = patient
            .connect_over(&server.url(), Tokio::new())
            .await
            .expect("at once");
        let mut messages = client.subscribe("a").expect("a subject");
        let mut status = client.status_changes();
        loop {
            match status.next().await {
                Some(Status::Connecting {
                    attempt: 3..,
                    cause,
                }) => {
                    assert_eq!(cause, Some(DisconnectCause::Unreachable));
                    break;
                }
                Some(Status::Connecting { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        server.restart();
        while status.next().await != Some(Status::Connected) {}
        client.publish("a", "hello").expect("a connection");
        assert_eq!(
            messages
                .next()
                .await
                .expect("a message")
                .expect("no error")
                .payload,
            "hello"
        );
    });
}

#[test]
fn a_number_of_attempts_may_be_enough() {
    run(async {
        let mut server = Server::start();
        let client = server
            .connect_with(options("all").max_reconnects(Some(2)))
            .await;
        let mut messages = client.subscribe("a").expect("a subject");
        server.kill();
        assert!(
            messages.next().await.is_none(),
            "a closed client ends its subscriptions"
        );
        let closed = Status::Closed {
            cause: Some(DisconnectCause::Unreachable),
        };
        assert_eq!(client.status(), closed);
    });
}

#[test]
fn a_new_connection_on_request() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let first = client
            .server_info()
            .expect("what the server said")
            .client_id;
        let mut status = client.status_changes();
        client.force_reconnect();
        while status.next().await != Some(Status::Connected) {}
        let second = client
            .server_info()
            .expect("what the server said")
            .client_id;
        assert_ne!(first, second);
    });
}

#[test]
fn the_last_clone_closes_the_connection() {
    run(async {
        let server = Server::start();
        let client = server.connect_as("guest").await;
        let clone = client.clone();
        let mut echo = clone.subscribe("echo").expect("a subject");
        drop(client);
        assert!(clone.flush().await.is_ok());
        drop(clone);
        assert!(echo.next().await.is_none());
        // The account takes two connections: if these can be had, the first one is gone. That takes it a moment.
        let (first, mut last) = (server.connect_as("guest").await, None);
        while last.is_none() {
            last = options("guest")
                .connect_over(&server.url(), Tokio::new())
                .await
                .ok();
        }
        assert!(first.status().is_connected());
    });
}
