//! What the user says of a kind of events: which of them are decided on together, how they are folded, and where they
//! are written.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::time::SystemTime;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cloud_event::{self, Attributes, Cause, DecodeError, EncodeError, Metadata};
use crate::publish::PublishOptions;
use crate::shred::Personal;
use crate::upcast::Upcaster;

/// A kind of consistency boundaries in one stream. Implemented by a marker type: `struct Accounts;`.
///
/// All events under the [`filter`](Boundary::filter) of an id are folded into one state, and an append succeeds only if
/// none of them has been added meanwhile. The filter has to be the same text wherever it is used: JetStream's clusters
/// do not order appends under filters that merely overlap.
pub trait Boundary: 'static {
    /// Tells the boundaries of this kind apart.
    type Id: Clone + Eq + Hash + fmt::Display + Send + Sync;
    /// What happens in a boundary: an enum with `#[serde(tag = "type", content = "data")]`, whose variants are renamed to
    /// the types of the CloudEvents. See [`cloud_event`].
    type Event: Serialize + DeserializeOwned + Send + Sync;
    /// What is known of a boundary after its events.
    type State: Default + Send + Sync;

    /// The stream that holds the events.
    const STREAM: &'static str;
    /// The CloudEvents attribute `source` of the events: a URI reference that says which program wrote them.
    const SOURCE: &'static str;
    /// How old versions of the events become present ones.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// The filter of all events of the boundary.
    fn filter(id: &Self::Id) -> String;

    /// The NATS subject of an event. Must be matched by the filter of its boundary, and by that of no other.
    fn subject(event: &Self::Event) -> String;

    /// What an event is about: its CloudEvents attribute `subject`.
    fn about(event: &Self::Event) -> String;

    /// The state after one more event. Must accept every event there is in the stream.
    fn evolve(state: Self::State, event: &Recorded<Self::Event>) -> Self::State;

    /// What the server is asked to do with an event besides to store it, such as to delete it after a time. The
    /// expectations are additional to that of the boundary.
    fn options(event: &Self::Event) -> PublishOptions {
        let _ = event;
        PublishOptions::default()
    }

    /// The personal data in an event, if there is some. It is stored sealed, and can be erased ([`shred`](crate::shred)).
    fn personal(event: &Self::Event) -> Option<Personal> {
        let _ = event;
        None
    }

    /// The event as a message: a CloudEvent in structured mode. What an append needs is added to its headers.
    ///
    /// # Errors
    /// When serde does not write the event. Nothing of the command is appended then.
    fn encode(event: &Self::Event, cause: &Cause) -> Result<NewEvent, EncodeError> {
        let about = Self::about(event);
        let attributes = Attributes {
            id: None,
            source: Self::SOURCE,
            subject: Some(&about),
            time: cause.time,
            correlation: Some(&cause.correlation),
            causation: Some(&cause.command),
            actor: cause.actor.as_deref(),
        };
        let (mut headers, payload) = cloud_event::write(event, &attributes)?;
        Self::options(event).write(&mut headers);
        Ok(NewEvent {
            subject: Self::subject(event),
            headers,
            payload,
            personal: Self::personal(event),
        })
    }

    /// The event of a message, lifted to its present version: a CloudEvent in either mode.
    ///
    /// # Errors
    /// When the message is no event of this kind.
    fn decode(message: &StoredMessage) -> Result<Recorded<Self::Event>, DecodeError> {
        Recorded::read(&message.headers, &message.payload, Self::UPCASTERS)
    }
}

/// An event that is about to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Where it is appended.
    pub subject: String,
    /// Such as `Content-Type`.
    pub headers: HeaderMap,
    /// The event.
    pub payload: Bytes,
    /// What of it is to be sealed before it is stored.
    pub personal: Option<Personal>,
}

/// A message as a stream holds it.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    /// Its subject.
    pub subject: String,
    /// Its sequence in the stream, from 1.
    pub sequence: u64,
    /// Its headers, and those that the server adds to a reply (`Nats-Sequence`, …).
    pub headers: HeaderMap,
    /// Its content.
    pub payload: Bytes,
    /// When the stream took it. `None` for what is in no stream, or not yet, such as the copy in a dead letter.
    pub time: Option<SystemTime>,
}

/// A key that no other message has.
pub(crate) fn of_its_own(message: &StoredMessage) -> String {
    format!("{}#{}", message.subject, message.sequence)
}

/// The first two tokens of a subject: the boundary, where its filter is made of them.
pub(crate) fn kind_and_id(subject: &str) -> String {
    let mut tokens = subject.splitn(3, '.');
    let kind = tokens.next().unwrap_or_default();
    match tokens.next() {
        Some(id) => format!("{kind}.{id}"),
        None => kind.to_owned(),
    }
}

/// An event and what is known of it. Not its sequence, because a fold must not depend on that: an event is folded before
/// it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<E> {
    /// The event.
    pub event: E,
    /// Its other attributes: its id, the command that led to it, when, by whom.
    pub metadata: Metadata,
}

impl<E: DeserializeOwned> Recorded<E> {
    fn read(
        headers: &HeaderMap,
        payload: &[u8],
        upcasters: &[Upcaster],
    ) -> Result<Self, DecodeError> {
        let (event, metadata) = cloud_event::read(headers, payload, upcasters)?;
        Ok(Self { event, metadata })
    }
}

impl<E> Recorded<E> {
    /// The id of the command that led to it, if one did.
    pub fn command(&self) -> Option<&str> {
        self.metadata.causation.as_deref()
    }
}

/// A boundary's state together with what its appends need.
pub(crate) struct Folded<B: Boundary> {
    pub(crate) state: B::State,
    /// The sequence of the last event; 0 before the first.
    pub(crate) position: u64,
    /// The last event of each command.
    pub(crate) commands: Commands,
    /// How many events there are.
    pub(crate) events: u64,
    /// How many of them are in the last snapshot that is known here.
    pub(crate) in_snapshot: u64,
}

/// The sequence of the last event of each command.
pub(crate) type Commands = HashMap<Box<str>, u64>;

impl<B: Boundary> Folded<B> {
    /// The sequence of the last event that the command led to, if it has been done already.
    pub(crate) fn event_of(&self, command: &str) -> Option<u64> {
        self.commands.get(command).copied()
    }

    pub(crate) fn apply(&mut self, event: &Recorded<B::Event>, sequence: u64) {
        self.fold(event);
        self.stored(event, sequence);
    }

    /// Brings an event into the state, which may be before it is stored.
    pub(crate) fn fold(&mut self, event: &Recorded<B::Event>) {
        self.state = B::evolve(std::mem::take(&mut self.state), event);
    }

    /// Notes that an event that is in the state has been stored.
    pub(crate) fn stored(&mut self, event: &Recorded<B::Event>, sequence: u64) {
        self.position = sequence;
        self.events += 1;
        if let Some(command) = event.command() {
            self.commands.insert(command.into(), sequence);
        }
    }
}

impl<B: Boundary> Default for Folded<B> {
    fn default() -> Self {
        Self {
            state: B::State::default(),
            position: 0,
            commands: HashMap::new(),
            events: 0,
            in_snapshot: 0,
        }
    }
}

impl<B: Boundary> fmt::Debug for Folded<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folded")
            .field("position", &self.position)
            .field("commands", &self.commands.len())
            .finish_non_exhaustive()
    }
}
