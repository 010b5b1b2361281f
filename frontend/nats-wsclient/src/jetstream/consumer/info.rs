//! How a consumer is.

use std::time::Duration;

use serde::Deserialize;

use super::Config;
use crate::Timestamp;
use crate::jetstream::ClusterInfo;
use crate::jetstream::json::{list, moment, nanos};

/// What the server says about a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Info {
    pub stream_name: String,
    pub name: String,
    #[serde(deserialize_with = "moment")]
    pub created: Option<Timestamp>,
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
    pub cluster: Option<ClusterInfo>,
    /// Whether somebody subscribes to the subject of a push consumer.
    pub push_bound: bool,
    pub paused: bool,
    /// For how long it will be paused.
    #[serde(with = "nanos")]
    pub pause_remaining: Duration,
    #[serde(deserialize_with = "list")]
    pub priority_groups: Vec<PriorityGroupState>,
    /// When the server wrote this.
    #[serde(rename = "ts", deserialize_with = "moment")]
    pub timestamp: Option<Timestamp>,
}

/// A place in a consumer and in its stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SequenceInfo {
    /// Counts what the consumer delivered.
    #[serde(rename = "consumer_seq")]
    pub consumer_sequence: u64,
    #[serde(rename = "stream_seq")]
    pub stream_sequence: u64,
    #[serde(deserialize_with = "moment")]
    pub last_active: Option<Timestamp>,
}

/// Whom a priority group serves (ADR-42).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PriorityGroupState {
    pub group: String,
    /// The id of the client that is pinned.
    pub pinned_client_id: Option<String>,
    /// Since when.
    #[serde(rename = "pinned_ts", deserialize_with = "moment")]
    pub pinned_since: Option<Timestamp>,
}

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
        let info: Info = serde_json::from_str(json).expect("an answer");
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
