//! How a stream is to be.

use std::time::Duration;

use crate::Timestamp;
use crate::jetstream::{Metadata, Placement, UnknownFields};
use crate::json::{json_names, json_object};

/// The configuration of a stream, as nats-server 2.15 knows it. What is left at its default is for the server to choose;
/// where a number is a limit, 0 and -1 mean none.
///
/// ```
/// use nats_wsclient::jetstream::stream::{Config, DiscardPolicy};
/// let config = Config {
///     name: "orders".to_owned(),
///     subjects: vec!["orders.>".to_owned()],
///     max_messages: 1_000_000,
///     discard: DiscardPolicy::New,
///     allow_direct: true,
///     ..Config::default()
/// };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Its name, without blanks, dots, slashes, `*` and `>`. It cannot be changed.
    pub name: String,
    /// What it is for, in words for people.
    pub description: Option<String>,
    /// What it stores; not of a mirror. Without any it stores `<name>`.
    pub subjects: Vec<String>,
    /// Until when messages are kept.
    pub retention: RetentionPolicy,
    /// How many consumers it may have.
    pub max_consumers: i64,
    /// How many messages it stores.
    pub max_messages: i64,
    /// How many messages it stores of each subject.
    pub max_messages_per_subject: i64,
    /// How many bytes it stores, with subjects, headers and what the store adds to each message.
    pub max_bytes: i64,
    /// How old a message gets; 0: as old as it likes.
    pub max_age: Duration,
    /// In bytes, headers included.
    pub max_message_size: i64,
    /// What goes when a limit is reached.
    pub discard: DiscardPolicy,
    /// With [`DiscardPolicy::New`]: also for `max_messages_per_subject`.
    pub discard_new_per_subject: bool,
    /// Where messages are. It cannot be changed.
    pub storage: Storage,
    /// On how many servers it is; 0 is one.
    pub num_replicas: u32,
    /// Do not acknowledge what is published.
    pub no_ack: bool,
    /// For how long the ids of messages are remembered, so that one that is sent twice is stored once; 0: two minutes.
    pub duplicate_window: Duration,
    /// Which servers may have it; `None`: the server chooses.
    pub placement: Option<Placement>,
    /// Be a copy of that stream.
    pub mirror: Option<Source>,
    /// Store what these streams store, too.
    pub sources: Vec<Source>,
    /// How its files are compressed.
    pub compression: Compression,
    /// The sequence of the first message; 0 is 1.
    pub first_sequence: u64,
    /// How subjects are changed before they are stored.
    pub subject_transform: Option<SubjectTransform>,
    /// What is published again once it is stored.
    pub republish: Option<Republish>,
    /// No message can be changed, added or deleted any more. Only an update sets this, and none clears it.
    pub sealed: bool,
    /// No message can be deleted by the API.
    pub deny_delete: bool,
    /// The stream cannot be purged by the API.
    pub deny_purge: bool,
    /// A message may say that it stands for all before it, with the header `Nats-Rollup`.
    pub allow_rollup: bool,
    /// Each server that has the stream answers direct gets.
    pub allow_direct: bool,
    /// A mirror answers the direct gets of its origin.
    pub mirror_direct: bool,
    /// A message may say how long it lives (ADR-43).
    pub allow_message_ttl: bool,
    /// When the last message of a subject goes by its age, leave a marker for so long (ADR-43); 0: leave none.
    pub subject_delete_marker_ttl: Duration,
    /// Messages may be stored together or not at all (ADR-50).
    pub allow_atomic_publish: bool,
    /// Messages may be published in fast batches.
    pub allow_batch_publish: bool,
    /// A message may be a counter (ADR-49).
    pub allow_message_counter: bool,
    /// A message may be published later, or again and again (ADR-51).
    pub allow_message_schedules: bool,
    /// What is acknowledged: what is stored, or what will be.
    pub persist_mode: PersistMode,
    /// The limits of its consumers that have none of their own.
    pub consumer_limits: ConsumerLimits,
    /// What its owner notes about it. The server adds keys that begin with `_nats.`.
    pub metadata: Metadata,
    /// What a newer server has beside that. It is kept, so that an update with what was read loses nothing.
    pub unknown: UnknownFields,
}

