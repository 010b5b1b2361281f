//! What becomes of what was published.
//!
//! The server answers in order: once it answers a ping, everything before the ping was processed, and what it refused
//! of that was refused before. It names the subject of what it refuses and nothing else, so the oldest message with
//! that subject that waits to be confirmed is the one. A subject that none of them has (the account maps subjects, or
//! there was too much to remember) could be that of any: then nothing is said of them. A reply subject that it refuses is
//! looked for among the reply subjects in the same way.

use std::collections::VecDeque;

use crate::proto::SubjectHash;

/// The number of something that was published; it grows, also across connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublishId(pub(super) u64);

/// What became of something that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server has processed it, and has not refused it.
    Sent,
    /// It was not delivered to anybody.
    Rejected(Rejection),
    /// It may or may not have arrived: the connection was lost before the server confirmed it, or it was asked for so
    /// late that it is not remembered.
    Unknown,
}

/// Why something that was published was delivered to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The server answered it with a permissions violation, of its subject or of its reply subject.
    #[error(
        "the server does not permit publishing to this subject, or with this reply subject: ask for the permission"
    )]
    NotPermitted,
    /// It waited for a connection, and the server of that one takes less than the one before.
    #[error(
        "the message of {size} bytes is larger than the new server takes ({max_payload}): send less at once"
    )]
    TooLarge {
        /// The bytes of the message, headers included.
        size: usize,
        /// The most bytes, headers included, that the new server takes.
        max_payload: usize,
    },
    /// It waited to be sent, and newer ones took its place, or the client was closed.
    #[error(
        "the message was dropped before it could be sent: publish less while there is no connection"
    )]
    Dropped,
}

/// How many messages wait to be confirmed at most.
const UNCONFIRMED: usize = 32 * 1_024;

/// How many stretches of messages that were not simply sent are remembered at most.
const EXCEPTIONS: usize = 1_024;

/// The fates of everything that was ever published, in bounded space.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// The number that was given last.
    last: u64,
    /// The number that was written to a connection last.
    written: u64,
    /// What has no larger number is not waited for any more.
    confirmed: u64,
    unconfirmed: VecDeque<Unconfirmed>,
    /// The reply subjects of those that have one.
    replies: VecDeque<Unconfirmed>,
    /// Stretches that do not overlap, oldest first.
    exceptions: VecDeque<Exception>,
    /// Nothing is known of what has no larger number.
    forgotten: u64,
    /// Some fate may have become known since it was last asked.
    news: bool,
}

#[derive(Debug)]
struct Unconfirmed {
    number: u64,
    subject: SubjectHash,
}

#[derive(Debug)]
struct Exception {
    first: u64,
    last: u64,
    fate: Fate,
}

impl Fates {
    /// A number for what is published next.
    pub(super) fn number(&mut self) -> PublishId {
        self.last += 1;
        PublishId(self.last)
    }

    /// The number that was given last.
    pub(super) fn last(&self) -> PublishId {
        PublishId(self.last)
    }

    /// It was written to the connection, after everything that has a smaller number.
    pub(super) fn written(&mut self, PublishId(number): PublishId, subject: SubjectHash) {
        self.written = number;
        if self.unconfirmed.len() == UNCONFIRMED
            && let Some(oldest) = self.unconfirmed.pop_front()
        {
            self.except(oldest.number, Fate::Unknown);
        }
        self.unconfirmed.push_back(Unconfirmed { number, subject });
    }

    /// What was written last has this reply subject.
    pub(super) fn written_with(&mut self, reply: SubjectHash) {
        if self.replies.len() == UNCONFIRMED {
            self.replies.pop_front();
        }
        self.replies.push_back(Unconfirmed {
            number: self.written,
            subject: reply,
        });
    }

    /// Whether the server has processed everything that was written to it.
    pub(super) fn all_confirmed(&self) -> bool {
        self.confirmed >= self.written
    }

    /// What was written last.
    pub(super) fn last_written(&self) -> PublishId {
        PublishId(self.written)
    }

