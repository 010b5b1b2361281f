//! All ways to say who one is.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nats_wsclient::{
    ClientEvent, ConnectError, ConnectOptions, Credentials, DisconnectCause, Fate, Grant, KeyKind,
    KeyPair, ServerError, Stage, Status,
};
use serde_json::{Value, json};

use crate::platform::Tokio;
use crate::run;
use crate::server::{Server, free_port};

const LISTEN: &str =
    "listen: 127.0.0.1:-1\nwebsocket { listen: \"127.0.0.1:PORT\", no_tls: true }\n";

fn server(authorization: &str) -> Server {
    let mut server = Server::prepare(free_port(), &[LISTEN, authorization].concat());
    server.restart();
    server
}

/// A key that is the same in each run.
fn key(kind: KeyKind, number: u8) -> KeyPair {
    KeyPair::from_raw_seed(kind, &[number; 32])
}

/// Connects, and sends itself a message.
async fn check(server: &Server, options: ConnectOptions) {
    let client = server.connect_with(options).await;
    let mut echo = client.subscribe("echo").expect("a subject");
    client.publish("echo", "x").expect("a connection");
    let message = echo.next().await.expect("a message").expect("no gap");
    assert_eq!(message.payload, "x");
}

/// Why a log-in fails.
async fn failure(server: &Server, options: ConnectOptions) -> Option<DisconnectCause> {
    match options.connect_over(server.url(), Tokio::new()).await {
        Err(ConnectError::Failed(cause)) => Some(cause),
        _ => None,
    }
}

fn as_one(credentials: Credentials) -> ConnectOptions {
    ConnectOptions::new().credentials(credentials)
}

fn violation() -> Option<DisconnectCause> {
    Some(ServerError::AuthorizationViolation.into())
}

#[test]
fn a_token() {
    run(async {
        let server = server("authorization { token: \"t0ken\" }");
        check(&server, ConnectOptions::new().token("t0ken")).await;
        let other = ConnectOptions::new().token("other");
        assert_eq!(failure(&server, other).await, violation());
        assert_eq!(failure(&server, ConnectOptions::new()).await, violation());
    });
}

#[test]
fn nothing_is_the_user_that_the_server_provides_for() {
    run(async {
        let server = server(
            "authorization { users: [ { user: guest, password: x } ] }\nno_auth_user: guest",
        );
        check(&server, ConnectOptions::new()).await;
        let other = ConnectOptions::new().user_and_password("guest", "wrong");
        assert_eq!(failure(&server, other).await, violation());
    });
}

#[test]
fn an_nkey() {
    run(async {
        let user = key(KeyKind::User, 1);
        let config = format!(
            "authorization {{ users: [ {{ nkey: {} }} ] }}",
            user.public_key()
        );
        let server = server(&config);
        check(&server, as_one(Credentials::nkey(user))).await;
        let other = as_one(Credentials::nkey(key(KeyKind::User, 2)));
        assert_eq!(failure(&server, other).await, violation());
    });
}

/// An operator, an account and its users, by their JWTs.
struct Operator {
    account: KeyPair,
    config: String,
}

impl Operator {
    fn new() -> Self {
        let (operator, account) = (key(KeyKind::Operator, 3), key(KeyKind::Account, 4));
        let of_operator = jwt(
            &operator,
            operator.public_key(),
            None,
            json!({ "type": "operator", "version": 2 }),
        );
        let limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1,
        });
        let of_account = jwt(
            &operator,
            account.public_key(),
            None,
            json!({ "type": "account", "version": 2, "limits": limits }),
        );
        let config = format!(
            "operator: {of_operator}\nresolver: MEMORY\nresolver_preload {{ {}: {of_account} }}",
            account.public_key()
        );
        Self { account, config }
    }

    /// The JWT of a user, for some time or for ever.
    fn user(&self, user: &KeyPair, expires: Option<Duration>, bearer: bool) -> String {
        let claims = json!({
            "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {},
            "bearer_token": bearer,
        });
        jwt(&self.account, user.public_key(), expires, claims)
    }
}

