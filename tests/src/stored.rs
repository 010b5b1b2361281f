//! What a stream holds.

use async_nats::jetstream::{self, consumer::pull};
use futures_util::StreamExt;
use jetstream_es::StoredMessage;

/// All messages of a stream that nobody writes to, in order.
pub(crate) async fn messages(context: &jetstream::Context, name: &str) -> Vec<StoredMessage> {
    let stream = context.get_stream(name).await;
    let stream = stream.unwrap_or_else(|error| panic!("the stream {name}: {error}"));
    let count = stream.cached_info().state.messages;
    if count == 0 {
        return Vec::new();
    }
    let consumer = stream
        .create_consumer(pull::OrderedConfig::default())
        .await
        .unwrap_or_else(|error| panic!("a consumer of {name}: {error}"));
    let messages = consumer.messages().await.expect("its messages");
    messages
        .take(usize::try_from(count).expect("a stream that fits into memory"))
        .map(|message| {
            let message = message.unwrap_or_else(|error| panic!("a message of {name}: {error}"));
            let sequence = message.info().expect("its place").stream_sequence;
            StoredMessage {
                subject: message.subject.to_string(),
                sequence,
                headers: message.headers.clone().unwrap_or_default(),
                payload: message.payload.clone(),
                time: None,
            }
        })
        .collect()
        .await
}
