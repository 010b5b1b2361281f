//! How a consumer is to be.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::jetstream::Metadata;
use crate::jetstream::json::{is_default, list, moment, nanos, nanos_list};

/// The configuration of a consumer, as nats-server 2.15 knows it. What is left at its default is for the server to
/// choose.
///
/// ```
/// use nats_wsclient::jetstream::consumer::{AckPolicy, Config};
/// let config = Config {
///     durable_name: Some("billing".to_owned()),
///     filter_subjects: vec!["orders.paid.>".to_owned()],
///     ack_policy: AckPolicy::Explicit,
///     ..Config::default()
/// };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Its name, also if it is not durable.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// Its name, if it is to stay without anybody who uses it.
    #[serde(skip_serializing_if = "is_default")]
    pub durable_name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub description: Option<String>,
    /// Where in the stream it starts.
    pub deliver_policy: DeliverPolicy,
    /// The sequence that [`DeliverPolicy::ByStartSequence`] starts at.
    #[serde(rename = "opt_start_seq", skip_serializing_if = "is_default")]
    pub start_sequence: Option<u64>,
    /// The moment that [`DeliverPolicy::ByStartTime`] starts at.
    #[serde(
        rename = "opt_start_time",
        skip_serializing_if = "is_default",
        deserialize_with = "moment"
    )]
    pub start_time: Option<Timestamp>,
    pub ack_policy: AckPolicy,
    /// After how long without an acknowledgement a message is delivered again.
    #[serde(with = "nanos", skip_serializing_if = "is_default")]
    pub ack_wait: Duration,
    /// How often a message is delivered at most; 0 and -1: for ever.
    #[serde(skip_serializing_if = "is_default")]
    pub max_deliver: i64,
    /// In place of `ack_wait`: the first after the first delivery, and so on; the last one repeats.
    #[serde(with = "nanos_list", skip_serializing_if = "is_default")]
    pub backoff: Vec<Duration>,
    /// The subject whose messages it delivers; `None`: all. Not together with `filter_subjects`.
    #[serde(skip_serializing_if = "is_default")]
    pub filter_subject: Option<String>,
    /// The subjects whose messages it delivers; none: all. They may not overlap.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "list")]
    pub filter_subjects: Vec<String>,
    pub replay_policy: ReplayPolicy,
    /// In bits a second, of a push consumer; 0: as fast as possible.
    #[serde(rename = "rate_limit_bps", skip_serializing_if = "is_default")]
    pub rate_limit: u64,
    /// For how many of its acknowledgements an advisory is sent, such as `30%`.
    #[serde(rename = "sample_freq", skip_serializing_if = "is_default")]
    pub sample_frequency: Option<String>,
    /// How many pull requests may wait.
    #[serde(skip_serializing_if = "is_default")]
    pub max_waiting: i64,
    /// How many messages may wait for their acknowledgement; -1: any number.
    #[serde(skip_serializing_if = "is_default")]
    pub max_ack_pending: i64,
    /// Deliver no payloads; the header `Nats-Msg-Size` tells how large they are.
    #[serde(skip_serializing_if = "is_default")]
    pub headers_only: bool,
    /// How many messages a pull request may ask for.
    #[serde(skip_serializing_if = "is_default")]
    pub max_batch: i64,
    /// How long a pull request may wait.
    #[serde(with = "nanos", skip_serializing_if = "is_default")]
    pub max_expires: Duration,
    /// How many bytes a pull request may ask for.
    #[serde(skip_serializing_if = "is_default")]
    pub max_bytes: i64,
    /// Where a push consumer sends to; `None`: it is a pull consumer.
    #[serde(skip_serializing_if = "is_default")]
    pub deliver_subject: Option<String>,
    /// The queue group of those who subscribe to the `deliver_subject`.
    #[serde(skip_serializing_if = "is_default")]
    pub deliver_group: Option<String>,
    /// A push consumer asks now and then whether its messages arrive.
    #[serde(skip_serializing_if = "is_default")]
    pub flow_control: bool,
    /// How long a push consumer is silent at most.
    #[serde(with = "nanos", skip_serializing_if = "is_default")]
    pub idle_heartbeat: Duration,
    /// After how long without anybody who uses it the consumer is deleted.
    #[serde(with = "nanos", skip_serializing_if = "is_default")]
    pub inactive_threshold: Duration,
    /// On how many servers it is; 0: as its stream.
    #[serde(skip_serializing_if = "is_default")]
    pub num_replicas: u32,
    /// Keep its state in memory.
    #[serde(rename = "mem_storage", skip_serializing_if = "is_default")]
    pub memory_storage: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: Metadata,
    /// Deliver nothing until then.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "moment")]
    pub pause_until: Option<Timestamp>,
    /// Pull requests name one of these groups (ADR-42).
    #[serde(skip_serializing_if = "is_default", deserialize_with = "list")]
    pub priority_groups: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub priority_policy: PriorityPolicy,
    /// How long a pinned client may be silent.
    #[serde(with = "nanos", skip_serializing_if = "is_default")]
    pub priority_timeout: Duration,
}

