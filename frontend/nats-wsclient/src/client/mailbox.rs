//! What a subscription received and its reader has not read: bounded, and what then is the subscription's to choose.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::latest::Latest;
use super::subscription::{SlowConsumerPolicy, SubscriptionError};
use crate::proto::Message;

/// How much is kept, and what happens to more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) messages: usize,
    /// Of subjects, headers and payloads.
    pub(super) bytes: usize,
    pub(super) policy: SlowConsumerPolicy,
}

/// The client's end. Dropping it lets the reader find the end, after what is in it.
#[derive(Debug)]
pub(super) struct Mailbox {
    state: Rc<RefCell<State>>,
}

/// The reader's end.
#[derive(Debug)]
pub(super) struct MailboxReader {
    state: Rc<RefCell<State>>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    Stored,
    /// It, or an older one, was dropped, and the reader knows of that or will: it is not the first one since the
    /// reader was told.
    Dropped,
    /// The same, and it is the first one.
    GapBegan,
    /// It was dropped, and so the subscription ends.
    Failed,
}

#[derive(Debug)]
struct State {
    messages: VecDeque<Message>,
    bytes: usize,
    limits: Limits,
    /// How many messages were taken out, so that each has a number that it keeps.
    taken: u64,
    /// Where the newest message of each subject is, if only that is kept.
    latest: Option<Latest>,
    /// How many were dropped since the reader was last told. Of the messages that are here they were before all or
    /// after all, depending on the policy.
    dropped: u64,
    /// Comes after everything else.
    last: Option<SubscriptionError>,
    closed: bool,
    waker: Option<Waker>,
}

pub(super) fn mailbox(limits: Limits) -> (Mailbox, MailboxReader) {
    let coalesces = limits.policy == SlowConsumerPolicy::CoalesceBySubject;
    let state = Rc::new(RefCell::new(State {
        messages: VecDeque::new(),
        bytes: 0,
        limits,
        taken: 0,
        latest: coalesces.then(Latest::default),
        dropped: 0,
        last: None,
        closed: false,
        waker: None,
    }));
    let reader = MailboxReader {
        state: Rc::clone(&state),
    };
    (Mailbox { state }, reader)
}

impl Mailbox {
    #[inline(always)]
    pub(super) fn push(&self, message: Message) -> Pushed {
        let mut state = self.state.borrow_mut();
        let pushed = state.push(message);
        state.wake();
        pushed
    }

    /// Lets the reader find the end after an error.
    pub(super) fn close_with(self, last: SubscriptionError) {
        self.state.borrow_mut().last = Some(last);
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        state.closed = true;
        state.wake();
    }
}

