//! Where a stream or a consumer is, in a cluster.

use std::time::Duration;

use crate::Timestamp;
use crate::json::json_object;

/// Which servers may have a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// The name of a cluster; `None`: the server chooses.
    pub cluster: Option<String>,
    /// The servers have all of these.
    pub tags: Vec<String>,
    /// The server that leads if it can.
    pub preferred: Option<String>,
}

json_object!(Placement {
    cluster: "cluster",
    tags: "tags",
    preferred: "preferred",
});

/// The servers that have a stream or a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterInfo {
    /// The name of the cluster; `None`: the server is in none.
    pub name: Option<String>,
    /// The name that these servers know their group by, in the server's logs and metrics.
    pub raft_group: Option<String>,
    /// The name of the server that leads; `None` while one is being elected.
    pub leader: Option<String>,
    /// When that server was elected. Older servers do not tell.
    pub leader_since: Option<Timestamp>,
    /// The others.
    pub replicas: Vec<PeerInfo>,
}

json_object!(ClusterInfo {
    name: "name",
    raft_group: "raft_group",
    leader: "leader",
    leader_since: "leader_since",
    replicas: "replicas",
});

/// A server that follows the one that leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerInfo {
    /// The server's name.
    pub name: String,
    /// Whether it has everything.
    pub current: bool,
    /// Whether the leader takes it for gone.
    pub offline: bool,
    /// When it was last heard of, ago.
    pub active: Duration,
    /// How many operations it is behind.
    pub lag: u64,
}

json_object!(PeerInfo {
    name: "name",
    current: "current",
    offline: "offline",
    active: "active",
    lag: "lag",
});
