//! Logging in by a cookie, which no script can read: the client says nothing, and the handshake says who it is.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use nats_wsclient::{
    Client, ConnectError, ConnectOptions, Credentials, DisconnectCause, Grant, ServerError, Status,
};

use crate::platform::{Cookies, Tokio};
use crate::run;
use crate::server::{Server, free_port};

fn server(cookies: &str, authorization: &str) -> Server {
    let websocket = format!("websocket {{ listen: \"127.0.0.1:PORT\", no_tls: true, {cookies} }}");
    let config = format!("listen: 127.0.0.1:-1\n{websocket}\n{authorization}");
    let mut server = Server::prepare(free_port(), &config);
    server.restart();
    server
}

fn server_with_token() -> Server {
    server(
        "token_cookie: \"session\"",
        "authorization { token: \"t0ken\" }",
    )
}

async fn connect(server: &Server, cookies: &Cookies) -> Result<Client, ConnectError> {
    let short = Duration::from_millis(20);
    let options = ConnectOptions::new().reconnect_delay(short, short);
    let platform = Tokio::with_cookies(Rc::clone(cookies));
    options.connect_over(&server.url(), platform).await
}

fn cookies(text: &str) -> Cookies {
    Cookies::new(text.to_owned().into())
}

fn violation() -> DisconnectCause {
    ServerError::AuthorizationViolation.into()
}

#[test]
fn a_token_in_a_cookie() {
    run(async {
        let server = server_with_token();
        let client = connect(&server, &cookies("lang=de; session=t0ken")).await;
        client.expect("a connection").flush().await.expect("a PONG");
        for wrong in ["session=other", "other=t0ken", "session=", ""] {
            let refused = connect(&server, &cookies(wrong)).await.err();
            let expected = Some(ConnectError::Failed(violation()));
            assert_eq!(refused, expected, "{wrong:?}");
        }
    });
}

#[test]
fn a_user_and_a_password_in_cookies() {
    run(async {
        let server = server(
            "user_cookie: \"name\", pass_cookie: \"pass\"",
            "authorization { users: [ { user: anna, password: secret } ] }",
        );
        let client = connect(&server, &cookies("name=anna; pass=secret")).await;
        client.expect("a connection").flush().await.expect("a PONG");
        for wrong in ["name=anna; pass=wrong", "name=anna", "pass=secret", ""] {
            let refused = connect(&server, &cookies(wrong)).await.err();
            let expected = Some(ConnectError::Failed(violation()));
            assert_eq!(refused, expected, "{wrong:?}");
        }
    });
}

/// The session's cookie is replaced while the client is connected. Each attempt sends what there is then: the old one is
/// refused for as long as the server's token is another one.
#[test]
fn the_next_attempt_sends_the_cookie_of_then() {
    run(async {
        let port = free_port();
        let config = |token: &str| {
            format!(
                "listen: 127.0.0.1:-1
                websocket {{ listen: \"127.0.0.1:PORT\", no_tls: true, token_cookie: \"session\" }}
                authorization {{ token: \"{token}\" }}"
            )
        };
        let mut old = Server::prepare(port, &config("0ld"));
        old.restart();
        let jar = cookies("session=0ld");
        let client = connect(&old, &jar).await.expect("a connection");
        old.kill();
        let mut new = Server::prepare(port, &config("n3w"));
        new.restart();
        let mut changes = client.status_changes();
        loop {
            match changes.next().await.expect("no end") {
                Status::Reconnecting { cause, .. } if cause == violation() => break,
                other => assert!(!other.is_closed(), "{other:?}"),
            }
        }
        *jar.borrow_mut() = "session=n3w".to_owned();
        while !changes.next().await.expect("no end").is_connected() {}
        client.flush().await.expect("a PONG");
    });
}

/// A page cannot read when its cookie expires. Whoever refreshes it can say so by a grant of nothing but its end, and the
/// client makes its next connection, with the fresh cookie, before the old one ends.
#[test]
fn a_cookie_that_is_renewed_ahead_of_its_end() {
    run(async {
        let server = server_with_token();
        let jar = cookies("");
        let refreshed = Rc::new(Cell::new(0));
        let options = ConnectOptions::new().credentials_provider({
            let (jar, refreshed) = (Rc::clone(&jar), Rc::clone(&refreshed));
            move || {
                refreshed.set(refreshed.get() + 1);
                *jar.borrow_mut() = "session=t0ken".to_owned();
                let life = if refreshed.get() == 1 { 2 } else { 3_600 };
                let expires = now() + Duration::from_secs(life);
                let grant = Grant::from(Credentials::None).expires(expires);
                std::future::ready(Ok::<_, String>(grant))
            }
        });
        let platform = Tokio::with_cookies(jar);
        let client = options.connect_over(&server.url(), platform).await;
        let client = client.expect("a connection");
        let mut changes = client.status_changes();
        assert_eq!(changes.next().await, Some(Status::Connected));
        let Some(Status::Reconnecting { cause, .. }) = changes.next().await else {
            panic!("{:?}", client.status());
        };
        assert_eq!(cause, DisconnectCause::Renewal);
        assert_eq!(changes.next().await, Some(Status::Connected));
        assert_eq!((refreshed.get(), client.statistics().connections), (2, 2));
    });
}

fn now() -> Duration {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970")
}
