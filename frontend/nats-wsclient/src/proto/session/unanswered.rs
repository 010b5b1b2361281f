//! Which of the new subscriptions were too many.
//!
//! When the server refuses a subscription because there are too many, it does not say which one. But it answers in
//! order: what it refuses was subscribed to before the ping that it answers next, and after the one that it answered
//! last. If no place became free in between, which a ping at the right time sees to, it refused the last ones.

use std::collections::VecDeque;

use super::Sid;
use crate::proto::SubjectHash;

/// What was subscribed to over this connection and not answered by a pong.
#[derive(Debug, Default)]
pub(super) struct Unanswered {
    /// Oldest first.
    subscribed: VecDeque<New>,
    pings_sent: u64,
    pings_answered: u64,
    /// How many were refused since the last answered ping because there are too many.
    too_many: usize,
}

#[derive(Debug)]
struct New {
    sid: Sid,
    subject: SubjectHash,
    queue: Option<SubjectHash>,
    /// How many pings were sent before it.
    pings: u64,
}

impl Unanswered {
    pub(super) fn ping_sent(&mut self) {
        self.pings_sent += 1;
    }

    /// One was too many. Whether no ping is under way whose answer tells which.
    pub(super) fn was_too_many(&mut self) -> bool {
        self.too_many += 1;
        self.pings_answered == self.pings_sent
    }

    /// Which subscriptions were too many.
    pub(super) fn ping_answered(&mut self) -> Vec<Sid> {
        self.pings_answered += 1;
        let answered = self.pings_answered;
        let count = self.subscribed.partition_point(|new| new.pings < answered);
        let granted = count.saturating_sub(std::mem::take(&mut self.too_many));
        let answered = self.subscribed.drain(..count);
        answered.skip(granted).map(|new| new.sid).collect()
    }

    pub(super) fn subscribed(&mut self, sid: Sid, subject: &str, queue: Option<&str>) {
        self.subscribed.push_back(New {
            sid,
            subject: SubjectHash::of(subject),
            queue: queue.map(SubjectHash::of),
            pings: self.pings_sent,
        });
    }

    /// Whether something was subscribed to since the last ping.
    pub(super) fn has_new(&self) -> bool {
        let last = self.subscribed.back();
        last.is_some_and(|new| new.pings == self.pings_sent)
    }

    /// The oldest one like this was refused for another reason.
    pub(super) fn forget(&mut self, subject: &str, queue: Option<&str>) {
        let (subject, queue) = (SubjectHash::of(subject), queue.map(SubjectHash::of));
        let is_like_this = |new: &New| new.subject == subject && new.queue == queue;
        let index = self.subscribed.iter().position(is_like_this);
        index.map(|index| self.subscribed.remove(index));
    }
}
