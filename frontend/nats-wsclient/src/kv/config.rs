//! How a bucket is to be, and the stream that it is (ADR-8).

use std::time::Duration;

use super::KvError;
use super::name::check_bucket;
use crate::Metadata;
use crate::jetstream::Placement;
use crate::jetstream::stream::{self, Compression, DiscardPolicy, Republish, Source, Storage};

/// How many revisions of a key a bucket keeps at most.
const MOST_HISTORY: i64 = 64;

/// How long the server remembers the ids of messages, if nothing is said.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// The configuration of a bucket. What is left at its default is for the server to choose; where a number is a limit, 0
/// and -1 mean none.
///
/// ```
/// use std::time::Duration;
/// use nats_wsclient::kv::Config;
///
/// let config = Config {
///     bucket: "prices".to_owned(),
///     history: 5,
///     max_age: Duration::from_secs(24 * 3_600),
///     ..Config::default()
/// };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// ASCII letters and digits, `-` and `_`.
    pub bucket: String,
    /// What it is for, in words for people.
    pub description: Option<String>,
    /// How many revisions of a key are kept: 1 to 64; 0 is 1.
    pub history: i64,
    /// How old a revision gets; 0: as old as it likes.
    pub max_age: Duration,
    /// When the last revision of a key goes by its age, leave a marker for so long, at least a second (ADR-48); 0: leave
    /// none, and a watch is not told of it. With markers, keys may have a life of their own, too. Once set they can be
    /// changed, and not be turned off.
    pub limit_markers: Duration,
    /// In bytes, headers included.
    pub max_value_size: i64,
    /// How many bytes the bucket stores, of all revisions with their keys and headers; 0 and -1: any number.
    pub max_bytes: i64,
    /// Where values are. It cannot be changed.
    pub storage: Storage,
    /// On how many servers it is; 0 is one.
    pub num_replicas: u32,
    /// Which servers may have it; `None`: the server chooses.
    pub placement: Option<Placement>,
    /// What is published again once it is stored: what a [live watch](crate::live) needs.
    pub republish: Option<Republish>,
    /// Be a copy of that bucket, from which is read and not written. `name` is a bucket's.
    pub mirror: Option<Source>,
    /// Have what these buckets have, too. `name` is a bucket's.
    pub sources: Vec<Source>,
    /// Compress what is on disk.
    pub compression: bool,
    /// What its owner notes about it. The server adds keys that begin with `_nats.`.
    pub metadata: Metadata,
}

impl Config {
    /// The configuration of the stream.
    ///
    /// # Errors
    /// When it is none of a bucket.
    pub(super) fn stream(&self) -> Result<stream::Config, KvError> {
        let mut config = stream::Config {
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            ..stream::Config::default()
        };
        self.apply(&mut config)?;
        Ok(config)
    }

    /// Changes a stream's configuration to this one, and leaves what is not of a bucket.
    ///
    /// # Errors
    /// When it is none of a bucket.
    pub(super) fn apply(&self, config: &mut stream::Config) -> Result<(), KvError> {
        self.check()?;
        let bucket = &*self.bucket;
        config.name = stream_name(bucket);
        config.description.clone_from(&self.description);
        config.max_messages_per_subject = self.history.max(1);
        config.max_age = self.max_age;
        config.duplicate_window = match self.max_age {
            Duration::ZERO => DUPLICATE_WINDOW,
            age => age.min(DUPLICATE_WINDOW),
        };
        config.allow_message_ttl |= !self.limit_markers.is_zero();
        config.subject_delete_marker_ttl = self.limit_markers;
        config.max_message_size = self.max_value_size;
        config.max_bytes = self.max_bytes;
        config.storage = self.storage;
        config.num_replicas = self.num_replicas;
        config.placement.clone_from(&self.placement);
        config.republish.clone_from(&self.republish);
        config.compression = if self.compression {
            Compression::S2
        } else {
            Compression::None
        };
        config.metadata = self.metadata.clone();
        config.mirror = self.mirror.clone().map(|mirror| Source {
            name: source_name(&mirror.name),
            ..mirror
        });
        config.mirror_direct = config.mirror.is_some();
        config.subjects = if config.mirror.is_some() {
            Vec::new()
        } else {
            vec![format!("{}>", key_prefix(bucket))]
        };
        config.sources = self
            .sources
            .iter()
            .map(|source| read_source(source, bucket))
            .collect();
        Ok(())
    }

