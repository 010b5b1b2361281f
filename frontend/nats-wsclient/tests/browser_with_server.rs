//! The whole client in a real browser, over its WebSocket, on a real nats-server. `cargo xtask test` starts both, and has
//! the browser find the server under a name that nobody else has.
#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future;
use gloo_timers::future::TimeoutFuture;
use nats_wsclient::jetstream::stream::{Config, Republish, Storage};
use nats_wsclient::kv::Watch;
use nats_wsclient::{
    Client, ConnectError, ConnectOptions, Credentials, DisconnectCause, HeaderMap, KeyPair,
    LiveBucket, NonExtractableKey, Publish, RequestError, ServerError, Status, Subscription,
    SyncState, nuid,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The browser is told where that is.
const URL: &str = "ws://nats.test";

fn options(user: &str) -> ConnectOptions {
    let short = Duration::from_millis(10);
    ConnectOptions::new()
        .user_and_password(user, user)
        .reconnect_delay(short, short)
}

async fn connect(user: &str) -> Client {
    let client = options(user).connect(URL).await;
    client.unwrap_or_else(|error| panic!("{error} (is this run by `cargo xtask test`?)"))
}

async fn payload(messages: &mut Subscription) -> nats_wsclient::Bytes {
    let message = messages.next().await.expect("no end");
    message.expect("no error").payload
}

/// Bytes that no compression makes smaller, or that any does.
fn body(number: usize) -> Vec<u8> {
    let length = number * 37 % 3_001;
    let mut state = number as u32;
    let bytes = (0..length).map(|_| {
        if number.is_multiple_of(2) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        }
        (state >> 24) as u8
    });
    bytes.collect()
}

/// The connection ends as the server wants it, and not the client.
async fn kick(client: &Client) {
    let info = client.server_info().expect("what the server said");
    let system = connect("system").await;
    let subject = format!("$SYS.REQ.SERVER.{}.KICK", info.server_id);
    let body = format!("{{\"cid\":{}}}", info.client_id);
    system.request(subject, body).await.expect("an answer");
}

async fn next_is(client: &Client, wanted: impl Fn(&Status) -> bool) -> Status {
    let mut changes = client.status_changes();
    loop {
        let status = changes.next().await.expect("no end");
        if wanted(&status) {
            return status;
        }
    }
}

#[wasm_bindgen_test]
async fn ten_thousand_messages_of_odd_sizes() {
    let (sender, receiver) = (connect("all").await, connect("all").await);
    let subject = nuid();
    let mut messages = receiver.subscribe(&subject).expect("a subject");
    receiver.flush().await.expect("a connection");
    let sending = async {
        for number in 0..10_000 {
            sender
                .publish(&subject, body(number))
                .expect("a connection");
            if number % 500 == 499 {
                sender.flush().await.expect("a connection");
            }
        }
    };
    let receiving = async {
        for number in 0..10_000 {
            assert!(payload(&mut messages).await == body(number), "{number}");
        }
    };
    future::join(sending, receiving).await;
    assert_eq!(receiver.statistics().messages_received, 10_000);
}

#[wasm_bindgen_test]
async fn as_large_as_the_server_takes() {
    let client = connect("all").await;
    let subject = nuid();
    let mut messages = client.subscribe(&subject).expect("a subject");
    let mut headers = HeaderMap::new();
    headers.append("Name", "ä").expect("valid");
    for byte in [b'x', 0, 0xff] {
        let large = vec![byte; client.max_payload() - 100];
        client
            .publish_with_headers(&subject, &headers, &large)
            .expect("a connection");
        let message = messages.next().await.expect("no end").expect("no error");
        assert!(message.payload == large);
        assert_eq!(message.headers, headers);
    }
    client.flush().await.expect("still the same connection");
    assert_eq!(client.statistics().connections, 1);
}

