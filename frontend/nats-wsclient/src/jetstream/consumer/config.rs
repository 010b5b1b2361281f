//! How a consumer is to be.

use std::time::Duration;

use crate::Timestamp;
use crate::jetstream::{Metadata, UnknownFields};
use crate::json::{json_names, json_object};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Its name, also if it is not durable.
    pub name: Option<String>,
    /// Its name, if it is to stay without anybody who uses it.
    pub durable_name: Option<String>,
    /// What it is for, in words for people.
    pub description: Option<String>,
    /// Where in the stream it starts.
    pub deliver_policy: DeliverPolicy,
    /// The sequence that [`DeliverPolicy::ByStartSequence`] starts at.
    pub start_sequence: Option<u64>,
    /// The moment that [`DeliverPolicy::ByStartTime`] starts at.
    pub start_time: Option<Timestamp>,
    /// Which of its messages are to be acknowledged.
    pub ack_policy: AckPolicy,
    /// After how long without an acknowledgement a message is delivered again.
    pub ack_wait: Duration,
    /// How often a message is delivered at most; 0 and -1: for ever.
    pub max_deliver: i64,
    /// In place of `ack_wait`: the first after the first delivery, and so on; the last one repeats.
    pub backoff: Vec<Duration>,
    /// The subject whose messages it delivers; `None`: all. Not together with `filter_subjects`.
    pub filter_subject: Option<String>,
    /// The subjects whose messages it delivers; none: all. They may not overlap.
    pub filter_subjects: Vec<String>,
    /// How fast it delivers what the stream has already.
    pub replay_policy: ReplayPolicy,
    /// In bits a second, of a push consumer; 0: as fast as possible.
    pub rate_limit: u64,
    /// For how many of its acknowledgements an advisory is sent, such as `30%`.
    pub sample_frequency: Option<String>,
    /// How many pull requests may wait.
    pub max_waiting: i64,
    /// How many messages may wait for their acknowledgement; -1: any number.
    pub max_ack_pending: i64,
    /// Deliver no payloads; the header `Nats-Msg-Size` tells how large they are.
    pub headers_only: bool,
    /// How many messages a pull request may ask for.
    pub max_batch: i64,
    /// How long a pull request may wait.
    pub max_expires: Duration,
    /// How many bytes a pull request may ask for.
    pub max_bytes: i64,
    /// Where a push consumer sends to; `None`: it is a pull consumer.
    pub deliver_subject: Option<String>,
    /// The queue group of those who subscribe to the `deliver_subject`.
    pub deliver_group: Option<String>,
    /// A push consumer asks now and then whether its messages arrive.
    pub flow_control: bool,
    /// How long a push consumer is silent at most.
    pub idle_heartbeat: Duration,
    /// After how long without anybody who uses it the consumer is deleted.
    pub inactive_threshold: Duration,
    /// On how many servers it is; 0: as its stream.
    pub num_replicas: u32,
    /// Keep its state in memory.
    pub memory_storage: bool,
    /// What its owner notes about it. The server adds keys that begin with `_nats.`.
    pub metadata: Metadata,
    /// Deliver nothing until then.
    pub pause_until: Option<Timestamp>,
    /// Pull requests name one of these groups (ADR-42).
    pub priority_groups: Vec<String>,
    /// Whom a group serves of those who ask at the same time (ADR-42).
    pub priority_policy: PriorityPolicy,
    /// How long a pinned client may be silent.
    pub priority_timeout: Duration,
    /// What a newer server has beside that. It is kept, so that an update with what was read loses nothing.
    pub unknown: UnknownFields,
}

json_object!(Config {
    name: "name",
    durable_name: "durable_name",
    description: "description",
    deliver_policy: "deliver_policy",
    start_sequence: "opt_start_seq",
    start_time: "opt_start_time",
    ack_policy: "ack_policy",
    ack_wait: "ack_wait",
    max_deliver: "max_deliver",
    backoff: "backoff",
    filter_subject: "filter_subject",
    filter_subjects: "filter_subjects",
    replay_policy: "replay_policy",
    rate_limit: "rate_limit_bps",
    sample_frequency: "sample_freq",
    max_waiting: "max_waiting",
    max_ack_pending: "max_ack_pending",
    headers_only: "headers_only",
    max_batch: "max_batch",
    max_expires: "max_expires",
    max_bytes: "max_bytes",
    deliver_subject: "deliver_subject",
    deliver_group: "deliver_group",
    flow_control: "flow_control",
    idle_heartbeat: "idle_heartbeat",
    inactive_threshold: "inactive_threshold",
    num_replicas: "num_replicas",
    memory_storage: "mem_storage",
    metadata: "metadata",
    pause_until: "pause_until",
    priority_groups: "priority_groups",
    priority_policy: "priority_policy",
    priority_timeout: "priority_timeout",
} unknown = unknown);

impl Config {
    /// What it is called: by its name or its durable name.
    pub fn consumer_name(&self) -> Option<&str> {
        self.name.as_deref().or(self.durable_name.as_deref())
    }
}

/// Where in the stream a consumer starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
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

json_names!(DeliverPolicy {
    All: "all",
    Last: "last",
    New: "new",
    ByStartSequence: "by_start_sequence",
    ByStartTime: "by_start_time",
    LastPerSubject: "last_per_subject",
});

/// Which messages are to be acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
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

json_names!(AckPolicy {
    Explicit: "explicit",
    None: "none",
    All: "all",
    FlowControl: "flow_control",
});

/// How fast old messages are delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ReplayPolicy {
    /// As fast as possible.
    #[default]
    Instant,
    /// As fast as they came.
    Original,
}

json_names!(ReplayPolicy {
    Instant: "instant",
    Original: "original",
});

/// Which of the clients of a priority group is served (ADR-42).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
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

json_names!(PriorityPolicy {
    None: "none",
    Overflow: "overflow",
    PinnedClient: "pinned_client",
    Prioritized: "prioritized",
} zero = "none");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn what_is_not_set_is_not_written() {
        let json = json::write(&Config::default());
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
        let json = json::write(&config);
        let expected = concat!(
            r#"{"name":"n","deliver_policy":"by_start_time","opt_start_time":"1970-01-01T00:00:01.500000000Z","#,
            r#""ack_policy":"none","ack_wait":2000000000,"max_deliver":-1,"backoff":[1000000,1000000000],"#,
            r#""filter_subjects":["a.>"],"replay_policy":"instant","inactive_threshold":9223372036854775807,"#,
            r#""num_replicas":1,"mem_storage":true,"metadata":{"a":"b"},"priority_groups":["g"],"#,
            r#""priority_policy":"pinned_client"}"#
        );
        assert_eq!(json, expected);
        let read: Config = json::read(json.as_bytes()).expect("a configuration");
        let expected = Config {
            inactive_threshold: Duration::from_nanos(i64::MAX.unsigned_abs()),
            ..config
        };
        assert_eq!(read, expected);
    }
}