json_object!(Config {
    name: "name",
    description: "description",
    subjects: "subjects",
    retention: "retention",
    max_consumers: "max_consumers",
    max_messages: "max_msgs",
    max_messages_per_subject: "max_msgs_per_subject",
    max_bytes: "max_bytes",
    max_age: "max_age",
    max_message_size: "max_msg_size",
    discard: "discard",
    discard_new_per_subject: "discard_new_per_subject",
    storage: "storage",
    num_replicas: "num_replicas",
    no_ack: "no_ack",
    duplicate_window: "duplicate_window",
    placement: "placement",
    mirror: "mirror",
    sources: "sources",
    compression: "compression",
    first_sequence: "first_seq",
    subject_transform: "subject_transform",
    republish: "republish",
    sealed: "sealed",
    deny_delete: "deny_delete",
    deny_purge: "deny_purge",
    allow_rollup: "allow_rollup_hdrs",
    allow_direct: "allow_direct",
    mirror_direct: "mirror_direct",
    allow_message_ttl: "allow_msg_ttl",
    subject_delete_marker_ttl: "subject_delete_marker_ttl",
    allow_atomic_publish: "allow_atomic",
    allow_batch_publish: "allow_batched",
    allow_message_counter: "allow_msg_counter",
    allow_message_schedules: "allow_msg_schedules",
    persist_mode: "persist_mode",
    consumer_limits: "consumer_limits",
    metadata: "metadata",
} unknown = unknown);

/// Until when messages are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum RetentionPolicy {
    /// Until a limit is reached.
    #[default]
    Limits,
    /// Until all consumers have acknowledged them.
    Interest,
    /// Until one consumer has acknowledged them.
    WorkQueue,
}

json_names!(RetentionPolicy {
    Limits: "limits",
    Interest: "interest",
    WorkQueue: "workqueue",
} zero = "limits");

/// What goes when a limit is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DiscardPolicy {
    /// The oldest message.
    #[default]
    Old,
    /// The new message: it is refused.
    New,
}

json_names!(DiscardPolicy {
    Old: "old",
    New: "new",
} zero = "old");

/// Where messages are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Storage {
    /// On disk.
    #[default]
    File,
    /// In memory: they are lost once no server runs that has them.
    Memory,
}

json_names!(Storage {
    File: "file",
    Memory: "memory",
} zero = "file");

/// How files are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// By S2, a faster kind of Snappy.
    S2,
}

json_names!(Compression {
    None: "none",
    S2: "s2",
} zero = "none");

/// What is acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PersistMode {
    /// What is stored.
    #[default]
    Default,
    /// What will be stored: faster, and a crash may lose it.
    Async,
}

json_names!(PersistMode {
    Default: "default",
    Async: "async",
} zero = "default");

/// A stream whose messages another one stores, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The name of the stream that is read.
    pub name: String,
    /// Where in that stream it starts.
    pub start_sequence: u64,
    /// When in that stream it starts.
    pub start_time: Option<Timestamp>,
    /// The subject whose messages it stores; `None`: all.
    pub filter_subject: Option<String>,
    /// How subjects are changed on the way. Not together with `filter_subject`.
    pub subject_transforms: Vec<SubjectTransform>,
    /// How to reach that stream in another account or domain.
    pub external: Option<External>,
    /// The durable consumer to use, in place of one of the server's own (ADR-58).
    pub consumer: Option<ConsumerSource>,
}

json_object!(Source {
    name: "name",
    start_sequence: "opt_start_seq",
    start_time: "opt_start_time",
    filter_subject: "filter_subject",
    subject_transforms: "subject_transforms",
    external: "external",
    consumer: "consumer",
});

