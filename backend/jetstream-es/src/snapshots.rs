//! Snapshots: the state of a boundary after many events, so that they need not all be read again.
//!
//! A snapshot is a convenience and never the truth. It is left aside when it is of another version, does not parse, or
//! stands on an event that the stream does not have; then the events are read from the first one on.

use std::fmt;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Connection;
use crate::boundary::{Boundary, Commands, Folded};
use crate::declare::stream_of_bucket;
use crate::history;
use crate::key::subject_key;
use crate::publish::publish;

/// A boundary whose states can be kept as snapshots.
pub trait Snapshot: Boundary<State: Serialize + DeserializeOwned> {
    /// The version of the state and of its fold. Raise it whenever [`Boundary::evolve`] or the state's form changes:
    /// snapshots of other versions are left aside.
    const VERSION: u32;
}

/// The snapshots of the boundaries of one kind, in a bucket.
pub(crate) struct Snapshots<B: Boundary> {
    connection: Connection,
    bucket: &'static str,
    stream: String,
    /// A snapshot is taken after so many events.
    every: u64,
    // The state's own form is known where the snapshots are asked for, and nowhere else.
    encode: fn(&Folded<B>) -> serde_json::Result<Vec<u8>>,
    decode: fn(&[u8]) -> Result<Folded<B>, Unusable>,
}

#[derive(Serialize)]
struct Written<'a, S> {
    version: u32,
    /// The sequence of the last event in it.
    position: u64,
    /// How many events are in it.
    events: u64,
    commands: &'a Commands,
    state: &'a S,
}

#[derive(Deserialize)]
struct Read<'a> {
    version: u32,
    position: u64,
    events: u64,
    commands: Commands,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// Why a snapshot is left aside.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it is of version {found}, needed is {needed}")]
    Version { found: u32, needed: u32 },
    #[error("it does not parse: {0}")]
    Json(#[from] serde_json::Error),
}

impl<B: Boundary> Snapshots<B> {
    pub(crate) fn new(connection: &Connection, bucket: &'static str, every: u64) -> Self
    where
        B: Snapshot,
    {
        Self {
            connection: connection.clone(),
            bucket,
            stream: stream_of_bucket(bucket),
            every,
            encode: |folded| {
                serde_json::to_vec(&Written {
                    version: B::VERSION,
                    position: folded.position,
                    events: folded.events,
                    commands: &folded.commands,
                    state: &folded.state,
                })
            },
            decode: |json| {
                let read: Read<'_> = serde_json::from_slice(json)?;
                if read.version != B::VERSION {
                    return Err(Unusable::Version {
                        found: read.version,
                        needed: B::VERSION,
                    });
                }
                Ok(Folded {
                    state: serde_json::from_str(read.state.get())?,
                    position: read.position,
                    commands: read.commands,
                    events: read.events,
                    in_snapshot: read.events,
                })
            },
        }
    }

    /// The snapshot of a boundary, if there is one that can be used.
    pub(crate) async fn find(&self, filter: &str) -> Option<Folded<B>> {
        let subject = self.subject(filter);
        let message = match history::last(&self.connection, &self.stream, &subject).await {
            Ok(message) => message?,
            Err(error) => {
                tracing::warn!(filter, "goes on without a snapshot: {error}");
                return None;
            }
        };
        match (self.decode)(&message.payload) {
            Ok(folded) => Some(folded),
            Err(unusable) => {
                tracing::info!(filter, "a snapshot is left aside: {unusable}");
                None
            }
        }
    }

    /// Takes a snapshot if that is due. It is written by a task of its own, since nobody waits for it.
    pub(crate) fn take_if_due(&self, filter: String, folded: &mut Folded<B>) {
        if folded.events - folded.in_snapshot < self.every {
            return;
        }
        // Another try follows after as many events, whatever becomes of this one.
        folded.in_snapshot = folded.events;
        let payload = match (self.encode)(folded) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::warn!(
                    filter,
                    "no snapshot: the state is not written as JSON: {error}"
                );
                return;
            }
        };
        let limit = self.connection.client().server_info().max_payload;
        if payload.len() > limit {
            tracing::warn!(
                filter,
                "no snapshot: it has {} bytes and a message has at most {limit}; raise `max_payload` in the \
                 server's configuration, or close boundaries before they are that old",
                payload.len()
            );
            return;
        }
        let (connection, subject) = (self.connection.clone(), self.subject(&filter));
        tokio::spawn(async move {
            let written = publish(&connection, subject, HeaderMap::new(), Bytes::from(payload));
            if let Err(error) = written.await {
                tracing::warn!(filter, "no snapshot: {error}");
            }
        });
    }

    fn subject(&self, filter: &str) -> String {
        format!("$KV.{}.{}", self.bucket, subject_key(filter))
    }
}

impl<B: Boundary> fmt::Debug for Snapshots<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots")
            .field("bucket", &self.bucket)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
