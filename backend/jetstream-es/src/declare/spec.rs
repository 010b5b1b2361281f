//! What a stream or a bucket should be.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Config, DiscardPolicy, Republish as ServerRepublish, RetentionPolicy, Source,
};

/// What the server says for "no limit".
const UNLIMITED: i64 = -1;

/// A stream as it should be: everything that decides what is kept, for how long, where, and what becomes of more than
/// there is room for. What is not said here (compression, limits of consumers, metadata) is left as it is on the server.
///
/// Start from [`events`](StreamSpec::events) or [`work`](StreamSpec::work), and say what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub description: &'static str,
    /// The filters of the subjects it captures. Empty for a stream that only has `sources`.
    pub subjects: Vec<String>,
    /// The streams whose messages it copies. The server does so, whoever else is up or down.
    pub sources: Vec<SourceSpec>,
    /// Where its messages are kept.
    pub storage: Storage,
    /// On how many servers, 1 to 5. Fewer than there are is refused, because less would survive.
    pub replicas: usize,
    /// On which servers; `None` wherever the cluster likes.
    pub placement: Option<Placement>,
    /// What removes a message: only the limits below, or also that it has been read.
    pub retention: Retention,
    /// What happens when a limit of size is reached: the oldest messages go, or new ones are refused.
    pub discard: Discard,
    /// For how long a message is kept; `None` for ever.
    pub max_age: Option<Duration>,
    /// How many bytes are kept; `None` for as many as there are.
    pub max_bytes: Option<u64>,
    /// How many messages are kept; `None` for as many as there are.
    pub max_messages: Option<u64>,
    /// How many messages of a subject are kept, the newest ones; `None` for all.
    pub max_messages_per_subject: Option<u64>,
    /// How many bytes a message may have, headers included; `None` for as many as the server takes.
    pub max_message_size: Option<u32>,
    /// For how long a `Nats-Msg-Id` is remembered.
    pub deduplication: Duration,
    /// Whether messages can be read from any replica, many at a time (ADR-31). A [`Repository`](crate::Repository) needs it.
    pub allow_direct: bool,
    /// Whether several messages can be stored all or none (ADR-50). A command that leads to several events needs it.
    pub allow_atomic: bool,
    /// Whether a message can say for how long it is kept (`Nats-TTL`, ADR-43). Cannot be taken back.
    pub allow_ttl: bool,
    /// Whether a message can say when it is due (`Nats-Schedule`, ADR-51). Cannot be taken back, and is not for events: what
    /// is due purges itself, so the server combines it neither with `deny_purge` nor with [`Discard::New`].
    pub allow_schedules: bool,
    /// Whether single messages can not be deleted by anybody. Cannot be taken back.
    pub deny_delete: bool,
    /// Whether many messages can not be deleted by anybody. Cannot be taken back.
    pub deny_purge: bool,
}

pub use async_nats::jetstream::stream::{
    DiscardPolicy as Discard, Placement, RetentionPolicy as Retention, StorageType as Storage,
};

/// A stream whose messages another one copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSpec {
    /// The stream, of the same account.
    pub stream: String,
    /// The filter of the subjects that are copied; `None` for all.
    pub filter: Option<String>,
}

impl SourceSpec {
    /// All messages of a stream.
    pub fn all(stream: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            filter: None,
        }
    }
}

