//! Everything that the streams hold, once all is quiet.

use std::collections::BTreeMap;

use async_nats::jetstream;
use jetstream_es::StoredMessage;
use shared::cloud_event::MessageId;
use shared::outcome::Outcome;
use shared::subjects::{AUDIT, OUTCOMES, Stream};

use crate::stored::messages;

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