#[wasm_bindgen_test]
async fn requests() {
    let (asker, answerer) = (connect("all").await, connect("all").await);
    let subject = nuid();
    let nobody = asker.request(&subject, "").await;
    assert_eq!(nobody, Err(RequestError::NoResponders));
    let mut questions = answerer.subscribe(&subject).expect("a subject");
    answerer.flush().await.expect("a connection");
    let asking =
        future::join_all((0..100).map(|number| asker.request(&subject, number.to_string())));
    let answering = async {
        for _ in 0..100 {
            let question = questions.next().await.expect("no end").expect("no error");
            let reply = question.reply.expect("a question");
            answerer
                .publish(reply, question.payload)
                .expect("a connection");
        }
    };
    let (answers, ()) = future::join(asking, answering).await;
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.expect("an answer").payload, number.to_string());
    }
}

#[wasm_bindgen_test]
async fn a_connection_that_the_server_ends() {
    let client = connect("all").await;
    let subject = nuid();
    let mut messages = client.subscribe(&subject).expect("a subject");
    let lost = |status: &Status| matches!(status, Status::Reconnecting { .. });
    let (status, ()) = future::join(next_is(&client, lost), kick(&client)).await;
    let Status::Reconnecting { cause, .. } = status else {
        panic!("{status:?}");
    };
    assert!(!cause.is_refused_credentials(), "{cause}");
    next_is(&client, Status::is_connected).await;
    client.publish(&subject, "still").expect("a connection");
    assert_eq!(payload(&mut messages).await, "still");
    assert_eq!(client.statistics().connections, 2);
}

#[wasm_bindgen_test]
async fn why_there_is_no_connection() {
    let refused = options("nobody").connect(URL).await.err();
    let violation = DisconnectCause::Server(ServerError::AuthorizationViolation);
    assert_eq!(refused, Some(ConnectError::Failed(violation)));
    // The discard port, where nobody listens.
    let unreachable = options("all").connect("ws://127.0.0.1:9").await.err();
    assert_eq!(
        unreachable,
        Some(ConnectError::Failed(DisconnectCause::Unreachable))
    );
}

/// The same server under the host that this page came from, so that the page's cookies are for it: these know no ports.
const SAME_HOST: &str = "ws://127.0.0.1";

/// Sets the cookies by which the server knows the users of this page.
fn set_cookies(user: &str, password: &str) {
    for (name, value) in [("user", user), ("pass", password)] {
        let script = format!("document.cookie = '{name}={value}; SameSite=Strict'");
        js_sys::eval(&script).expect("a page that may have cookies");
    }
}

#[wasm_bindgen_test]
async fn a_cookie_says_who_this_is() {
    let short = Duration::from_millis(10);
    let options = || ConnectOptions::new().reconnect_delay(short, short);
    set_cookies("all", "wrong");
    let refused = options().connect(SAME_HOST).await.err();
    let violation = DisconnectCause::Server(ServerError::AuthorizationViolation);
    assert_eq!(refused, Some(ConnectError::Failed(violation.clone())));
    set_cookies("all", "all");
    let client = options().connect(SAME_HOST).await.expect("a connection");
    client.flush().await.expect("a PONG");

    // Each attempt sends the cookies of then.
    set_cookies("all", "old");
    let is_refused = |status: &Status| matches!(status, Status::Reconnecting { cause, .. } if *cause == violation);
    future::join(next_is(&client, is_refused), kick(&client)).await;
    set_cookies("all", "all");
    next_is(&client, Status::is_connected).await;
    assert_eq!(client.statistics().connections, 2);
}

/// The public key of this one is in the server's configuration.
const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

#[wasm_bindgen_test]
async fn a_key_that_the_browser_signs_with() {
    let with = async |key: Credentials| options("").credentials(key).connect(URL).await;
    let key = KeyPair::from_seed(SEED).expect("a seed");
    let client = with(Credentials::nkey(key)).await.expect("a connection");
    // Each connection has something else to sign.
    kick(&client).await;
    while client.statistics().connections < 2 {
        next_is(&client, Status::is_connected).await;
        TimeoutFuture::new(1).await;
    }
    client.flush().await.expect("a connection");

    let stranger = NonExtractableKey::generate().await.expect("Ed25519");
    let refused = with(Credentials::nkey(stranger)).await.err();
    let violation = DisconnectCause::Server(ServerError::AuthorizationViolation);
    assert_eq!(refused, Some(ConnectError::Failed(violation)));
}

