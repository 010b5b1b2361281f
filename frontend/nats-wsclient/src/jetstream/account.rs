//! What an account uses of JetStream, and may use.

use super::{JetStream, JetStreamError};
use crate::json::json_object;

/// What an account uses of JetStream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The bytes that are stored in memory.
    pub memory: u64,
    /// The bytes that are stored on disk.
    pub storage: u64,
    /// The bytes that streams with a limit may store in memory.
    pub reserved_memory: u64,
    /// The bytes that streams with a limit may store on disk.
    pub reserved_storage: u64,
    /// How many streams it has.
    pub streams: u64,
    /// How many consumers it has, of all its streams.
    pub consumers: u64,
    /// What it may use over all. If there are `tiers`, their limits hold instead.
    pub limits: Limits,
    /// The domain that the server is in.
    pub domain: Option<String>,
    /// How much it used JetStream's API.
    pub requests: Requests,
    /// By the number of replicas, such as `R1`, if the limits depend on it.
    pub tiers: Vec<(String, Tier)>,
}

json_object!(Account {
    memory: "memory",
    storage: "storage",
    reserved_memory: "reserved_memory",
    reserved_storage: "reserved_storage",
    streams: "streams",
    consumers: "consumers",
    limits: "limits",
    domain: "domain",
    requests: "api",
    tiers: "tiers",
} required = ["limits"]);

/// What an account uses with a number of replicas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tier {
    /// The bytes that are stored in memory.
    pub memory: u64,
    /// The bytes that are stored on disk.
    pub storage: u64,
    /// The bytes that streams with a limit may store in memory.
    pub reserved_memory: u64,
    /// The bytes that streams with a limit may store on disk.
    pub reserved_storage: u64,
    /// How many streams have this number of replicas.
    pub streams: u64,
    /// How many consumers these streams have.
    pub consumers: u64,
    /// What the account may use with this number of replicas.
    pub limits: Limits,
}

json_object!(Tier {
    memory: "memory",
    storage: "storage",
    reserved_memory: "reserved_memory",
    reserved_storage: "reserved_storage",
    streams: "streams",
    consumers: "consumers",
    limits: "limits",
});

/// What an account may use; -1: any number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// In bytes.
    pub max_memory: i64,
    /// In bytes, on disk.
    pub max_storage: i64,
    /// How many streams there may be.
    pub max_streams: i64,
    /// How many consumers there may be, of all streams.
    pub max_consumers: i64,
    /// How many messages a consumer may have that wait for their acknowledgement.
    pub max_ack_pending: i64,
    /// In bytes, of each stream in memory.
    pub memory_max_stream_bytes: i64,
    /// In bytes, of each stream on disk.
    pub storage_max_stream_bytes: i64,
    /// Whether each stream has to have a `max_bytes`.
    pub max_bytes_required: bool,
}

json_object!(Limits {
    max_memory: "max_memory",
    max_storage: "max_storage",
    max_streams: "max_streams",
    max_consumers: "max_consumers",
    max_ack_pending: "max_ack_pending",
    memory_max_stream_bytes: "memory_max_stream_bytes",
    storage_max_stream_bytes: "storage_max_stream_bytes",
    max_bytes_required: "max_bytes_required",
});

/// How much the API was used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// The level of the API that the server has (ADR-44).
    pub level: u32,
    /// How many requests there were, those included that were refused.
    pub total: u64,
    /// How many of these were refused.
    pub errors: u64,
    /// How many are being worked on.
    pub inflight: u64,
}

json_object!(Requests {
    level: "level",
    total: "total",
    errors: "errors",
    inflight: "inflight",
});

impl JetStream {
    /// Tells what the account uses of JetStream, and may use.
    ///
    /// # Errors
    /// [`RequestError::NoResponders`](crate::RequestError::NoResponders) when JetStream is not enabled for the account;
    /// otherwise see [`JetStreamError`].
    pub async fn account_info(&self) -> Result<Account, JetStreamError> {
        self.request("INFO", None).await
    }
}
