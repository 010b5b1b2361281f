//! One subscription for the answers to all requests. The last token of an answer's subject says whose it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_channel::oneshot;

use super::RequestError;
use crate::proto::{Message, Sid};

type Sender = oneshot::Sender<Result<Message, RequestError>>;

#[derive(Debug)]
pub(super) struct Inbox {
    subject: String,
    last_token: u64,
    waiting: BTreeMap<u64, Waiting>,
    deadlines: BTreeSet<(Duration, u64)>,
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
            waiting: BTreeMap::new(),
            deadlines: BTreeSet::new(),
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
        let token = self.expect(waiting);
        self.deadlines.insert((deadline, token));
        token
    }

    pub(super) fn expect_page(&mut self, watch: Sid, id: u64) -> u64 {
        self.expect(Waiting::Page { watch, id })
    }

    pub(super) fn forget(&mut self, token: u64) {
        self.take(token);
    }

    pub(super) fn forget_page(&mut self, token: Option<u64>) {
        token.map(|token| self.waiting.remove(&token));
    }

    /// Hands an answer to the request it belongs to. An answer that nobody waits for any more is dropped.
    pub(super) fn deliver(&mut self, message: Message) -> Option<Answer> {
        let token = message
            .subject
            .strip_prefix(&*self.subject)?
            .strip_prefix('.')?;
        let token = token.parse().ok()?;
        if let Waiting::Page { watch, id } = self.waiting.get(&token)? {
            let (watch, id) = (*watch, *id);
            return Some(Answer::Page { watch, id, message });
        }
        let result = if message.is_no_responders() {
            Err(RequestError::NoResponders)
        } else {
            Ok(message)
        };
        self.answer(token, result);
        None
    }

    /// Fails the requests whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        while let Some(&(deadline, token)) = self.deadlines.first()
            && deadline <= now
        {
            self.answer(token, Err(RequestError::TimedOut));
        }
    }

    /// When [`expire`](Self::expire) has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// Fails the requests to a subject that may not be published to.
    pub(super) fn fail_subject(&mut self, denied: &str) {
        let tokens = self
            .waiting
            .iter()
            .filter_map(|(token, waiting)| match waiting {
                Waiting::Request { subject, .. } if subject == denied => Some(*token),
                _ => None,
            });
        for token in tokens.collect::<Vec<_>>() {
            let error = RequestError::PermissionDenied {
                subject: denied.to_owned(),
            };
            self.answer(token, Err(error));
        }
    }

    /// Fails all requests, and forgets all pages.
    pub(super) fn fail_all(&mut self, error: &RequestError) {
        for token in self.waiting.keys().copied().collect::<Vec<_>>() {
            self.answer(token, Err(error.clone()));
        }
    }

    fn expect(&mut self, waiting: Waiting) -> u64 {
        self.last_token += 1;
        self.waiting.insert(self.last_token, waiting);
        self.last_token
    }

    fn answer(&mut self, token: u64, result: Result<Message, RequestError>) {
        if let Some(Waiting::Request { sender, .. }) = self.take(token) {
            // Nobody is told if whoever asked is gone.
            let _ = sender.send(result);
        }
    }

    fn take(&mut self, token: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&token)?;
        if let Waiting::Request { deadline, .. } = waiting {
            self.deadlines.remove(&(deadline, token));
        }
        Some(waiting)
    }
}