/// A JWT as NATS has them (ADR-14): signed by an NKey.
fn jwt(issuer: &KeyPair, subject: &str, expires: Option<Duration>, nats: Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let mut claims = json!({
        "jti": subject, "iat": now().as_secs(), "iss": issuer.public_key(), "sub": subject, "name": "test",
        "nats": nats,
    });
    if let Some(expires) = expires {
        claims["exp"] = expires.as_secs().into();
    }
    let [header, claims] = [header, claims].map(|part| base64(part.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = base64(&issuer.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970")
}

/// Base64 for URLs, without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bit = |index: usize| {
        bytes
            .get(index / 8)
            .map_or(0, |byte| byte >> (7 - index % 8) & 1)
    };
    (0..bytes.len() * 8)
        .step_by(6)
        .map(|start| {
            let digit = (start..start + 6).fold(0, |digit, index| digit << 1 | bit(index));
            char::from(DIGITS[usize::from(digit)])
        })
        .collect()
}

#[test]
fn a_jwt_and_the_key_that_it_names() {
    run(async {
        let operator = Operator::new();
        let server = server(&operator.config);
        let user = key(KeyKind::User, 5);
        let jwt = operator.user(&user, None, false);
        check(&server, as_one(Credentials::jwt(&jwt, user.clone()))).await;

        let creds = format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            user.seed()
        );
        let credentials = Credentials::from_creds(&creds).expect("what nsc would write");
        check(&server, as_one(credentials)).await;

        let bearer = operator.user(&user, None, true);
        check(
            &server,
            as_one(Credentials::Jwt {
                jwt: bearer,
                signer: None,
            }),
        )
        .await;

        let thief = as_one(Credentials::jwt(jwt, key(KeyKind::User, 6)));
        assert_eq!(failure(&server, thief).await, violation());
        let old = operator.user(&user, Some(now() - Duration::from_secs(60)), false);
        let old = as_one(Credentials::jwt(old, user));
        assert_eq!(failure(&server, old).await, violation());
    });
}

