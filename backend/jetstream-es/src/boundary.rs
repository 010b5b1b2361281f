//! What the user says of a kind of events: which of them are decided on together, how they are folded, and how they
//! are written.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use async_nats::HeaderMap;
use bytes::Bytes;

use crate::CodecError;

/// A kind of consistency boundaries in one stream. Implemented by a marker type: `struct Accounts;`.
///
/// All events under the [`filter`](Boundary::filter) of an id are folded into one state, and an append succeeds only if
/// none of them has been added meanwhile. The filter has to be the same text wherever it is used: JetStream's clusters
/// do not order appends under filters that merely overlap.
pub trait Boundary: 'static {
    /// Tells the boundaries of this kind apart.
    type Id: Clone + Eq + Hash + fmt::Display + Send + Sync;
    /// What happens in a boundary.
    type Event: Send + Sync;
    /// What is known of a boundary after its events.
    type State: Default + Send + Sync;
    /// Why an event was written: at least the command that led to it.
    type Cause: Sync;

    /// The stream that holds the events.
    const STREAM: &'static str;

    /// The filter of all events of the boundary.
    fn filter(id: &Self::Id) -> String;

    /// The state after one more event. Must accept every event there is in the stream.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// The id of the command, by which it is recognised when it comes again.
    fn command(cause: &Self::Cause) -> &str;

    /// The event as a message. Its headers are the codec's own; what the append needs is added to them.
    ///
    /// # Errors
    /// When the event cannot be written. Nothing of the command is appended then.
    fn encode(event: &Self::Event, cause: &Self::Cause) -> Result<NewEvent, CodecError>;

    /// The event of a message.
    ///
    /// # Errors
    /// When the message is no event of this kind.
    fn decode(message: &StoredMessage) -> Result<Recorded<Self::Event>, CodecError>;
}

/// An event that is about to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Where it is appended. Must be matched by the filter of its boundary.
    pub subject: String,
    /// Such as `Content-Type`.
    pub headers: HeaderMap,
    /// The event.
    pub payload: Bytes,
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
}

/// An event that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<E> {
    /// The event.
    pub event: E,
    /// The id of the command that led to it, if one did.
    pub command: Option<String>,
}

/// A boundary's state together with what its appends need.
pub(crate) struct Folded<B: Boundary> {
    pub(crate) state: B::State,
    /// The sequence of the last event; 0 before the first.
    pub(crate) position: u64,
    /// The last event of each command.
    commands: HashMap<Box<str>, u64>,
}

impl<B: Boundary> Folded<B> {
    /// The sequence of the last event that the command led to, if it has been done already.
    pub(crate) fn event_of(&self, command: &str) -> Option<u64> {
        self.commands.get(command).copied()
    }

    pub(crate) fn apply(&mut self, event: &B::Event, command: Option<&str>, sequence: u64) {
        self.state = B::evolve(std::mem::take(&mut self.state), event);
        self.position = sequence;
        if let Some(command) = command {
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
