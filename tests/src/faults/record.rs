//! Everything that the streams hold, once all is quiet.

use std::collections::BTreeMap;

use async_nats::jetstream::{self, consumer::pull};
use futures_util::StreamExt;
use jetstream_es::StoredMessage;
use shared::cloud_event::MessageId;
use shared::outcome::Outcome;
use shared::subjects::{AUDIT, OUTCOMES, Stream};

/// The streams of events.
pub(super) const EVENTS: [Stream; 3] = [Stream::Room, Stream::RoomBooking, Stream::RoomCleanup];

/// What is there after a round.
#[derive(Debug)]
pub struct Record {
    /// The messages of each stream of events, in order.
    pub events: BTreeMap<&'static str, Vec<StoredMessage>>,
    /// The ids of all commands in their stream.
    pub commands: Vec<String>,
    /// Every outcome that the bucket ever had: the audit stream keeps those that were written over.
    pub outcomes: Vec<Outcome>,
}

impl Record {
    pub(super) async fn read(context: &jetstream::Context) -> Self {
        let mut events = BTreeMap::new();
        for stream in EVENTS {
            events.insert(stream.name(), messages(context, stream.name()).await);
        }
        let commands = messages(context, Stream::Commands.name()).await;
        let commands = commands
            .iter()
            .filter_map(|message| id_of(&message.payload));
        let kept = messages(context, &bucket(OUTCOMES.name())).await;
        let audited = messages(context, AUDIT).await;
        let prefix = format!("$KV.{}.", OUTCOMES.name());
        let outcomes = kept
            .into_iter()
            .chain(audited)
            .filter(|message| message.subject.starts_with(&prefix))
            .map(|message| serde_json::from_slice(&message.payload).expect("an outcome"));
        Self {
            events,
            commands: commands.collect(),
            outcomes: outcomes.collect(),
        }
    }
}

/// The stream of a bucket.
pub(super) fn bucket(name: &str) -> String {
    format!("KV_{name}")
}

fn id_of(payload: &[u8]) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(payload).ok()?;
    Some(event.get("id")?.as_str()?.to_owned())
}

/// The command that led to an event.
pub(super) fn cause_of(event: &serde_json::Value) -> Option<MessageId> {
    event.get("causationid")?.as_str()?.parse().ok()
}

/// All messages of a stream that nobody writes to, in order.
pub(super) async fn messages(context: &jetstream::Context, name: &str) -> Vec<StoredMessage> {
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
            }
        })
        .collect()
        .await
}