impl MailboxReader {
    pub(super) fn poll(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, SubscriptionError>>> {
        let mut state = self.state.borrow_mut();
        if state.gap_comes_first()
            && let Some(gap) = state.take_gap()
        {
            return Poll::Ready(Some(Err(gap)));
        }
        if let Some(message) = state.pop() {
            return Poll::Ready(Some(Ok(message)));
        }
        if let Some(error) = state.take_gap().or_else(|| state.last.take()) {
            return Poll::Ready(Some(Err(error)));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl State {
    #[inline(always)]
    fn push(&mut self, message: Message) -> Pushed {
        let size = message.size();
        let full = self.messages.len() >= self.limits.messages
            || self.bytes.saturating_add(size) > self.limits.bytes;
        match self.limits.policy {
            // Once one was dropped the following are too, until the reader was told: a gap, and not a sieve.
            SlowConsumerPolicy::DropNewest if full || self.dropped > 0 => self.count_dropped(1),
            SlowConsumerPolicy::Fail if full => {
                self.dropped += 1;
                Pushed::Failed
            }
            SlowConsumerPolicy::DropNewest | SlowConsumerPolicy::Fail => {
                self.append(message, size);
                Pushed::Stored
            }
            SlowConsumerPolicy::DropOldest => {
                self.append(message, size);
                self.drop_oldest()
            }
            SlowConsumerPolicy::CoalesceBySubject => {
                self.append_or_replace(message, size);
                self.drop_oldest()
            }
        }
    }

    #[inline(always)]
    fn append(&mut self, message: Message, size: usize) {
        self.bytes += size;
        self.messages.push_back(message);
    }

    /// Puts a message in the place of the one with the same subject, if that was not read.
    fn append_or_replace(&mut self, message: Message, size: usize) {
        let (taken, messages) = (self.taken, &mut self.messages);
        let number = taken + messages.len() as u64;
        let before = self
            .latest
            .as_mut()
            .and_then(|latest| latest.replace(&message.subject, taken, messages, number));
        match before.and_then(|index| messages.get_mut(index)) {
            Some(before) => {
                let before = std::mem::replace(before, message);
                self.bytes = self.bytes + size - before.size();
            }
            None => self.append(message, size),
        }
    }

    /// Drops the oldest messages until the others are not too many. The newest one always stays.
    fn drop_oldest(&mut self) -> Pushed {
        let mut count = 0;
        while self.messages.len() > 1
            && (self.messages.len() > self.limits.messages || self.bytes > self.limits.bytes)
        {
            self.pop();
            count += 1;
        }
        if count == 0 {
            return Pushed::Stored;
        }
        self.count_dropped(count)
    }

    fn count_dropped(&mut self, count: u64) -> Pushed {
        let began = self.dropped == 0;
        self.dropped += count;
        if began {
            Pushed::GapBegan
        } else {
            Pushed::Dropped
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.size();
        self.taken += 1;
        Some(message)
    }

    fn gap_comes_first(&self) -> bool {
        matches!(
            self.limits.policy,
            SlowConsumerPolicy::DropOldest | SlowConsumerPolicy::CoalesceBySubject
        )
    }

    fn take_gap(&mut self) -> Option<SubscriptionError> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0).then_some(SubscriptionError::SlowConsumer { dropped })
    }

    #[inline(always)]
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{HeaderMap, Subject};

    fn message(subject: &str, payload: &str) -> Message {
        Message {
            subject: Subject::try_from(subject).expect("a subject"),
            reply: None,
            headers: HeaderMap::new(),
            payload: payload.to_owned().into(),
        }
    }

    fn limited(messages: usize, policy: SlowConsumerPolicy) -> (Mailbox, MailboxReader) {
        mailbox(Limits {
            messages,
            bytes: usize::MAX,
            policy,
        })
    }

    /// Everything that is there: `subject=payload`, `-count` for a gap, `.` for the end.
    fn read(reader: &MailboxReader) -> String {
        let mut read = Vec::new();
        loop {
            match reader.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(Ok(message))) => {
                    let payload = String::from_utf8_lossy(&message.payload);
                    read.push(format!("{}={payload}", message.subject));
                }
                Poll::Ready(Some(Err(SubscriptionError::SlowConsumer { dropped }))) => {
                    read.push(format!("-{dropped}"));
                }
                Poll::Ready(Some(Err(error))) => read.push(format!("{error:?}")),
                Poll::Ready(None) => read.push(".".to_owned()),
                Poll::Pending => {}
            }
            if read.last().is_none_or(|last| last == ".")
                || reader.state.borrow().messages.is_empty() && reader.state.borrow().dropped == 0
            {
                return read.join(" ");
            }
        }
    }

    fn push(mailbox: &Mailbox, numbers: std::ops::RangeInclusive<u32>) -> Vec<Pushed> {
        numbers
            .map(|number| mailbox.push(message("a", &number.to_string())))
            .collect()
    }

    #[test]
    fn the_newest_are_dropped_until_the_reader_knows() {
        let (mailbox, reader) = limited(2, SlowConsumerPolicy::DropNewest);
        let pushed = push(&mailbox, 1..=4);
        use Pushed::{Dropped, GapBegan, Stored};
        assert_eq!(pushed, [Stored, Stored, GapBegan, Dropped]);
        assert_eq!(read(&reader), "a=1 a=2 -2");
        assert_eq!(
            push(&mailbox, 5..=7),
            [Stored, Stored, GapBegan],
            "another gap"
        );
        assert_eq!(read(&reader), "a=5 a=6 -1");
    }

    #[test]
    fn the_oldest_make_place() {
        let (mailbox, reader) = limited(2, SlowConsumerPolicy::DropOldest);
        use Pushed::{Dropped, GapBegan, Stored};
        assert_eq!(push(&mailbox, 1..=4), [Stored, Stored, GapBegan, Dropped]);
        assert_eq!(read(&reader), "-2 a=3 a=4");
        push(&mailbox, 5..=7);
        assert_eq!(read(&reader), "-1 a=6 a=7");
    }

    #[test]
    fn the_subscription_ends() {
        let (mailbox, reader) = limited(2, SlowConsumerPolicy::Fail);
        assert_eq!(push(&mailbox, 1..=3)[2], Pushed::Failed);
        drop(mailbox);
        assert_eq!(read(&reader), "a=1 a=2 -1");
        assert_eq!(read(&reader), ".");
    }

    #[test]
    fn the_end_comes_after_what_was_received_and_dropped() {
        let (mailbox, reader) = limited(1, SlowConsumerPolicy::DropNewest);
        push(&mailbox, 1..=2);
        mailbox.close_with(SubscriptionError::Denied {
            subject: "a".to_owned(),
        });
        assert_eq!(read(&reader), "a=1 -1");
        assert_eq!(read(&reader), "Denied { subject: \"a\" }");
        assert_eq!(read(&reader), ".");
    }

    #[test]
    fn bytes_are_limited_but_one_message_always_fits_where_others_make_place() {
        let limits = |policy| Limits {
            messages: usize::MAX,
            bytes: 10,
            policy,
        };
        let (mailbox, reader) = self::mailbox(limits(SlowConsumerPolicy::DropOldest));
        for payload in ["1234", "1234", "12", "a long one that is too much"] {
            mailbox.push(message("a", payload));
        }
        assert_eq!(read(&reader), "-3 a=a long one that is too much");
        let (mailbox, reader) = self::mailbox(limits(SlowConsumerPolicy::DropNewest));
        for payload in ["1234", "1234", "", ""] {
            mailbox.push(message("a", payload));
        }
        assert_eq!(read(&reader), "a=1234 a=1234 -2");
    }

    #[test]
    fn the_latest_of_each_subject_is_kept() {
        let (mailbox, reader) = limited(1_000, SlowConsumerPolicy::CoalesceBySubject);
        for round in 0..10 {
            for key in 0..100 {
                let subject = format!("k.{key}");
                assert_eq!(
                    mailbox.push(message(&subject, &round.to_string())),
                    Pushed::Stored
                );
            }
            if round == 3 {
                let expected: Vec<_> = (0..100).map(|key| format!("k.{key}=3")).collect();
                assert_eq!(read(&reader), expected.join(" "));
            }
        }
        mailbox.push(message("k.7", "new"));
        mailbox.push(message("other", "x"));
        let expected: Vec<_> = (0..100)
            .map(|key| format!("k.{key}={}", if key == 7 { "new" } else { "9" }))
            .collect();
        assert_eq!(read(&reader), format!("{} other=x", expected.join(" ")));
        assert_eq!(reader.state.borrow().bytes, 0);
    }

    #[test]
    fn too_many_subjects_are_a_gap() {
        let (mailbox, reader) = limited(2, SlowConsumerPolicy::CoalesceBySubject);
        for subject in ["a", "b", "a", "c", "b", "a"] {
            mailbox.push(message(subject, "x"));
        }
        assert_eq!(read(&reader), "-2 c=x a=x");
    }
}