    /// The server has processed everything up to here.
    pub(super) fn confirm(&mut self, PublishId(until): PublishId) {
        self.confirmed = self.confirmed.max(until);
        for waiting in [&mut self.unconfirmed, &mut self.replies] {
            let count = waiting.partition_point(|one| one.number <= until);
            waiting.drain(..count);
        }
        self.news = true;
    }

    /// The server has refused one with this subject. It is not younger than `until`. `None`: it cannot be told which
    /// one it is.
    pub(super) fn refuse(&mut self, subject: SubjectHash, until: PublishId) -> Option<PublishId> {
        let candidates = self
            .unconfirmed
            .partition_point(|one| one.number <= until.0);
        let found = (0..candidates).find(|&index| self.unconfirmed[index].subject == subject);
        if let Some(refused) = found.and_then(|index| self.unconfirmed.remove(index)) {
            let fate = Fate::Rejected(Rejection::NotPermitted);
            self.except(refused.number, fate);
            return Some(PublishId(refused.number));
        }
        self.doubt(until);
        None
    }

    /// The server has refused one with this reply subject: see [`refuse`](Self::refuse).
    pub(super) fn refuse_reply(
        &mut self,
        reply: SubjectHash,
        until: PublishId,
    ) -> Option<PublishId> {
        let candidates = self.replies.partition_point(|one| one.number <= until.0);
        let found = (0..candidates).find(|&index| self.replies[index].subject == reply);
        if let Some(Unconfirmed { number, .. }) = found.and_then(|index| self.replies.remove(index))
            && let Ok(index) = self
                .unconfirmed
                .binary_search_by_key(&number, |one| one.number)
        {
            self.unconfirmed.remove(index);
            self.except(number, Fate::Rejected(Rejection::NotPermitted));
            return Some(PublishId(number));
        }
        self.doubt(until);
        None
    }

    /// The server may have refused some that are not younger than `until`.
    pub(super) fn doubt(&mut self, PublishId(until): PublishId) {
        while let Some(one) = self.unconfirmed.pop_front_if(|one| one.number <= until) {
            self.except(one.number, Fate::Unknown);
        }
    }

    /// It will not be written to any connection.
    pub(super) fn reject(&mut self, PublishId(number): PublishId, rejection: Rejection) {
        self.except(number, Fate::Rejected(rejection));
    }

    /// The connection is lost. What was not confirmed will not be.
    pub(super) fn lose(&mut self) {
        for lost in std::mem::take(&mut self.unconfirmed) {
            self.except(lost.number, Fate::Unknown);
        }
        self.replies.clear();
        self.confirmed = self.written;
    }

    /// `None`: it is not known yet.
    pub(super) fn of(&self, PublishId(number): PublishId) -> Option<Fate> {
        if number <= self.forgotten {
            return Some(Fate::Unknown);
        }
        let index = self.exceptions.partition_point(|one| one.last < number);
        match self.exceptions.get(index) {
            Some(exception) if exception.first <= number => Some(exception.fate),
            _ => (number <= self.confirmed).then_some(Fate::Sent),
        }
    }