impl StreamSpec {
    /// A stream of events: kept for ever, on disk, never deleted. When it has a limit that is reached, new events are
    /// refused; no old one goes.
    pub fn events(
        name: &'static str,
        subjects: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name,
            description: "",
            subjects: subjects.into_iter().map(Into::into).collect(),
            sources: Vec::new(),
            storage: Storage::File,
            replicas: 1,
            placement: None,
            retention: Retention::Limits,
            discard: Discard::New,
            max_age: None,
            max_bytes: None,
            max_messages: None,
            max_messages_per_subject: None,
            max_message_size: None,
            deduplication: Duration::from_secs(120),
            allow_direct: true,
            allow_atomic: true,
            allow_ttl: false,
            allow_schedules: false,
            deny_delete: true,
            deny_purge: true,
        }
    }

    /// A stream of what is to be done, such as commands: kept on disk for `max_age`, and an operator may remove what should
    /// never have been sent.
    pub fn work(
        name: &'static str,
        subjects: impl IntoIterator<Item = impl Into<String>>,
        max_age: Duration,
    ) -> Self {
        Self {
            max_age: Some(max_age),
            allow_atomic: false,
            deny_delete: false,
            deny_purge: false,
            ..Self::events(name, subjects)
        }
    }

    /// The server's configuration with what this declaration says of it.
    pub(super) fn over(&self, there: Config) -> Config {
        Config {
            name: self.name.to_owned(),
            description: describe(self.description),
            subjects: self.subjects.clone(),
            sources: self.sources(there.sources),
            retention: self.retention,
            discard: self.discard,
            storage: self.storage,
            num_replicas: self.replicas,
            placement: self.placement.clone(),
            max_age: self.max_age.unwrap_or_default(),
            max_bytes: limit(self.max_bytes),
            max_messages: limit(self.max_messages),
            max_messages_per_subject: limit(self.max_messages_per_subject),
            max_message_size: self
                .max_message_size
                .map_or(-1, |size| i32::try_from(size).unwrap_or(i32::MAX)),
            duplicate_window: self.deduplication,
            allow_direct: self.allow_direct,
            allow_atomic_publish: self.allow_atomic,
            allow_message_ttl: self.allow_ttl,
            allow_message_schedules: self.allow_schedules,
            // The server takes the purge of what is due for granted and clears the denial without a word, which would look
            // like a difference for ever.
            deny_purge: self.deny_purge && !self.allow_schedules,
            deny_delete: self.deny_delete,
            ..there
        }
    }

    /// The sources, with what the server knows of those that are there already, such as where a copy began.
    fn sources(&self, there: Option<Vec<Source>>) -> Option<Vec<Source>> {
        if self.sources.is_empty() {
            return None;
        }
        let there = there.unwrap_or_default();
        let sources = self.sources.iter().map(|spec| {
            let same = |source: &&Source| {
                source.name == spec.stream && source.filter_subject == spec.filter
            };
            there.iter().find(same).cloned().unwrap_or_else(|| Source {
                name: spec.stream.clone(),
                filter_subject: spec.filter.clone(),
                ..Source::default()
            })
        });
        Some(sources.collect())
    }
}

/// A key-value bucket as it should be (ADR-8), so that any NATS client can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name, without the `KV_` of its stream.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub description: &'static str,
    /// How many values of a key are kept, 1 to 64.
    pub history: u8,
    /// For how long a value is kept; `None` for ever.
    pub max_age: Option<Duration>,
    /// How many bytes all values may have; more is refused. `None` for no limit.
    pub max_bytes: Option<u64>,
    /// Where its values are kept.
    pub storage: Storage,
    /// On how many servers, 1 to 5.
    pub replicas: usize,
    /// On which servers; `None` wherever the cluster likes.
    pub placement: Option<Placement>,
    /// Whether a value can say for how long it is kept (`Nats-TTL`, ADR-43). Cannot be taken back.
    pub allow_ttl: bool,
    /// Whether a value can be deleted so that not even a marker is left of it, and its bytes are overwritten. Cannot be taken
    /// away from a bucket that has it, nor given to one that has it not.
    pub allow_delete: bool,
    /// Where each write is published to once it is stored.
    pub republish: Option<Republish>,
}

/// What is published again, and as what: `from` is a filter of subjects, `to` says the same wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Republish {
    /// Such as `$KV.rooms.>`.
    pub from: String,
    /// Such as `live.rooms.>`.
    pub to: String,
}

impl BucketSpec {
    /// A bucket that keeps one value of each key, for ever, on disk.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            description: "",
            history: 1,
            max_age: None,
            max_bytes: None,
            storage: Storage::File,
            replicas: 1,
            placement: None,
            allow_ttl: false,
            allow_delete: false,
            republish: None,
        }
    }

    pub(super) fn over(&self, there: Config) -> Config {
        Config {
            name: stream_of_bucket(self.name),
            description: describe(self.description),
            subjects: vec![format!("$KV.{}.>", self.name)],
            retention: RetentionPolicy::Limits,
            max_messages_per_subject: i64::from(self.history),
            max_bytes: limit(self.max_bytes),
            max_messages: UNLIMITED,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: !self.allow_delete,
            deny_purge: false,
            allow_direct: true,
            // A rebuild writes many values with one commit.
            allow_atomic_publish: true,
            allow_message_ttl: self.allow_ttl,
            storage: self.storage,
            num_replicas: self.replicas,
            placement: self.placement.clone(),
            max_age: self.max_age.unwrap_or_default(),
            republish: self.republish.as_ref().map(|republish| ServerRepublish {
                source: republish.from.clone(),
                destination: republish.to.clone(),
                headers_only: false,
            }),
            ..there
        }
    }
}

/// The server makes no difference between an empty description and none.
fn describe(description: &str) -> Option<String> {
    (!description.is_empty()).then(|| description.to_owned())
}

fn limit(limit: Option<u64>) -> i64 {
    limit.map_or(UNLIMITED, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The stream underneath a bucket.
pub fn stream_of_bucket(bucket: &str) -> String {
    format!("KV_{bucket}")
}
