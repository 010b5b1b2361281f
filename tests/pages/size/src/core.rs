//! Connect, publish, subscribe, request, and who offers a service.

use std::time::Duration;

use nats_wsclient::{
    Client, ClientEvent, ConnectOptions, Fate, HeaderMap, OutboundMessage, Request, RequestMany,
    SlowConsumerPolicy, SubscribeOptions,
};

use crate::{Failure, ended};

/// With a password, and with signed credentials where the page has that feature.
pub(super) async fn connect(url: &str) -> Result<Client, Failure> {
    let options = ConnectOptions::new()
        .name("size")
        .user_and_password("user", "password");
    #[cfg(feature = "nkeys")]
    let options = options.credentials(nats_wsclient::Credentials::from_creds(url)?);
    Ok(options.connect(url).await?)
}

pub(super) async fn run(client: &Client) -> Result<u32, Failure> {
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
    let mut events = client.events();
    client.force_reconnect();
    let status = changes.next().await.ok_or_else(ended)?;
    sum += usize::from(status.is_connected());
    if let Some(ClientEvent::ServerError(error)) = events.next().await {
        sum += error.to_string().len();
    }
    let late = OutboundMessage::to("a").reply("b").payload("payload");
    client.send_when_ready(&late).await?;
    let options = SubscribeOptions::new()
        .slow_consumer_policy(SlowConsumerPolicy::CoalesceBySubject)
        .max_messages(sum as u64);
    let mut latest = client.subscribe_with("c", options)?;
    latest.drain();
    sum += usize::from(latest.next().await.is_some());
    client.drain().await?;
    Ok(u32::try_from(sum)?)
}
