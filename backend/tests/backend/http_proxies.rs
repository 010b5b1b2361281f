//! Those who come through a proxy.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::hotel::{Backend, Hotel};

/// The answer to a request with these headers.
async fn ask(backend: &Backend, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = reqwest::Client::new().get(format!("{}/views", backend.http));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status()
}

/// The answers to twenty requests, made for the addresses that `forwarded_for` tells.
async fn at_once(backend: &Backend, forwarded_for: impl Fn(u8) -> String) -> Vec<StatusCode> {
    let requests = (1..=20).map(|number| {
        let value = forwarded_for(number);
        async move { ask(backend, &[("x-forwarded-for", &value)]).await }
    });
    join_all(requests).await
}

#[tokio::test]
async fn everybody_behind_a_trusted_proxy_is_counted_alone_and_is_no_program_of_the_house() {
    let hotel = Hotel::with_rooms(0).await;
    let options = ["--http-rate", "1", "--trusted-proxy", "127.0.0.1"];
    let backend = Backend::start(&hotel.server.url(), &options);
    backend.until_health_is(200).await;
    // Whatever a client writes before what the proxy appends. Two a second are free, twenty are asked at once.
    let answers = at_once(&backend, |number| {
        format!("198.51.100.{number}, 203.0.113.7")
    })
    .await;
    assert!(answers.contains(&StatusCode::UNAUTHORIZED), "{answers:?}");
    assert!(
        answers.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{answers:?}"
    );
    let other = ask(&backend, &[("forwarded", "for=203.0.113.8")]).await;
    assert_eq!(other, StatusCode::UNAUTHORIZED);
    // It came from the proxy, whatever it says of that.
    assert_eq!(ask(&backend, &[]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_else_says_where_a_request_comes_from() {
    let hotel = Hotel::with_rooms(0).await;
    let options = ["--http-rate", "1", "--trusted-proxy", "10.0.0.0/8"];
    let backend = Backend::start(&hotel.server.url(), &options);
    backend.until_health_is(200).await;
    let answers = at_once(&backend, |number| format!("203.0.113.{number}")).await;
    assert!(answers.contains(&StatusCode::UNAUTHORIZED), "{answers:?}");
    assert!(
        answers.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{answers:?}"
    );
}

#[tokio::test]
async fn wrong_passwords_are_counted_by_the_address_behind_the_proxy() {
    let hotel = Hotel::with_rooms(0).await;
    let backend = Backend::start(&hotel.server.url(), &["--trusted-proxy", "127.0.0.0/8"]);
    backend.until_health_is(200).await;
    let log_in = async |address: &str| {
        let request = reqwest::Client::new().post(format!("{}/session", backend.http));
        let body = json!({ "name": "anna", "password": "not this one" });
        let request = request.header("x-forwarded-for", address).json(&body);
        request.send().await.unwrap().status()
    };
    // Each makes the next one wait twice as long, from a second on: sooner or later that is longer than a try takes.
    let mut answers = Vec::new();
    while answers.len() < 12 && answers.last() != Some(&StatusCode::TOO_MANY_REQUESTS) {
        answers.push(log_in("203.0.113.7").await);
    }
    assert_eq!(
        answers.last(),
        Some(&StatusCode::TOO_MANY_REQUESTS),
        "{answers:?}"
    );
    assert!(answers.len() > 5, "{answers:?}");
    assert_eq!(log_in("203.0.113.8").await, StatusCode::UNAUTHORIZED);
}
