//! Where a stream or a consumer is, in a cluster.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::json::{is_default, list, moment, nanos};
use crate::Timestamp;

/// Which servers may have a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Placement {
    #[serde(skip_serializing_if = "is_default")]
    pub cluster: Option<String>,
    /// The servers have all of these.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "list")]
    pub tags: Vec<String>,
    /// The server that leads if it can.
    #[serde(skip_serializing_if = "is_default")]
    pub preferred: Option<String>,
}

/// The servers that have a stream or a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClusterInfo {
    pub name: Option<String>,
    pub raft_group: Option<String>,
    /// The name of the server that leads; `None` while one is being elected.
    pub leader: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub leader_since: Option<Timestamp>,
    /// The others.
    #[serde(deserialize_with = "list")]
    pub replicas: Vec<PeerInfo>,
}

/// A server that follows the one that leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PeerInfo {
    pub name: String,
    /// Whether it has everything.
    pub current: bool,
    pub offline: bool,
    /// When it was last heard of, ago.
    #[serde(with = "nanos")]
    pub active: Duration,
    /// How many operations it is behind.
    pub lag: u64,
}