#[test]
fn a_jwt_is_renewed_before_it_expires_and_nothing_is_lost() {
    run(async {
        let operator = Operator::new();
        let server = server(&operator.config);
        let asked = Rc::new(Cell::new(0));
        let provider = {
            let asked = Rc::clone(&asked);
            move || {
                asked.set(asked.get() + 1);
                // The first one is short-lived.
                let life = if asked.get() == 1 { 4 } else { 3_600 };
                let user = key(KeyKind::User, 7);
                let expires = now() + Duration::from_secs(life);
                let jwt = operator.user(&user, Some(expires), false);
                std::future::ready(Ok::<_, String>(Credentials::jwt(jwt, user)))
            }
        };
        let options = ConnectOptions::new().credentials_provider(provider);
        let client = server.connect_with(options).await;
        let mut changes = client.status_changes();
        assert_eq!(changes.next().await, Some(Status::Connected));
        let publishing = async {
            let mut published = Vec::new();
            while asked.get() < 2 {
                published.push(client.publish("p", "x").expect("a connection"));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            published
        };
        let published = publishing.await;
        let Some(Status::Reconnecting { cause, .. }) = changes.next().await else {
            panic!("{:?}", client.status());
        };
        assert_eq!(cause, DisconnectCause::Renewal, "and it has not expired");
        assert_eq!(changes.next().await, Some(Status::Connected));
        assert!(!published.is_empty());
        for published in published {
            assert_eq!(published.await, Fate::Sent);
        }
        assert_eq!((asked.get(), client.statistics().connections), (2, 2));
    });
}

#[test]
fn a_renewal_that_fails_is_told_and_tried_again() {
    run(async {
        let operator = Operator::new();
        let server = server(&operator.config);
        let asked = Rc::new(Cell::new(0));
        let provider = {
            let asked = Rc::clone(&asked);
            move || {
                asked.set(asked.get() + 1);
                let user = key(KeyKind::User, 9);
                let expires = now() + Duration::from_secs(if asked.get() == 3 { 3_600 } else { 4 });
                let jwt = operator.user(&user, Some(expires), false);
                std::future::ready(if asked.get() == 2 {
                    Err("nobody is at home")
                } else {
                    Ok(Credentials::jwt(jwt, user))
                })
            }
        };
        let short = Duration::from_millis(100);
        let options = ConnectOptions::new()
            .credentials_provider(provider)
            .reconnect_delay(short, short);
        let client = server.connect_with(options).await;
        let mut events = client.events();
        let reason = "nobody is at home".to_owned();
        let failed = ClientEvent::RenewalFailed { reason };
        assert_eq!(events.next().await, Some(failed));
        assert!(client.status().is_connected(), "it is good until its end");
        let renewal = ClientEvent::Disconnected(DisconnectCause::Renewal);
        assert_eq!(events.next().await, Some(renewal));
        assert_eq!(events.next().await, Some(ClientEvent::Connected));
        assert_eq!(asked.get(), 3);
    });
}

#[test]
fn credentials_that_expire_are_asked_for_again() {
    run(async {
        let operator = Operator::new();
        let server = server(&operator.config);
        let asked = Rc::new(Cell::new(0));
        let provider = {
            let asked = Rc::clone(&asked);
            move || {
                let number = asked.replace(asked.get() + 1);
                let user = key(KeyKind::User, 8);
                let expires = now() + Duration::from_secs(if number == 0 { 2 } else { 3_600 });
                let jwt = operator.user(&user, Some(expires), false);
                let mut grant = Grant::from(Credentials::jwt(jwt, user));
                // Whoever does not know when they end has nothing renewed.
                grant.expires = None;
                std::future::ready(Ok::<_, String>(grant))
            }
        };
        let options = ConnectOptions::new().credentials_provider(provider);
        let client = server.connect_with(options).await;
        let mut changes = client.status_changes();
        assert_eq!(changes.next().await, Some(Status::Connected));
        let Some(Status::Reconnecting { cause, .. }) = changes.next().await else {
            panic!("{:?}", client.status());
        };
        assert_eq!(cause, ServerError::AuthenticationExpired.into());
        assert!(cause.is_refused_credentials());
        while client.status() != Status::Connected {
            changes.next().await.expect("a client that is not closed");
        }
        assert_eq!(asked.get(), 2);
    });
}

#[test]
fn a_provider_that_fails_or_is_silent_says_so() {
    run(async {
        let server = server("authorization { token: \"t\" }");
        let failing = ConnectOptions::new()
            .credentials_provider(|| std::future::ready(Err::<Grant, _>("logged out")));
        let reason = "logged out".to_owned();
        assert_eq!(
            failure(&server, failing).await,
            Some(DisconnectCause::Credentials { reason })
        );
        let silent = ConnectOptions::new()
            .connection_timeout(Duration::from_millis(200))
            .credentials_provider(std::future::pending::<Result<Grant, String>>);
        assert_eq!(
            failure(&server, silent).await,
            Some(DisconnectCause::Timeout(Stage::Credentials))
        );
        // One that has them the second time is asked a second time.
        let asked = Cell::new(0);
        let second = ConnectOptions::new()
            .retry_on_initial_connect()
            .credentials_provider(move || {
                asked.set(asked.get() + 1);
                let token = Credentials::Token("t".to_owned());
                std::future::ready(if asked.get() == 1 {
                    Err("not yet")
                } else {
                    Ok(token)
                })
            });
        let client = server.connect_with(second).await;
        let mut changes = client.status_changes();
        while client.status() != Status::Connected {
            changes.next().await.expect("a client that is not closed");
        }
    });
}
