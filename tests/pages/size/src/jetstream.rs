//! Publish with an acknowledgement, streams, consumers.

use nats_wsclient::jetstream::AckKind;
use nats_wsclient::jetstream::consumer::Pull;
use nats_wsclient::jetstream::stream::{Config, Purge};
use nats_wsclient::{Client, Publish};
use wasm_bindgen::prelude::*;

pub(super) async fn run(client: &Client) -> Result<u32, JsError> {
    let jetstream = client.jetstream();
    let config = Config {
        name: "stream".to_owned(),
        subjects: vec!["a.>".to_owned()],
        ..Config::default()
    };
    let stream = jetstream.create_or_update_stream(&config).await?;
    let message = Publish::to("a.b")
        .message_id("id")
        .expected_last_subject_sequence(0)
        .payload("payload");
    let ack = jetstream.send_publish(message).await?.await?;
    let mut sum = ack.sequence + stream.info().await?.state.messages;
    let message = stream.get_message(ack.sequence).await?;
    sum += message.map_or(0, |message| message.payload.len() as u64);
    sum += stream.purge(Purge::all().keep(1)).await?;
    sum += jetstream.stream_names(None).await?.len() as u64;

    let info = jetstream.consumer_info("stream", "consumer").await?;
    let info = jetstream
        .create_or_update_consumer("stream", &info.config)
        .await?;
    sum += info.num_pending + jetstream.consumer_names("stream").await?.len() as u64;
    let consumer = stream.consumer("consumer")?;
    let mut batch = consumer.fetch(Pull::new().max_messages(10))?;
    let mut messages = consumer.messages(Pull::new())?;
    while let Some(message) = batch.next().await.or(messages.next().await) {
        let message = message?;
        sum += message.info().pending;
        message.ack_with(&AckKind::Nak(None))?;
        message.double_ack().await?;
    }
    consumer.delete().await?;
    jetstream.delete_stream("stream").await?;
    u32::try_from(sum).map_err(JsError::from)
}
