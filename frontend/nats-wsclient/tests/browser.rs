//! The browser's part, in a real one, with a WebSocket that the test holds in its hand: what is sent, when, over how
//! many sockets, and what is left behind.
#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, future};
use gloo_timers::future::TimeoutFuture;
use nats_wsclient::{
    Client, ConnectError, ConnectOptions, DisconnectCause, ProtocolError, Status, nuid,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Takes the place of the page's WebSocket. `sockets` are those that were made, in order.
const FAKE: &str = r#"
    globalThis.sockets = [];
    globalThis.WebSocket = class {
        constructor(url) {
            if (url.includes("[")) throw new SyntaxError("bad url");
            Object.assign(this, { url, readyState: 0, bufferedAmount: 0, sent: [] });
            this.onopen = this.onmessage = this.onclose = null;
            sockets.push(this);
        }
        send(bytes) { this.sent.push(new TextDecoder().decode(bytes)); }
        close() { this.readyState = 3; }

        opens() { this.readyState = 1; this.onopen?.(); }
        says(text) { this.onmessage?.({ data: new TextEncoder().encode(text).buffer }); }
        saysText(data) { this.onmessage?.({ data }); }
        closes(code, reason) { this.readyState = 3; this.onclose?.({ code, reason }); }
        get isSilent() { return !this.onopen && !this.onmessage && !this.onclose; }
    };
    globalThis.last = () => sockets.at(-1);
    globalThis.greet = () => { last().opens(); last().says('INFO {"max_payload":1000000}\r\n'); };
"#;

fn js(code: &str) -> JsValue {
    js_sys::eval(code).unwrap_or_else(|error| panic!("{code}: {error:?}"))
}

fn text(code: &str) -> String {
    js(code)
        .as_string()
        .unwrap_or_else(|| panic!("{code} is no text"))
}

#[track_caller]
fn assert_js(code: &str) {
    assert_eq!(js(code), JsValue::TRUE, "{code}");
}

/// Lets the page do what it has to do, until something holds.
async fn until(code: &str) {
    for _ in 0..2_000 {
        if js(code) == JsValue::TRUE {
            return;
        }
        TimeoutFuture::new(1).await;
    }
    panic!("waited in vain for {code}");
}

fn options() -> ConnectOptions {
    let short = Duration::from_millis(1);
    ConnectOptions::new().reconnect_delay(short, short)
}

/// A client that is connected to the last socket, which has forgotten the handshake.
async fn connected(options: ConnectOptions) -> Client {
    js(FAKE);
    let server = async {
        until("sockets.length === 1").await;
        accept().await;
    };
    let (client, ()) = future::join(options.connect("ws://fake"), server).await;
    client.expect("a connection")
}

/// Plays the server's part of the handshake.
async fn accept() {
    js("greet()");
    until("last().sent.length > 0").await;
    assert!(text("last().sent.join('')").ends_with("}\r\nPING\r\nPING\r\n"));
    js("last().sent = []; last().says('PONG\\r\\nPONG\\r\\n')");
}

#[wasm_bindgen_test]
async fn one_turn_is_one_message() {
    let client = connected(options()).await;
    let subscription = client.subscribe("a.*").expect("a subject");
    client.publish("a.b", "1").expect("a connection");
    client.publish("a.b", "2").expect("a connection");
    assert_js("last().sent.length === 0");
    until("last().sent.length === 1").await;
    assert_eq!(
        text("last().sent[0]"),
        "SUB a.* 1\r\nPUB a.b 1\r\n1\r\nPUB a.b 1\r\n2\r\n"
    );
    drop(subscription);
    until("last().sent.length === 2").await;
    // The server is asked whether it took the subscription, too.
    assert_eq!(text("last().sent[1]"), "PING\r\nUNSUB 1\r\n");
}

#[wasm_bindgen_test]
async fn a_message_arrives_in_whatever_pieces() {
    let client = connected(options()).await;
    let mut messages = client.subscribe("a").expect("a subject");
    js("for (const letter of 'MSG a 1 5\\r\\nhello\\r\\n') last().says(letter)");
    let message = messages.next().await.expect("a message").expect("no error");
    assert_eq!(message.payload, "hello");
}

#[wasm_bindgen_test]
async fn there_is_one_socket_at_a_time() {
    let client = connected(options()).await;
    let mut status = client.status_changes();
    for round in 2..6 {
        match round {
            2 => drop(js("last().closes(1006, '')")),
            3 => client.force_reconnect(),
            // Both end the socket out of its own callback.
            4 => drop(js("last().says('nonsense\\r\\n')")),
            _ => drop(js("last().saysText('PING')")),
        }
        until(&format!("sockets.length === {round}")).await;
        assert_js(
            "sockets.slice(0, -1).every(socket => socket.readyState === 3 && socket.isSilent)",
        );
        accept().await;
        while status.next().await != Some(Status::Connected) {}
    }
    assert_eq!(client.statistics().connections, 5);
}

#[wasm_bindgen_test]
async fn a_text_frame_is_no_nats() {
    let client = connected(options()).await;
    let mut status = client.status_changes();
    assert_eq!(status.next().await, Some(Status::Connected));
    js("last().saysText('hello')");
    let Some(Status::Reconnecting { cause, .. }) = status.next().await else {
        panic!("{:?}", client.status());
    };
    assert_eq!(cause, DisconnectCause::Protocol(ProtocolError::TextFrame));
}

#[wasm_bindgen_test]
async fn a_page_that_comes_back_asks_at_once() {
    let client = connected(options()).await;
    let events = [
        "window.dispatchEvent(new Event('online'))",
        "window.dispatchEvent(new Event('offline'))",
        "window.dispatchEvent(new Event('pageshow'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
        "document.dispatchEvent(new Event('resume'))",
    ];
    for event in events {
        js("last().sent = []");
        js(event);
        assert_eq!(text("last().sent.join('')"), "PING\r\n", "{event}");
    }
    assert!(client.status().is_connected());
}

#[wasm_bindgen_test]
async fn waiting_for_the_next_attempt_ends_when_the_network_is_back() {
    let long = Duration::from_secs(3_600);
    let client = connected(options().reconnect_delay(long, long)).await;
    js("last().closes(1006, '')");
    TimeoutFuture::new(20).await;
    assert_js("sockets.length === 1");
    js("window.dispatchEvent(new Event('online'))");
    assert_js("sockets.length === 2");
    drop(client);
}

#[wasm_bindgen_test]
async fn silence_is_found_by_the_timer() {
    let short = Duration::from_millis(30);
    let client = connected(options().ping_interval(short).ping_timeout(short)).await;
    until("last().sent.join('') === 'PING\\r\\n'").await;
    js("last().sent = []; last().says('PONG\\r\\nPONG\\r\\n')");
    until("last().sent.join('') === 'PING\\r\\n'").await;
    until("sockets.length === 2").await;
    let Status::Reconnecting { cause, since, .. } = client.status() else {
        panic!("{:?}", client.status());
    };
    assert_eq!(cause, DisconnectCause::Silent);
    let silence = client.now() - since;
    assert!(
        silence >= short * 2 && silence < Duration::from_secs(60),
        "{silence:?}"
    );
}

#[wasm_bindgen_test]
async fn dropping_the_client_leaves_nothing_behind() {
    let client = connected(options()).await;
    let mut messages = client.subscribe("a").expect("a subject");
    let mut status = client.status_changes();
    drop(client);
    assert_js("last().readyState === 3 && last().isSilent");
    assert!(messages.next().await.is_none());
    assert_eq!(status.next().await, Some(Status::Closed { cause: None }));
    assert_eq!(status.next().await, None);
    js("window.dispatchEvent(new Event('online')); last().closes(1006, '')");
    TimeoutFuture::new(20).await;
    assert_js("sockets.length === 1");
}

#[wasm_bindgen_test]
async fn dropping_the_attempt_drops_its_socket() {
    js(FAKE);
    let mut connecting = Box::pin(options().connect("ws://fake"));
    assert!((&mut connecting).now_or_never().is_none());
    assert_js("sockets.length === 1 && last().readyState === 0");
    drop(connecting);
    assert_js("last().readyState === 3 && last().isSilent");
}

#[wasm_bindgen_test]
async fn closing_sends_what_was_published() {
    let client = connected(options()).await;
    client.publish("a", "last").expect("a connection");
    let server = async {
        until("last().sent.join('').endsWith('PING\\r\\n')").await;
        assert_eq!(text("last().sent.join('')"), "PUB a 4\r\nlast\r\nPING\r\n");
        js("last().says('PONG\\r\\nPONG\\r\\n')");
    };
    let (closed, ()) = future::join(client.close(), server).await;
    assert_eq!(closed, Ok(()));
    assert_js("last().readyState === 3");
    assert_eq!(client.status(), Status::Closed { cause: None });
}

#[wasm_bindgen_test]
async fn what_the_browser_has_not_sent_counts() {
    let client = connected(options().write_limit(1_000)).await;
    js("last().bufferedAmount = 999");
    client
        .publish("a", "0123456789")
        .expect("nothing is known of that yet");
    until("last().sent.length === 1").await;
    assert!(client.publish("a", "0123456789").is_err());
    js("last().bufferedAmount = 0");
    assert!(client.publish("a", "0123456789").is_ok());
}

#[wasm_bindgen_test]
async fn addresses_that_lead_nowhere() {
    js(FAKE);
    let error = options().connect("https://fake").await.err();
    assert!(matches!(error, Some(ConnectError::InvalidUrl { .. })));
    let error = options().connect("ws://[").await.err();
    assert_eq!(
        error,
        Some(ConnectError::Failed(DisconnectCause::Refused {
            reason: "bad url".to_owned()
        }))
    );
    let server = async {
        until("sockets.length === 1").await;
        js("last().closes(1006, '')");
    };
    let (client, ()) = future::join(options().connect("ws://fake"), server).await;
    assert_eq!(
        client.err(),
        Some(ConnectError::Failed(DisconnectCause::Unreachable))
    );
}

#[wasm_bindgen_test]
fn identifiers_differ() {
    let (one, other) = (nuid(), nuid());
    assert_ne!(one, other);
    assert!(one.len() == 22 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[wasm_bindgen_test]
async fn status_is_a_stream() {
    let client = connected(options()).await;
    let statuses = client.status_changes().take(1).collect::<Vec<_>>().await;
    assert_eq!(statuses, [Status::Connected]);
}
