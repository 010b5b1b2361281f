//! How a consumer is.

use std::time::Duration;

use super::Config;
use crate::Timestamp;
use crate::jetstream::ClusterInfo;
use crate::json::json_object;

/// What the server says about a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The name of the stream that it reads.
    pub stream_name: String,
    /// Its name; a random one of the server's if it was made without.
    pub name: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How it is to be, with what the server chose where nothing was said.
    pub config: Config,
    /// The last message that it delivered.
    pub delivered: SequenceInfo,
    /// The last message up to which all are acknowledged.
    pub ack_floor: SequenceInfo,
    /// How many messages were delivered and not acknowledged.
    pub num_ack_pending: u64,
    /// How many of these were delivered more than once.
    pub num_redelivered: u64,
    /// How many pull requests wait.
    pub num_waiting: u64,
    /// How many messages of the stream it has yet to deliver for the first time.
    pub num_pending: u64,
    /// The servers that have it, if its server tells.
    pub cluster: Option<ClusterInfo>,
    /// Whether somebody subscribes to the subject of a push consumer.
    pub push_bound: bool,
    /// Whether it delivers nothing until [`Config::pause_until`].
    pub paused: bool,
    /// For how long it will be paused.
    pub pause_remaining: Duration,
    /// Whom its priority groups serve; empty without groups (ADR-42).
    pub priority_groups: Vec<PriorityGroupState>,
    /// When the server wrote this.
    pub timestamp: Option<Timestamp>,
}

json_object!(Info {
    stream_name: "stream_name",
    name: "name",
    created: "created",
    config: "config",
    delivered: "delivered",
    ack_floor: "ack_floor",
    num_ack_pending: "num_ack_pending",
    num_redelivered: "num_redelivered",
    num_waiting: "num_waiting",
    num_pending: "num_pending",
    cluster: "cluster",
    push_bound: "push_bound",
    paused: "paused",
    pause_remaining: "pause_remaining",
    priority_groups: "priority_groups",
    timestamp: "ts",
} required = ["stream_name", "name"]);

/// A place in a consumer and in its stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequenceInfo {
    /// Counts what the consumer delivered.
    pub consumer_sequence: u64,
    /// The sequence of that message in the stream.
    pub stream_sequence: u64,
    /// When there was the last delivery, or the last acknowledgement; `None`: never.
    pub last_active: Option<Timestamp>,
}

json_object!(SequenceInfo {
    consumer_sequence: "consumer_seq",
    stream_sequence: "stream_seq",
    last_active: "last_active",
});

/// Whom a priority group serves (ADR-42).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriorityGroupState {
    /// The name of the group: one of [`Config::priority_groups`].
    pub group: String,
    /// The id of the client that is pinned.
    pub pinned_client_id: Option<String>,
    /// Since when.
    pub pinned_since: Option<Timestamp>,
}

json_object!(PriorityGroupState {
    group: "group",
    pinned_client_id: "pinned_client_id",
    pinned_since: "pinned_ts",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_server() {
        let json = r#"{"type":"io.nats.jetstream.api.v1.consumer_info_response","stream_name":"orders","name":"c",
            "created":"2026-11-21T09:55:04.14160837Z","config":{"durable_name":"c","name":"c","deliver_policy":"all",
            "ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":512,
            "max_ack_pending":1000,"num_replicas":0,"metadata":{"_nats.level":"0"}},
            "delivered":{"consumer_seq":2,"stream_seq":3,"last_active":"2026-11-21T09:55:05Z"},
            "ack_floor":{"consumer_seq":0,"stream_seq":0},"num_ack_pending":2,"num_redelivered":0,"num_waiting":0,
            "num_pending":7,"ts":"2026-11-21T09:55:06Z"}"#;
        let info: Info = crate::json::read(json.as_bytes()).expect("an answer");
        assert_eq!(
            (&*info.name, info.num_pending, info.num_ack_pending),
            ("c", 7, 2)
        );
        assert_eq!(info.delivered.stream_sequence, 3);
        assert_eq!(info.config.ack_wait, Duration::from_secs(30));
        assert_eq!(info.config.metadata.get("_nats.level"), Some("0"));
        assert_eq!(info.ack_floor, SequenceInfo::default());
    }
}
