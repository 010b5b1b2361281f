//! Which messages an ordered consumer delivers.

use std::time::Duration;

use super::super::{AckPolicy, Config, DeliverPolicy};
use crate::Timestamp;
use crate::proto::{SubjectError, SubjectPattern};

/// Which messages an ordered consumer delivers, and from where on.
///
/// ```
/// use nats_wsclient::jetstream::consumer::{DeliverPolicy, OrderedConfig};
///
/// let prices = OrderedConfig::new()
///     .filter_subjects(["prices.*.eur", "prices.*.usd"])
///     .deliver_policy(DeliverPolicy::LastPerSubject);
/// # drop(prices);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedConfig {
    filter_subjects: Vec<String>,
    pub(super) deliver_policy: DeliverPolicy,
    start_sequence: Option<u64>,
    start_time: Option<Timestamp>,
    headers_only: bool,
    pub(super) for_a_copy: bool,
    pub(super) heartbeat: Duration,
    pub(super) api_timeout: Duration,
}

impl Default for OrderedConfig {
    fn default() -> Self {
        Self {
            filter_subjects: Vec::new(),
            deliver_policy: DeliverPolicy::All,
            start_sequence: None,
            start_time: None,
            headers_only: false,
            for_a_copy: false,
            heartbeat: Duration::from_secs(5),
            api_timeout: Duration::from_secs(5),
        }
    }
}

impl OrderedConfig {
    /// All messages of a stream, from the first one on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds subjects whose messages are delivered. They may not overlap. Without any it is those of all subjects.
    #[must_use]
    pub fn filter_subjects<S: Into<String>>(
        mut self,
        subjects: impl IntoIterator<Item = S>,
    ) -> Self {
        self.filter_subjects
            .extend(subjects.into_iter().map(Into::into));
        self
    }

    /// Where in the stream it starts. By default at the first message.
    #[must_use]
    pub fn deliver_policy(mut self, policy: DeliverPolicy) -> Self {
        self.deliver_policy = policy;
        self
    }

    /// Starts at this sequence, or at the first message after it that there is.
    #[must_use]
    pub fn start_sequence(mut self, sequence: u64) -> Self {
        self.deliver_policy = DeliverPolicy::ByStartSequence;
        self.start_sequence = Some(sequence);
        self
    }

    /// Starts with the first message that was stored at this moment or later.
    #[must_use]
    pub fn start_time(mut self, time: Timestamp) -> Self {
        self.deliver_policy = DeliverPolicy::ByStartTime;
        self.start_time = Some(time);
        self
    }

    /// Delivers no payloads; the header `Nats-Msg-Size` tells how large they are.
    #[must_use]
    pub fn headers_only(mut self) -> Self {
        self.headers_only = true;
        self
    }

    /// What is delivered makes a copy of the stream: if a connection was lost, and nothing of it is there any more, it is
    /// delivered anew.
    #[cfg(feature = "kv")]
    pub(crate) fn for_a_copy(mut self) -> Self {
        self.for_a_copy = true;
        self
    }

    /// How often the server says that there is nothing to say. After two such times of silence the consumer is made
    /// anew. By default 5 seconds; the server takes no less than 100 ms.
    #[must_use]
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// How long an answer of JetStream's API may take. By default 5 seconds.
    #[must_use]
    pub fn api_timeout(mut self, timeout: Duration) -> Self {
        self.api_timeout = timeout;
        self
    }

    pub(super) fn check(&self) -> Result<(), SubjectError> {
        let check = |filter: &String| SubjectPattern::try_from(&**filter).map(drop);
        self.filter_subjects.iter().try_for_each(check)
    }

    /// The consumer on the server. It costs the server as little as a consumer can, and is gone soon after its reader.
    pub(super) fn consumer(&self, name: String, deliver_subject: String) -> Config {
        let (filter_subject, filter_subjects) = match &*self.filter_subjects {
            [only] => (Some(only.clone()), Vec::new()),
            // The server wants to be told that it is all of them.
            [] if self.deliver_policy == DeliverPolicy::LastPerSubject => {
                (Some(">".to_owned()), Vec::new())
            }
            several => (None, several.to_vec()),
        };
        Config {
            name: Some(name),
            deliver_policy: self.deliver_policy,
            start_sequence: self.start_sequence,
            start_time: self.start_time,
            ack_policy: AckPolicy::None,
            // What got lost is fetched by another consumer.
            max_deliver: 1,
            filter_subject,
            filter_subjects,
            headers_only: self.headers_only,
            deliver_subject: Some(deliver_subject),
            flow_control: true,
            idle_heartbeat: self.heartbeat,
            inactive_threshold: INACTIVE_THRESHOLD,
            num_replicas: 1,
            memory_storage: true,
            ..Config::default()
        }
    }
}

/// How long the server keeps a consumer whose client is gone without a word. After a reconnect a new one is made at any
/// rate.
const INACTIVE_THRESHOLD: Duration = Duration::from_secs(30);
