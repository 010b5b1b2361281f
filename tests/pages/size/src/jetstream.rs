//! Publish with an acknowledgement, streams, consumers.

use nats_wsclient::jetstream::AckKind;
use nats_wsclient::jetstream::consumer::Pull;
use nats_wsclient::jetstream::stream::{Config, Purge};
use nats_wsclient::{Client, Publish};

use crate::{Failure, ended};

pub(super) async fn run(client: &Client) -> Result<u32, Failure> {
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

    let consumer = stream.get_consumer("consumer").await?;
    let info = consumer.info().await?;
    let consumer = stream.create_consumer(&info.config).await?;
    let mut messages = consumer.messages(Pull::new())?;
    let mut batch = consumer.fetch(Pull::new().max_messages(10))?;
    for message in [messages.next().await, batch.next().await] {
        let message = message.ok_or_else(ended)??;
        message.ack_with(&AckKind::Nak(None))?;
        message.double_ack().await?;
        sum += message.info().pending;
    }
    sum += info.num_pending + jetstream.consumer_names("stream").await?.len() as u64;
    consumer.delete().await?;
    jetstream.delete_stream("stream").await?;
    Ok(u32::try_from(sum)?)
}