    /// Whether some fate may have become known since the last call.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    fn except(&mut self, number: u64, fate: Fate) {
        self.news = true;
        let index = self.exceptions.partition_point(|one| one.last < number);
        let before = index
            .checked_sub(1)
            .map(|index| &mut self.exceptions[index]);
        match before {
            Some(before) if before.last + 1 == number && before.fate == fate => {
                before.last = number;
            }
            _ => {
                let (first, last) = (number, number);
                self.exceptions
                    .insert(index, Exception { first, last, fate });
            }
        }
        if self.exceptions.len() > EXCEPTIONS
            && let Some(oldest) = self.exceptions.pop_front()
        {
            self.forgotten = oldest.last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Publishes to each subject.
    fn publish<const N: usize>(fates: &mut Fates, subjects: [&str; N]) -> [PublishId; N] {
        subjects.map(|subject| {
            let id = fates.number();
            fates.written(id, SubjectHash::of(subject));
            id
        })
    }

    const DENIED: Option<Fate> = Some(Fate::Rejected(Rejection::NotPermitted));

    #[test]
    fn a_refusal_is_of_the_oldest_with_that_subject() {
        let mut fates = Fates::default();
        let [a, b, c, d] = publish(&mut fates, ["x", "no", "no", "x"]);
        let asked = fates.last_written();
        let [e] = publish(&mut fates, ["no"]);
        assert_eq!(fates.refuse(SubjectHash::of("no"), asked), Some(b));
        assert_eq!(fates.of(b), DENIED, "at once");
        assert_eq!(fates.refuse(SubjectHash::of("no"), asked), Some(c));
        assert_eq!(fates.of(a), None);
        fates.confirm(asked);
        let sent = Some(Fate::Sent);
        assert_eq!(
            [a, b, c, d].map(|id| fates.of(id)),
            [sent, DENIED, DENIED, sent]
        );
        assert_eq!(fates.of(e), None);
        fates.lose();
        assert_eq!(fates.of(e), Some(Fate::Unknown));
        assert!(fates.take_news() && !fates.take_news());
    }

    #[test]
    fn a_refused_reply_is_of_the_oldest_with_it() {
        let mut fates = Fates::default();
        let mut publish_with = |reply: Option<&str>| {
            let [id] = publish(&mut fates, ["x"]);
            if let Some(reply) = reply {
                fates.written_with(SubjectHash::of(reply));
            }
            id
        };
        let ids = [Some("yes"), None, Some("no"), Some("no"), Some("x")].map(&mut publish_with);
        let [a, b, c, d, e] = ids;
        let no = SubjectHash::of("no");
        assert_eq!(fates.refuse_reply(no, e), Some(c));
        assert_eq!((fates.of(c), fates.of(d)), (DENIED, None));
        fates.confirm(c);
        assert_eq!([a, b].map(|id| fates.of(id)), [Some(Fate::Sent); 2]);
        assert_eq!(fates.refuse_reply(no, e), Some(d));
        assert_eq!(fates.refuse_reply(no, e), None, "nobody's");
        assert_eq!(fates.of(e), Some(Fate::Unknown));
    }

    #[test]
    fn a_refusal_of_nothing_that_is_known_leaves_all_candidates_open() {
        let mut fates = Fates::default();
        let [a, b] = publish(&mut fates, ["mapped", "x"]);
        let asked = fates.last_written();
        let [c] = publish(&mut fates, ["elsewhere"]);
        assert_eq!(fates.refuse(SubjectHash::of("elsewhere"), asked), None);
        fates.confirm(asked);
        assert_eq!([a, b].map(|id| fates.of(id)), [Some(Fate::Unknown); 2]);
        fates.confirm(c);
        assert_eq!(
            fates.of(c),
            Some(Fate::Sent),
            "it came after what was refused"
        );
    }

    #[test]
    fn what_is_forgotten_is_unknown() {
        let mut fates = Fates::default();
        let mut ids = Vec::new();
        for _ in 0..=EXCEPTIONS {
            let [sent, refused] = publish(&mut fates, ["x", "no"]);
            fates.refuse(SubjectHash::of("no"), refused);
            fates.confirm(refused);
            ids.push((sent, refused));
        }
        let of = |index: usize| (fates.of(ids[index].0), fates.of(ids[index].1));
        assert_eq!(of(0), (Some(Fate::Unknown), Some(Fate::Unknown)));
        assert_eq!(of(1), (Some(Fate::Sent), DENIED));
        assert_eq!(fates.exceptions.len(), EXCEPTIONS);
    }

    #[test]
    fn a_server_that_never_answers_does_not_fill_the_memory() {
        let mut fates = Fates::default();
        let [first] = publish(&mut fates, ["x"]);
        let ids: Vec<_> = (0..UNCONFIRMED)
            .map(|_| publish(&mut fates, ["x"])[0])
            .collect();
        assert_eq!(fates.of(first), Some(Fate::Unknown));
        assert_eq!(fates.of(ids[0]), None);
        assert_eq!(fates.unconfirmed.len(), UNCONFIRMED);
    }
}
