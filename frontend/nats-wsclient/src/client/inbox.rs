//! One subscription for the answers to all requests. The last token of an answer's subject says whose it is.

use std::time::Duration;

use futures_channel::oneshot;

use super::RequestError;
use crate::ascending::Ascending;
use crate::proto::{Message, Sid};

type Sender = oneshot::Sender<Result<Message, RequestError>>;

#[derive(Debug)]
pub(super) struct Inbox {
    subject: String,
    last_token: u64,
    waiting: Ascending<u64, Waiting>,
    /// No request has to be answered before this.
    next_deadline: Option<Duration>,
}

#[derive(Debug)]
enum Waiting {
    /// A request, for one answer.
    Request {
        subject: String,
        deadline: Duration,
        sender: Sender,
    },
    /// A page of a live watch, for many.
    Page { watch: Sid, id: u64 },
}

/// An answer that the inbox does not deliver itself.
#[derive(Debug)]
pub(super) enum Answer {
    Page {
        watch: Sid,
        id: u64,
        message: Message,
    },
}

impl Inbox {
    pub(super) fn new(subject: String) -> Self {
        Self {
            subject,
            last_token: 0,
            waiting: Ascending::new(),
            next_deadline: None,
        }
    }

    /// The subject to subscribe to.
    pub(super) fn pattern(&self) -> String {
        format!("{}.*", self.subject)
    }

    /// The subject of the answer with this token.
    pub(super) fn subject(&self, token: u64) -> String {
        format!("{}.{token}", self.subject)
    }

    pub(super) fn expect_answer(
        &mut self,
        subject: &str,
        deadline: Duration,
        sender: Sender,
    ) -> u64 {
        let waiting = Waiting::Request {
            subject: subject.to_owned(),
            deadline,
            sender,
        };
        self.next_deadline = Some(
            self.next_deadline
                .map_or(deadline, |next| next.min(deadline)),
        );
        self.expect(waiting)
    }

    pub(super) fn expect_page(&mut self, watch: Sid, id: u64) -> u64 {
        self.expect(Waiting::Page { watch, id })
    }

    pub(super) fn forget(&mut self, token: u64) {
        self.waiting.remove(token);
    }

    pub(super) fn forget_page(&mut self, token: Option<u64>) {
        token.map(|token| self.waiting.remove(token));
    }

    /// Hands an answer to the request it belongs to. An answer that nobody waits for any more is dropped.
    pub(super) fn deliver(&mut self, message: Message) -> Option<Answer> {
        let token = message
            .subject
            .strip_prefix(&*self.subject)?
            .strip_prefix('.')?;
        let token = token.parse().ok()?;
        if let Waiting::Page { watch, id } = self.waiting.get(token)? {
            let (watch, id) = (*watch, *id);
            return Some(Answer::Page { watch, id, message });
        }
        let result = if message.is_no_responders() {
            Err(RequestError::NoResponders)
        } else {
            Ok(message)
        };
        self.waiting.remove(token)?.answer(result);
        None
    }

    /// Fails the requests whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        if self.next_deadline.is_none_or(|next| now < next) {
            return;
        }
        self.fail_each(
            &RequestError::TimedOut,
            |waiting| matches!(waiting, Waiting::Request { deadline, .. } if *deadline <= now),
        );
        let deadlines = self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Request { deadline, .. } => Some(*deadline),
            Waiting::Page { .. } => None,
        });
        self.next_deadline = deadlines.min();
    }

    /// When [`expire`](Self::expire) may have something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.next_deadline
    }

    /// Fails the requests to a subject that may not be published to.
    pub(super) fn fail_subject(&mut self, denied: &str) {
        let error = RequestError::PermissionDenied {
            subject: denied.to_owned(),
        };
        self.fail_each(
            &error,
            |waiting| matches!(waiting, Waiting::Request { subject, .. } if subject == denied),
        );
    }

    /// Fails all requests, and forgets all pages.
    pub(super) fn fail_all(&mut self, error: &RequestError) {
        self.fail_each(error, |_| true);
        self.next_deadline = None;
    }

    fn fail_each(&mut self, error: &RequestError, wanted: impl Fn(&Waiting) -> bool) {
        for (_, waiting) in self.waiting.remove_where(wanted) {
            waiting.answer(Err(error.clone()));
        }
    }

    fn expect(&mut self, waiting: Waiting) -> u64 {
        self.last_token += 1;
        self.waiting.push(self.last_token, waiting);
        self.last_token
    }
}

impl Waiting {
    /// Tells the one who asked. Nobody is told if that one is gone.
    fn answer(self, result: Result<Message, RequestError>) {
        if let Self::Request { sender, .. } = self {
            let _ = sender.send(result);
        }
    }
}
