//! How a stream is.

use std::time::Duration;

use super::{Config, External, SubjectTransform};
use crate::Timestamp;
use crate::jetstream::{ApiError, ClusterInfo};
use crate::json::json_object;

/// What the server says about a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// How it is to be, with what the server chose where nothing was said.
    pub config: Config,
    /// When it was made. One that was deleted and made again has another time.
    pub created: Option<Timestamp>,
    /// What is in it.
    pub state: State,
    /// The servers that have it, if its server tells.
    pub cluster: Option<ClusterInfo>,
    /// How far it is, if it is a mirror.
    pub mirror: Option<SourceInfo>,
    /// How far it is with its sources.
    pub sources: Vec<SourceInfo>,
    /// When the server wrote this.
    pub timestamp: Option<Timestamp>,
}

json_object!(Info {
    config: "config",
    created: "created",
    state: "state",
    cluster: "cluster",
    mirror: "mirror",
    sources: "sources",
    timestamp: "ts",
} required = ["config", "state"]);

/// What is in a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// How many messages it has.
    pub messages: u64,
    /// How many bytes they take in the store.
    pub bytes: u64,
    /// That of the oldest message.
    pub first_sequence: u64,
    /// When the first message was stored.
    pub first_time: Option<Timestamp>,
    /// That of the last message that was ever stored.
    pub last_sequence: u64,
    /// When the last message was stored.
    pub last_time: Option<Timestamp>,
    /// How many consumers read it.
    pub consumer_count: u64,
    /// How many subjects it has messages of.
    pub num_subjects: u64,
    /// How many messages between the first and the last were deleted.
    pub num_deleted: u64,
    /// What the server could not read from its disk.
    pub lost: Option<LostData>,
}

json_object!(State {
    messages: "messages",
    bytes: "bytes",
    first_sequence: "first_seq",
    first_time: "first_ts",
    last_sequence: "last_seq",
    last_time: "last_ts",
    consumer_count: "consumer_count",
    num_subjects: "num_subjects",
    num_deleted: "num_deleted",
    lost: "lost",
});

/// What the server could not read from its disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostData {
    /// The sequences of the messages.
    pub messages: Vec<u64>,
    /// How many bytes they had.
    pub bytes: u64,
}

json_object!(LostData {
    messages: "msgs",
    bytes: "bytes",
});

/// How far a stream is with one that it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceInfo {
    /// The name of the stream that is read.
    pub name: String,
    /// How many messages it is behind.
    pub lag: u64,
    /// When it last heard of it, ago; 0 if never.
    pub active: Duration,
    /// The subject whose messages it reads; `None`: all, or those of `subject_transforms`.
    pub filter_subject: Option<String>,
    /// How subjects are changed on the way.
    pub subject_transforms: Vec<SubjectTransform>,
    /// How it reaches that stream; `None`: it is in the same account and domain.
    pub external: Option<External>,
    /// Why it cannot read it.
    pub error: Option<ApiError>,
}

json_object!(SourceInfo {
    name: "name",
    lag: "lag",
    active: "active",
    filter_subject: "filter_subject",
    subject_transforms: "subject_transforms",
    external: "external",
    error: "error",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_server() {
        let json = r#"{"type":"io.nats.jetstream.api.v1.stream_create_response","total":0,"offset":0,"limit":0,
            "config":{"name":"s","subjects":["s"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,
            "max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,
            "duplicate_window":120000000000,"compression":"none","allow_direct":false,"consumer_limits":{},
            "metadata":{"_nats.ver":"2.15.1"},"something":["new",{"a":1}]},"created":"2026-11-21T09:55:04.14160837Z",
            "state":{"messages":0,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,
            "last_ts":"0001-01-01T00:00:00Z","consumer_count":0},"mirror":{"name":"t","lag":3,"active":-1},
            "ts":"2026-11-21T09:55:04.5Z","did_create":true}"#;
        let info: Info = crate::json::read(json.as_bytes()).expect("an answer");
        let rewritten = crate::json::write(&info.config);
        assert!(
            rewritten.ends_with(r#","something":["new",{"a":1}]}"#),
            "{rewritten}"
        );
        assert_eq!(info.config.max_messages, -1);
        assert_eq!(info.config.duplicate_window, Duration::from_secs(120));
        assert_eq!(info.state, State::default());
        let mirror = info.mirror.expect("a mirror");
        assert_eq!((mirror.lag, mirror.active), (3, Duration::ZERO));
        assert!(info.created < info.timestamp);
    }
}
