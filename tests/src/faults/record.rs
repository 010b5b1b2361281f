//! Everything that the streams hold, once all is quiet.

use std::collections::BTreeMap;

use async_nats::jetstream;
use jetstream_es::StoredMessage;
use serde_json::Value;
use shared::cloud_event::MessageId;
use shared::identity::Account;
use shared::outcome::Outcome;
use shared::subjects::{AUDIT, OUTCOMES, Stream};

use super::clumsy;
use super::plan::STRANGER;
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
    /// What the clumsy reaction has sent, in order.
    pub(super) of_the_clumsy: Vec<Sent>,
    /// Every outcome that the bucket ever had: the audit stream keeps those that were written over.
    pub outcomes: Vec<Outcome>,
    /// Those that were told to the stranger.
    pub to_stranger: Vec<Outcome>,
}

/// A command of a reaction.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: String,
    /// The id of the event that led to it.
    pub(super) event: String,
}

impl Record {
    pub(super) async fn read(context: &jetstream::Context) -> Self {
        let mut events = BTreeMap::new();
        for stream in EVENTS {
            events.insert(stream.name(), messages(context, stream.name()).await);
        }
        let commands = messages(context, Stream::Commands.name()).await;
        let envelopes = commands
            .iter()
            .filter_map(|message| serde_json::from_slice::<Value>(&message.payload).ok());
        let (mut ids, mut of_the_clumsy) = (Vec::new(), Vec::new());
        for envelope in envelopes {
            let text = |name: &str| envelope.get(name)?.as_str().map(str::to_owned);
            let Some(id) = text("id") else {
                continue;
            };
            ids.push(id.clone());
            if text("source").as_deref() == Some(clumsy::SOURCE)
                && let Some(event) = text("causationid")
            {
                of_the_clumsy.push(Sent { id, event });
            }
        }
        let kept = messages(context, &bucket(OUTCOMES.name())).await;
        let audited = messages(context, AUDIT).await;
        let prefix = format!("$KV.{}.", OUTCOMES.name());
        let of_stranger = format!("{prefix}{}.{STRANGER}.", Account::Hotel);
        let (mut outcomes, mut to_stranger) = (Vec::new(), Vec::new());
        for message in kept.into_iter().chain(audited) {
            if message.subject.starts_with(&prefix) {
                let outcome = serde_json::from_slice(&message.payload).expect("an outcome");
                match message.subject.starts_with(&of_stranger) {
                    true => to_stranger.push(outcome),
                    false => outcomes.push(outcome),
                }
            }
        }
        Self {
            events,
            commands: ids,
            of_the_clumsy,
            outcomes,
            to_stranger,
        }
    }
}

/// The stream of a bucket.
pub(super) fn bucket(name: &str) -> String {
    format!("KV_{name}")
}

/// The command that led to an event.
pub(super) fn cause_of(event: &Value) -> Option<MessageId> {
    event.get("causationid")?.as_str()?.parse().ok()
}
