//! Connect, publish, subscribe, request, and who offers a service.

use std::time::Duration;

use futures_util::StreamExt;
use nats_wsclient::{Client, ConnectOptions, Fate, HeaderMap, Request, RequestMany};
use wasm_bindgen::prelude::*;

/// With a password, and with signed credentials where the page has that feature.
pub(super) async fn connect(url: &str) -> Result<Client, JsError> {
    let options = ConnectOptions::new()
        .name("size")
        .user_and_password("user", "password");
    Ok(options.connect(url).await?)
}

pub(super) async fn run(client: &Client) -> Result<u32, JsError> {
    let mut headers = HeaderMap::new();
    headers.insert("Name", "value")?;
    let mut sum = client.max_payload();

    let mut messages = client.subscribe("a.*")?;
    let mut shared = client.queue_subscribe("b", "group")?;
    let fate = client.publish("a.b", "payload")?.await;
    sum += usize::from(fate == Fate::Sent);
    client.publish_with_headers("a.b", &headers, "payload")?;
    client.publish_with_reply("a.b", "c", "payload")?;
    client.flush().await?;
    for message in [messages.next().await, shared.next().await] {
        sum += message.ok_or_else(ended)??.payload.len();
    }

    sum += client.request("d", "").await?.payload.len();
    let request = Request::new()
        .payload("payload")
        .timeout(Duration::from_secs(1));
    sum += client.send_request("d", request).await?.payload.len();
    let many = RequestMany::new().stall(Duration::from_millis(100));
    let mut answers = client.request_many("d", many)?;
    while let Some(answer) = answers.next().await {
        sum += answer?.payload.len();
    }

    let mut services = client.services().ping()?;
    while let Some(service) = services.next().await {
        sum += service?.name.len();
    }

    let mut changes = client.status_changes();
    let mut errors = client.server_errors();
    client.force_reconnect();
    let status = changes.next().await.ok_or_else(ended)?;
    let error = errors.next().await.ok_or_else(ended)?;
    sum += usize::from(status.is_connected()) + error.to_string().len();
    u32::try_from(sum).map_err(JsError::from)
}

pub(super) fn ended() -> JsError {
    JsError::new("ended")
}