    fn check(&self) -> Result<(), KvError> {
        check_bucket(&self.bucket)?;
        if !(0..=MOST_HISTORY).contains(&self.history) {
            return Err(KvError::History {
                history: self.history,
            });
        }
        if !self.limit_markers.is_zero() && self.limit_markers < Duration::from_secs(1) {
            return Err(KvError::TooShort);
        }
        Ok(())
    }
}

/// The keys of another bucket become keys of this one, unless it is said what they become.
fn read_source(source: &Source, bucket: &str) -> Source {
    let mut source = source.clone();
    let name = source_name(&source.name);
    if source.subject_transforms.is_empty() && source.filter_subject.is_none() {
        let other = bucket_of(&name).unwrap_or(&name);
        source.subject_transforms.push(stream::SubjectTransform {
            source: format!("{}>", key_prefix(other)),
            destination: format!("{}>", key_prefix(bucket)),
        });
    }
    source.name = name;
    source
}

const STREAM_PREFIX: &str = "KV_";

/// The stream of a bucket.
pub(super) fn stream_name(bucket: &str) -> String {
    format!("{STREAM_PREFIX}{bucket}")
}

/// The bucket of a stream, if it has one.
pub(super) fn bucket_of(stream: &str) -> Option<&str> {
    stream.strip_prefix(STREAM_PREFIX)
}

/// What the subjects of a bucket's keys begin with.
pub(super) fn key_prefix(bucket: &str) -> String {
    format!("$KV.{bucket}.")
}

/// The stream of a bucket that may already be called by its stream's name.
fn source_name(name: &str) -> String {
    match bucket_of(name) {
        Some(_) => name.to_owned(),
        None => stream_name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[track_caller]
    fn stream_of(config: &Config) -> String {
        json::write(&config.stream().expect("a configuration"))
    }

    #[test]
    fn a_bucket_is_a_stream() {
        let config = Config {
            bucket: "b".to_owned(),
            ..Config::default()
        };
        let expected = concat!(
            r#"{"name":"KV_b","subjects":["$KV.b.>"],"max_msgs_per_subject":1,"discard":"new","#,
            r#""duplicate_window":120000000000,"deny_delete":true,"allow_rollup_hdrs":true,"allow_direct":true,"#,
            r#""consumer_limits":{}}"#
        );
        assert_eq!(stream_of(&config), expected);
    }

    #[test]
    fn everything_that_can_be_said() {
        let config = Config {
            bucket: "b".to_owned(),
            history: 64,
            max_age: Duration::from_secs(60),
            limit_markers: Duration::from_secs(2),
            max_value_size: 100,
            compression: true,
            sources: vec![Source {
                name: "c".to_owned(),
                ..Source::default()
            }],
            ..Config::default()
        };
        let expected = concat!(
            r#"{"name":"KV_b","subjects":["$KV.b.>"],"max_msgs_per_subject":64,"max_age":60000000000,"#,
            r#""max_msg_size":100,"discard":"new","duplicate_window":60000000000,"#,
            r#""sources":[{"name":"KV_c","subject_transforms":[{"src":"$KV.c.>","dest":"$KV.b.>"}]}],"#,
            r#""compression":"s2","deny_delete":true,"allow_rollup_hdrs":true,"allow_direct":true,"#,
            r#""allow_msg_ttl":true,"subject_delete_marker_ttl":2000000000,"consumer_limits":{}}"#
        );
        assert_eq!(stream_of(&config), expected);
    }

    #[test]
    fn a_mirror_takes_no_subjects_of_its_own() {
        let config = Config {
            bucket: "b".to_owned(),
            mirror: Some(Source {
                name: "KV_c".to_owned(),
                ..Source::default()
            }),
            ..Config::default()
        };
        let stream = config.stream().expect("a configuration");
        assert!(stream.subjects.is_empty() && stream.mirror_direct);
        assert_eq!(stream.mirror.expect("a mirror").name, "KV_c");
    }

    #[test]
    fn what_is_no_bucket() {
        let with = |change: fn(&mut Config)| {
            let mut config = Config {
                bucket: "b".to_owned(),
                ..Config::default()
            };
            change(&mut config);
            config.stream().expect_err("a refusal")
        };
        assert!(matches!(
            with(|config| config.bucket = "a.b".to_owned()),
            KvError::BucketName(_)
        ));
        assert_eq!(
            with(|config| config.history = 65),
            KvError::History { history: 65 }
        );
        assert_eq!(
            with(|config| config.limit_markers = Duration::from_millis(999)),
            KvError::TooShort
        );
    }
}
