//! What the user says of a read model.

use std::fmt;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::CodecError;
use crate::boundary::{StoredMessage, kind_and_id};
use crate::repository::LoadError;

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its stream.
    pub stream: &'static str,
    /// Its sequence there, from 1.
    pub sequence: u64,
}

/// A read model: a bucket whose values are folded from events of one or more streams.
///
/// A projection never refuses an event: what happened has happened. An event that is not understood, or over which the
/// projection panics, is parked as a dead letter, so that it does not stop all others.
pub trait Projection: Send + Sync + 'static {
    /// The events of all its streams.
    type Event: Send + Sync;
    /// What a value is found by. Its text is the key in the bucket.
    type Key: Clone + Eq + Hash + fmt::Display + Send + Sync;
    /// What the readers see.
    type Value: Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The bucket that is written to, by this projection alone.
    const BUCKET: &'static str;
    /// The streams that are read.
    const STREAMS: &'static [&'static str];
    /// The version of its fold and of the shape of its values. When it is raised, the bucket is rebuilt at the next start,
    /// while it serves ([`rebuild`](crate::rebuild)).
    const VERSION: u32 = 1;

    /// The event of a message.
    ///
    /// # Errors
    /// When the message is no event of this stream.
    fn read(stream: &'static str, message: &StoredMessage) -> Result<Self::Event, CodecError>;

    /// What the event belongs to: when one is parked, the later ones of the same boundary wait. By default the first two tokens
    /// of the subject, such as `booking.42`. If the values of a projection span boundaries, what waited comes too late for
    /// some of them, and the view has to be rebuilt.
    fn boundary(message: &StoredMessage) -> String {
        kind_and_id(&message.subject)
    }

    /// The keys of the values that the event changes.
    fn keys(event: &Self::Event) -> Vec<Self::Key>;

    /// The sequence of the last event of `stream` in the value. Events up to it are not applied again.
    fn position(value: &Self::Value, stream: &'static str) -> u64;

    /// The value after the event, which has to say the event's position. `None` if there has to be a value before, and
    /// there is none.
    fn apply(
        key: &Self::Key,
        value: Option<Self::Value>,
        event: &Self::Event,
        at: Position,
    ) -> Option<Self::Value>;

    /// Events that come first for a key that has no value although its event needs one. That happens when they are in
    /// another stream, since two streams have no common order. `None` if there are none.
    fn before(
        &self,
        key: &Self::Key,
    ) -> impl Future<Output = Result<Vec<(Position, Self::Event)>, LoadError>> + Send {
        let _ = key;
        std::future::ready(Ok(Vec::new()))
    }
}