impl Config {
    /// What it is called: by its name or its durable name.
    pub fn consumer_name(&self) -> Option<&str> {
        self.name.as_deref().or(self.durable_name.as_deref())
    }
}

/// Where in the stream a consumer starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliverPolicy {
    /// At the first message.
    #[default]
    All,
    /// At the last message.
    Last,
    /// At the next message.
    New,
    /// At [`Config::start_sequence`].
    ByStartSequence,
    /// At [`Config::start_time`].
    ByStartTime,
    /// With the last message of each subject.
    LastPerSubject,
}

/// Which messages are to be acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckPolicy {
    /// Each.
    #[default]
    Explicit,
    /// None: they are taken for acknowledged once they are sent.
    None,
    /// One acknowledgement is for all before it, too.
    All,
    /// By the answers to flow control, as streams do that source another one (ADR-58).
    FlowControl,
}

/// How fast old messages are delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPolicy {
    /// As fast as possible.
    #[default]
    Instant,
    /// As fast as they came.
    Original,
}

/// Which of the clients of a priority group is served (ADR-42).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityPolicy {
    /// There are no groups.
    #[default]
    None,
    /// One that asks for overflow is served when much is pending.
    Overflow,
    /// One alone, as long as it goes on asking.
    PinnedClient,
    /// The one with the highest priority that asks.
    Prioritized,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_written() {
        let json = serde_json::to_string(&Config::default()).expect("JSON");
        assert_eq!(
            json,
            r#"{"deliver_policy":"all","ack_policy":"explicit","replay_policy":"instant"}"#
        );
    }

    #[test]
    fn written_and_read_again() {
        let config = Config {
            name: Some("n".to_owned()),
            deliver_policy: DeliverPolicy::ByStartTime,
            start_time: Some(Timestamp::from_unix_millis(1_500)),
            ack_policy: AckPolicy::None,
            ack_wait: Duration::from_secs(2),
            backoff: vec![Duration::from_millis(1), Duration::from_secs(1)],
            filter_subjects: vec!["a.>".to_owned()],
            max_deliver: -1,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: Duration::MAX,
            metadata: Metadata::from([("a", "b")]),
            priority_groups: vec!["g".to_owned()],
            priority_policy: PriorityPolicy::PinnedClient,
            ..Config::default()
        };
        let json = serde_json::to_string(&config).expect("JSON");
        let expected = concat!(
            r#"{"name":"n","deliver_policy":"by_start_time","opt_start_time":"1970-01-01T00:00:01.500000000Z","#,
            r#""ack_policy":"none","ack_wait":2000000000,"max_deliver":-1,"backoff":[1000000,1000000000],"#,
            r#""filter_subjects":["a.>"],"replay_policy":"instant","inactive_threshold":9223372036854775807,"#,
            r#""num_replicas":1,"mem_storage":true,"metadata":{"a":"b"},"priority_groups":["g"],"#,
            r#""priority_policy":"pinned_client"}"#
        );
        assert_eq!(json, expected);
        let read: Config = serde_json::from_str(&json).expect("a configuration");
        let expected = Config {
            inactive_threshold: Duration::from_nanos(i64::MAX.unsigned_abs()),
            ..config
        };
        assert_eq!(read, expected);
    }
}
