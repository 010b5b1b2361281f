//! How much is asked for, and for how long.

use std::time::Duration;

use crate::json::json_object;

/// How many messages a consumer is asked for, and for how long it may take.
///
/// ```
/// # use std::time::Duration;
/// use nats_wsclient::jetstream::consumer::Pull;
/// let pull = Pull::new().max_messages(20).expires(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
pub struct Pull {
    pub(super) max_messages: usize,
    pub(super) max_bytes: usize,
    pub(super) expires: Duration,
    heartbeat: Duration,
    group: Option<String>,
    min_pending: u64,
    min_ack_pending: u64,
    priority: u64,
}

/// The body of a request for messages. What is zero is left out.
#[derive(Default)]
pub(super) struct NextRequest {
    batch: u64,
    max_bytes: u64,
    expires: Duration,
    heartbeat: Duration,
    no_wait: bool,
    group: Option<String>,
    min_pending: u64,
    min_ack_pending: u64,
    priority: u64,
    pin: Option<String>,
}

json_object!(NextRequest {
    batch: "batch",
    max_bytes: "max_bytes",
    expires: "expires",
    heartbeat: "idle_heartbeat",
    no_wait: "no_wait",
    group: "group",
    min_pending: "min_pending",
    min_ack_pending: "min_ack_pending",
    priority: "priority",
    pin: "id",
});

impl Default for Pull {
    fn default() -> Self {
        Self {
            max_messages: 200,
            max_bytes: 0,
            expires: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            group: None,
            min_pending: 0,
            min_ack_pending: 0,
            priority: 0,
        }
    }
}

impl Pull {
    /// 200 messages at most, of any size, within 30 seconds.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages a fetch gets at most, and how many wait for the reader of
    /// [`Consumer::messages`](super::super::Consumer::messages). By default 200.
    #[must_use]
    pub fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages.max(1);
        self
    }

    /// The same in bytes: subjects, headers and payloads. By default there is no such bound. One that is reached before
    /// [`max_messages`](Self::max_messages) costs a round trip each time.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How long the consumer waits for messages: after that a fetch ends, while
    /// [`Consumer::messages`](super::super::Consumer::messages) asks again. By default 30 seconds, at least one
    /// millisecond.
    #[must_use]
    pub fn expires(mut self, expires: Duration) -> Self {
        self.expires = expires.max(Duration::from_millis(1));
        self
    }

    /// How often a consumer without messages shows that it is there; one that does not for twice as long is
    /// [`Silent`](super::PullError::Silent). By default 5 seconds, and never more than half of
    /// [`expires`](Self::expires).
    #[must_use]
    pub fn heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// Asks as a member of one of the consumer's priority groups (ADR-42).
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Takes messages only while at least so many are pending, of a consumer whose policy is
    /// [`Overflow`](super::super::PriorityPolicy::Overflow).
    #[must_use]
    pub fn min_pending(mut self, messages: u64) -> Self {
        self.min_pending = messages;
        self
    }

    /// Takes messages only while at least so many wait for their acknowledgement, of a consumer whose policy is
    /// [`Overflow`](super::super::PriorityPolicy::Overflow).
    #[must_use]
    pub fn min_ack_pending(mut self, messages: u64) -> Self {
        self.min_ack_pending = messages;
        self
    }

    /// From 0, which is served first, to 9, of a consumer whose policy is
    /// [`Prioritized`](super::super::PriorityPolicy::Prioritized).
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority.into();
        self
    }

    /// How long the consumer is silent at most while it is being asked.
    pub(super) fn longest_silence(&self) -> Duration {
        // Twice a very short time is no time for the network.
        (self.effective_heartbeat() * 2).max(Duration::from_secs(2))
    }

    /// The server refuses more than half of `expires`.
    fn effective_heartbeat(&self) -> Duration {
        self.heartbeat.min(self.expires / 2)
    }

    /// A request for so many messages and bytes; no bytes are any number.
    pub(super) fn request(&self, messages: usize, bytes: usize, pin: Option<&str>) -> NextRequest {
        NextRequest {
            batch: messages as u64,
            max_bytes: bytes as u64,
            expires: self.expires,
            heartbeat: self.effective_heartbeat(),
            no_wait: false,
            group: self.group.clone(),
            min_pending: self.min_pending,
            min_ack_pending: self.min_ack_pending,
            priority: self.priority,
            pin: pin.map(str::to_owned),
        }
    }
}

impl NextRequest {
    /// Only what is there already.
    pub(super) fn no_wait(self) -> Self {
        Self {
            no_wait: true,
            expires: Duration::ZERO,
            heartbeat: Duration::ZERO,
            ..self
        }
    }
}
