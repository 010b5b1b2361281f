//! Streams and buckets as they should be. What is missing is created, what differs is updated, and an update that would
//! lose data is refused.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Config, DiscardPolicy, Republish as ServerRepublish, RetentionPolicy,
};
use async_nats::jetstream::{self, ErrorCode, context::GetStreamErrorKind};

pub use async_nats::jetstream::stream::StorageType as Storage;

/// A stream as it should be. What is not said here (such as limits of size, placement) is left as it is on the server,
/// where an operator may have had reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub description: &'static str,
    /// The filters of the subjects it captures.
    pub subjects: Vec<String>,
    /// Where its messages are kept.
    pub storage: Storage,
    /// On how many servers, 1 to 5.
    pub replicas: usize,
    /// For how long a message is kept; `None` for ever.
    pub max_age: Option<Duration>,
    /// For how long a `Nats-Msg-Id` is remembered.
    pub deduplication: Duration,
    /// Whether messages can be read from any replica, many at a time (ADR-31). A [`Repository`](crate::Repository) needs it.
    pub allow_direct: bool,
    /// Whether several messages can be stored all or none (ADR-50). A command that leads to several events needs it.
    pub allow_atomic: bool,
    /// Whether single messages can not be deleted by anybody. Cannot be taken back.
    pub deny_delete: bool,
    /// Whether many messages can not be deleted by anybody. Cannot be taken back.
    pub deny_purge: bool,
}

impl StreamSpec {
    /// A stream of events: kept for ever, on disk, never deleted.
    pub fn events(
        name: &'static str,
        subjects: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name,
            description: "",
            subjects: subjects.into_iter().map(Into::into).collect(),
            storage: Storage::File,
            replicas: 1,
            max_age: None,
            deduplication: Duration::from_secs(120),
            allow_direct: true,
            allow_atomic: true,
            deny_delete: true,
            deny_purge: true,
        }
    }

    /// The server's configuration with what this declaration says of it.
    fn over(&self, there: Config) -> Config {
        Config {
            name: self.name.to_owned(),
            description: describe(self.description),
            subjects: self.subjects.clone(),
            retention: RetentionPolicy::Limits,
            storage: self.storage,
            num_replicas: self.replicas,
            max_age: self.max_age.unwrap_or_default(),
            duplicate_window: self.deduplication,
            allow_direct: self.allow_direct,
            allow_atomic_publish: self.allow_atomic,
            deny_delete: self.deny_delete,
            deny_purge: self.deny_purge,
            ..there
        }
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
    /// Where its values are kept.
    pub storage: Storage,
    /// On how many servers, 1 to 5.
    pub replicas: usize,
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
            storage: Storage::File,
            replicas: 1,
            republish: None,
        }
    }

    fn over(&self, there: Config) -> Config {
        Config {
            name: stream_of_bucket(self.name),
            description: describe(self.description),
            subjects: vec![format!("$KV.{}.>", self.name)],
            max_messages_per_subject: i64::from(self.history),
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            deny_purge: false,
            allow_direct: true,
            storage: self.storage,
            num_replicas: self.replicas,
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

/// The stream underneath a bucket.
pub(crate) fn stream_of_bucket(bucket: &str) -> String {
    format!("KV_{bucket}")
}

/// What was done to make it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It was missing.
    Created,
    /// It was different.
    Updated,
    /// It was so already.
    Unchanged,
}

/// Why a stream is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// Messages that are kept now would be deleted.
    #[error(
        "the stream {stream} has {field} {there} and is declared with {declared}, which would delete messages: \
         make it so by hand if that is meant (`nats stream edit {stream}`), or change the declaration"
    )]
    WouldLose {
        /// The stream.
        stream: String,
        /// The property.
        field: &'static str,
        /// What the server has.
        there: String,
        /// What is declared.
        declared: String,
    },
    /// The server does not make this change, or not this stream.
    #[error("the server refuses the stream {stream} as it is declared: {reason}")]
    Refused {
        /// The stream.
        stream: String,
        /// What the server says.
        reason: String,
    },
    /// JetStream does not answer. Another try may be successful.
    #[error("JetStream does not answer about the stream {stream}: {reason}")]
    Unanswered {
        /// The stream.
        stream: String,
        /// What happened.
        reason: String,
    },
}

/// Makes a stream be as declared.
///
/// # Errors
/// When that would delete messages, when the server refuses, or when it does not answer.
pub async fn stream(
    jetstream: &jetstream::Context,
    spec: &StreamSpec,
) -> Result<Declared, DeclareError> {
    declare(jetstream, spec.name, |there| spec.over(there)).await
}

/// Makes a bucket be as declared.
///
/// # Errors
/// When that would delete values, when the server refuses, or when it does not answer.
pub async fn bucket(
    jetstream: &jetstream::Context,
    spec: &BucketSpec,
) -> Result<Declared, DeclareError> {
    let name = stream_of_bucket(spec.name);
    declare(jetstream, &name, |there| spec.over(there)).await
}

async fn declare(
    jetstream: &jetstream::Context,
    name: &str,
    over: impl Fn(Config) -> Config,
) -> Result<Declared, DeclareError> {
    let stream = || name.to_owned();
    let unanswered = |reason: String| DeclareError::Unanswered {
        stream: stream(),
        reason,
    };
    let refused = |reason: String| DeclareError::Refused {
        stream: stream(),
        reason,
    };
    let there = match jetstream.get_stream(name).await {
        Ok(there) => there.cached_info().config.clone(),
        Err(error) if is_not_found(&error) => {
            let created = jetstream.create_stream(over(Config::default())).await;
            return match created {
                Ok(_) => Ok(Declared::Created),
                Err(error) if is_timeout(&error) => Err(unanswered(error.to_string())),
                Err(error) => Err(refused(error.to_string())),
            };
        }
        Err(error) => return Err(unanswered(error.to_string())),
    };
    let declared = over(there.clone());
    if declared == there {
        return Ok(Declared::Unchanged);
    }
    if let Some((field, there, declared)) = loss(&there, &declared) {
        return Err(DeclareError::WouldLose {
            stream: stream(),
            field,
            there,
            declared,
        });
    }
    match jetstream.update_stream(declared).await {
        Ok(_) => Ok(Declared::Updated),
        Err(error) if is_timeout(&error) => Err(unanswered(error.to_string())),
        Err(error) => Err(refused(error.to_string())),
    }
}

/// The first property by whose change messages would be deleted, with its values before and after.
fn loss(there: &Config, declared: &Config) -> Option<(&'static str, String, String)> {
    let days = |age: Duration| match age {
        Duration::ZERO => "for ever".to_owned(),
        age => format!("{age:?}"),
    };
    let (age, new_age) = (there.max_age, declared.max_age);
    if !new_age.is_zero() && (age.is_zero() || new_age < age) {
        return Some(("a maximum age of", days(age), days(new_age)));
    }
    let (history, new_history) = (
        there.max_messages_per_subject,
        declared.max_messages_per_subject,
    );
    if new_history > 0 && (history <= 0 || new_history < history) {
        return Some(("a history of", history.to_string(), new_history.to_string()));
    }
    if there.retention != declared.retention {
        let (there, declared) = (there.retention, declared.retention);
        return Some((
            "the retention",
            format!("{there:?}"),
            format!("{declared:?}"),
        ));
    }
    None
}

fn is_not_found(error: &jetstream::context::GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

fn is_timeout(error: &jetstream::context::CreateStreamError) -> bool {
    use jetstream::context::CreateStreamErrorKind::{JetStreamUnavailable, TimedOut};
    matches!(error.kind(), TimedOut | JetStreamUnavailable)
}