/// How to reach a stream in another account or domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External {
    /// The prefix of JetStream's API there.
    pub api_prefix: String,
    /// The prefix that messages are delivered under.
    pub deliver_prefix: Option<String>,
}

json_object!(External {
    api_prefix: "api",
    deliver_prefix: "deliver",
});

/// A durable consumer that a stream reads another one by (ADR-58).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerSource {
    /// The name of the consumer, which belongs to the stream that is read.
    pub name: String,
    /// What it delivers to: its [`deliver_subject`](crate::jetstream::consumer::Config::deliver_subject).
    pub deliver_subject: String,
}

json_object!(ConsumerSource {
    name: "name",
    deliver_subject: "deliver_subject",
});

/// How subjects are changed (ADR-36).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectTransform {
    /// Which subjects.
    pub source: String,
    /// What they become, such as `b.{{wildcard(1)}}`.
    pub destination: String,
}

json_object!(SubjectTransform {
    source: "src",
    destination: "dest",
});

/// What is published again once it is stored (ADR-28).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Republish {
    /// Which subjects.
    pub source: String,
    /// What they become.
    pub destination: String,
    /// Without the payloads; the header `Nats-Msg-Size` tells how large they are.
    pub headers_only: bool,
}

json_object!(Republish {
    source: "src",
    destination: "dest",
    headers_only: "headers_only",
});

/// The limits of consumers that have none of their own; 0: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerLimits {
    /// After how long without anybody who uses it a consumer is deleted. A consumer may set less, and not more.
    pub inactive_threshold: Duration,
    /// How many messages of a consumer may wait for their acknowledgement. A consumer may set less, and not more.
    pub max_ack_pending: i64,
}

json_object!(ConsumerLimits {
    inactive_threshold: "inactive_threshold",
    max_ack_pending: "max_ack_pending",
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn what_is_not_set_is_not_written() {
        let config = Config {
            name: "s".to_owned(),
            ..Config::default()
        };
        let json = json::write(&config);
        assert_eq!(json, r#"{"name":"s","consumer_limits":{}}"#);
    }

    #[test]
    fn written_and_read_again() {
        let config = Config {
            name: "s".to_owned(),
            subjects: vec!["s.>".to_owned()],
            retention: RetentionPolicy::WorkQueue,
            max_messages_per_subject: 1,
            max_age: Duration::from_secs(60),
            discard: DiscardPolicy::New,
            storage: Storage::Memory,
            placement: Some(Placement {
                tags: vec!["ssd".to_owned()],
                ..Placement::default()
            }),
            sources: vec![Source {
                name: "t".to_owned(),
                start_sequence: 7,
                external: Some(External {
                    api_prefix: "$JS.hub.API".to_owned(),
                    deliver_prefix: None,
                }),
                ..Source::default()
            }],
            compression: Compression::S2,
            republish: Some(Republish {
                source: ">".to_owned(),
                destination: "live.>".to_owned(),
                headers_only: true,
            }),
            allow_direct: true,
            subject_delete_marker_ttl: Duration::from_millis(1_500),
            consumer_limits: ConsumerLimits {
                max_ack_pending: 10,
                ..ConsumerLimits::default()
            },
            ..Config::default()
        };
        let json = json::write(&config);
        let expected = concat!(
            r#"{"name":"s","subjects":["s.>"],"retention":"workqueue","max_msgs_per_subject":1,"max_age":60000000000,"#,
            r#""discard":"new","storage":"memory","placement":{"tags":["ssd"]},"#,
            r#""sources":[{"name":"t","opt_start_seq":7,"external":{"api":"$JS.hub.API"}}],"compression":"s2","#,
            r#""republish":{"src":">","dest":"live.>","headers_only":true},"allow_direct":true,"#,
            r#""subject_delete_marker_ttl":1500000000,"consumer_limits":{"max_ack_pending":10}}"#
        );
        assert_eq!(json, expected);
        assert_eq!(json::read(json.as_bytes()), Ok(config));
    }
}
