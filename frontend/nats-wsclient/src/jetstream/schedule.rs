//! Messages that the server publishes later, or again and again (ADR-51).

use std::time::Duration;

use super::ttl;
use crate::Timestamp;

/// When, where and how a message is to be published: see [`Publish::schedule`](super::Publish::schedule).
///
/// The stream allows schedules, keeps the message that is published with this, and itself publishes what it says. A
/// subject holds one schedule.
///
/// ```
/// use nats_wsclient::jetstream::{Publish, Schedule};
/// use std::time::Duration;
///
/// let reminder = Publish::to("reminders.later.17")
///     .schedule(Schedule::every(Duration::from_secs(3_600)).target("reminders.now.17"))
///     .payload("check in");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub(super) when: String,
    pub(super) others: Vec<(&'static str, String)>,
}

impl Schedule {
    /// Once, at that time; at once, if it is over. The schedule is removed then.
    pub fn at(time: Timestamp) -> Self {
        Self::new(format!("@at {time}"))
    }

    /// Again and again, each time after the same interval, of at least a second.
    pub fn every(interval: Duration) -> Self {
        Self::new(format!("@every {}ms", interval.as_millis()))
    }

    /// Again and again, by a crontab with six fields (seconds first) or by a name such as `@daily`. In UTC, unless there is
    /// a [`time_zone`](Self::time_zone).
    pub fn cron(expression: impl Into<String>) -> Self {
        Self::new(expression.into())
    }

    fn new(when: String) -> Self {
        Self {
            when,
            others: Vec::new(),
        }
    }

    /// The subject to publish on, which the same stream stores. It is needed.
    #[must_use]
    pub fn target(self, subject: impl Into<String>) -> Self {
        self.with("Nats-Schedule-Target", subject.into())
    }

    /// Publish the last message of this subject, in place of the schedule's own payload.
    #[must_use]
    pub fn source(self, subject: impl Into<String>) -> Self {
        self.with("Nats-Schedule-Source", subject.into())
    }

    /// How long what is published lives, in whole seconds. The stream has to allow it.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with("Nats-Schedule-TTL", ttl::header(ttl))
    }

    /// The time zone of a crontab, such as `Europe/Berlin`.
    #[must_use]
    pub fn time_zone(self, name: impl Into<String>) -> Self {
        self.with("Nats-Schedule-Time-Zone", name.into())
    }

    /// What is published stands for all before it on its subject. The stream has to allow that.
    #[must_use]
    pub fn rollup(self) -> Self {
        self.with("Nats-Schedule-Rollup", "sub".to_owned())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.others.push((name, value));
        self
    }
}