/// What the browser says when a page is shown, comes back, or its network changes leads to a ping, which a server that
/// is there answers.
#[wasm_bindgen_test]
async fn a_page_that_comes_back_finds_its_server_there() {
    let client = connect("all").await;
    client.flush().await.expect("a connection");
    for event in [
        "window.dispatchEvent(new Event('online'))",
        "window.dispatchEvent(new Event('offline'))",
        "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
        "document.dispatchEvent(new Event('visibilitychange'))",
    ] {
        let before = client.statistics();
        js_sys::eval(event).expect(event);
        let asked = client.statistics().bytes_sent - before.bytes_sent;
        assert_eq!(asked, "PING\r\n".len() as u64, "{event}");
        while client.statistics().bytes_received == before.bytes_received {
            TimeoutFuture::new(1).await;
        }
    }
    assert_eq!(client.statistics().connections, 1);
    assert!(client.status().is_connected());
}

/// A bucket that republishes; its name.
async fn create_bucket(client: &Client) -> String {
    let bucket = nuid();
    let config = Config {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        storage: Storage::Memory,
        max_messages_per_subject: 1,
        allow_direct: true,
        allow_rollup: true,
        republish: Some(Republish {
            source: format!("$KV.{bucket}.>"),
            destination: format!("live.{bucket}.>"),
            headers_only: false,
        }),
        ..Config::default()
    };
    let created = client.jetstream().create_stream(&config).await;
    created.expect("a stream");
    bucket
}

async fn put(client: &Client, bucket: &str, key: &str, value: &str) {
    let message = Publish::to(format!("$KV.{bucket}.{key}")).payload(value.to_owned());
    let sent = client.jetstream().send_publish(message).await;
    sent.expect("a connection").await.expect("a revision");
}

/// Reads the watch until it is live and has so many keys.
async fn read(watch: &mut Watch, values: &mut BTreeMap<String, String>, keys: usize) {
    loop {
        let update = watch.next().await.expect("no end").expect("no error");
        assert!(!update.reset);
        for entry in update.entries {
            let value = String::from_utf8(entry.value.to_vec()).expect("UTF-8");
            values.insert(entry.key, value);
        }
        if update.state == SyncState::Live && values.len() == keys {
            return;
        }
    }
}

#[wasm_bindgen_test]
async fn both_watches_and_a_connection_that_the_server_ends() {
    let (writer, reader) = (connect("all").await, connect("all").await);
    let bucket = create_bucket(&writer).await;
    future::join_all((0..500).map(|number| {
        let (writer, bucket) = (&writer, &bucket);
        async move { put(writer, bucket, &format!("k.{number}"), "old").await }
    }))
    .await;
    let watched = LiveBucket::new(&bucket).expect("a name");
    let live = reader.live(watched.page_size(100, 100_000));
    let store = reader.jetstream().key_value(&bucket).expect("a name");
    let mut watches = [live.expect("a watch"), store.watch_all().expect("a watch")];
    let mut copies = [BTreeMap::new(), BTreeMap::new()];
    for (watch, values) in watches.iter_mut().zip(&mut copies) {
        read(watch, values, 500).await;
    }
    put(&writer, &bucket, "k.7", "new").await;
    kick(&reader).await;
    put(&writer, &bucket, "k.8", "new").await;
    put(&writer, &bucket, "last", "").await;
    for (watch, values) in watches.iter_mut().zip(&mut copies) {
        read(watch, values, 501).await;
        assert_eq!(
            (&*values["k.7"], &*values["k.8"], &*values["k.9"]),
            ("new", "new", "old")
        );
    }
    assert_eq!(reader.statistics().connections, 2);
}

#[wasm_bindgen_test]
async fn what_was_published_before_the_end_arrives() {
    let (sender, receiver) = (connect("all").await, connect("all").await);
    let subject = nuid();
    let mut messages = receiver.subscribe(&subject).expect("a subject");
    receiver.flush().await.expect("a connection");
    sender.publish(&subject, "last").expect("a connection");
    assert_eq!(sender.close().await, Ok(()));
    assert_eq!(payload(&mut messages).await, "last");
    assert_eq!(sender.status(), Status::Closed { cause: None });
}
