//! Answers of a JetStream that is none: each call that asks has a typed error, and asks no more of the memory than the
//! answer has.

use std::pin::pin;
use std::rc::Rc;

use futures_util::FutureExt;
use nats_wsclient::{Client, ConnectOptions, JetStream, Publish, Status};

use crate::memory::{Alone, MB};
use crate::platform::Hand;

/// A client whose inbox is its first subscription.
fn connect() -> (Client, Rc<Hand>) {
    let (client, hand) = Hand::connect(ConnectOptions::new());
    drop(client.request("a", "").now_or_never());
    hand.end_turn();
    (client, hand)
}

/// What a call makes of an answer: `headers` as they are on the wire, or none.
fn ask<T>(hand: &Hand, call: impl Future<Output = T>, headers: &str, body: &[u8]) -> T {
    let mut call = pin!(call);
    assert!(call.as_mut().now_or_never().is_none(), "it asks");
    hand.end_turn();
    let line = match headers.len() {
        0 => format!("MSG {} 1 {}\r\n", hand.reply(), body.len()),
        length => {
            let size = length + body.len();
            format!("HMSG {} 1 {length} {size}\r\n{headers}", hand.reply())
        }
    };
    hand.say(&[line.as_bytes(), body, b"\r\n"].concat());
    call.now_or_never().expect("the answer is there")
}

/// What is no answer to any call of the API.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> = [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "12",
        "{}",
        "{\"error\":{}}",
        "{\"error\":\"text\"}",
        "{\"error\":{\"code\":-1,\"err_code\":99999999999999999999}}",
        "{\"error\":{\"code\":404,\"description\":\"no\"},\"config\":{},\"state\":{}}",
        "{\"config\":{\"name\":7}}",
        "{\"config\":[],\"state\":{\"messages\":\"many\"}}",
        "{\"message\":{\"data\":\"no base64!\"}}",
        "{\"message\":{\"hdrs\":\"AAAA\"}}",
        "{\"stream\":\"s\",\"seq\":-1}",
        "{\"stream\":\"s\",\"seq\":1e99}",
        "{\"\\ud800\":1}",
    ]
    .map(|body| body.as_bytes().to_vec())
    .into();
    bodies.push(b"\xff\xfe\0".to_vec());
    bodies.push(b"{\"config\":".repeat(20_000));
    bodies.push(b"[".repeat(500_000));
    bodies.push(format!("{{\"config\":{{\"name\":\"{}", "x".repeat(900_000)).into_bytes());
    bodies
}

#[test]
fn calls_of_the_api() {
    let alone = Alone::begin();
    let (client, hand) = connect();
    let js = client.jetstream();
    let stream = js.stream("s").expect("a name");
    for body in bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let measured = alone.measure();
        let told = ask(&hand, stream.info(), "", &body);
        assert!(told.is_err(), "{shown}: {told:?}");
        let told = ask(&hand, stream.get_message(1), "", &body);
        assert!(told.is_err(), "{shown}: {told:?}");
        let told = ask(&hand, js.account_info(), "", &body);
        assert!(told.is_err(), "{shown}: {told:?}");
        let told = ask(&hand, js.consumer_info("s", "c"), "", &body);
        assert!(told.is_err(), "{shown}: {told:?}");
        let told = ask(&hand, publish(&js), "", &body);
        assert!(told.is_err(), "{shown}: {told:?}");
        measured.expect_peak_below(6 * MB);
    }
    assert_eq!(client.status(), Status::Connected);
}

async fn publish(js: &JetStream) -> Result<(), nats_wsclient::jetstream::PublishError> {
    let sent = js.send_publish(Publish::to("s.a")).await?;
    sent.await.map(drop)
}

#[test]
fn messages_that_were_asked_for_directly() {
    let _alone = Alone::begin();
    let (client, hand) = connect();
    let stream = client.jetstream().stream("s").expect("a name");
    for headers in [
        "",
        "NATS/1.0\r\n\r\n",
        "NATS/1.0 500\r\n\r\n",
        "NATS/1.0 408 Request Timeout\r\n\r\n",
        "NATS/1.0 99\r\n\r\n",
        "NATS/1.0\r\nNats-Stream: s\r\nNats-Subject: a\r\n\r\n",
        "NATS/1.0\r\nNats-Subject: a\r\nNats-Sequence: -1\r\nNats-Time-Stamp: now\r\n\r\n",
        "NATS/1.0\r\nNats-Subject: a\r\nNats-Sequence: 18446744073709551616\r\n\
         Nats-Time-Stamp: 2026-01-01T00:00:00Z\r\n\r\n",
        "NATS/1.0\r\nNats-Subject: a\r\nNats-Sequence: 1\r\n\
         Nats-Time-Stamp: 99999-99-99T99:99:99.99999999999999999999Z\r\n\r\n",
    ] {
        let told = ask(&hand, stream.direct_get(1), headers, b"x");
        assert!(told.is_err(), "{headers:?}: {told:?}");
    }
    assert_eq!(client.status(), Status::Connected);
}
