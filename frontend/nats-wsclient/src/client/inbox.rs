//! One subscription for the answers to all requests. The last token of an answer's subject says whose it is.

use std::time::Duration;

use futures_channel::oneshot;

use super::RequestError;
use super::request_many::Enough;
use crate::ascending::Ascending;
use crate::decimal;
use crate::proto::{Message, PublishId, Session, Sid, SubjectError};
use crate::queue::Queue;

type Sender = oneshot::Sender<Result<Message, RequestError>>;

#[derive(Debug)]
pub(super) struct Inbox {
    subject: String,
    /// The subscription, made with the first request.
    sid: Option<Sid>,
    last_token: u64,
    waiting: Ascending<u64, Waiting>,
    /// No request has to be answered before this.
    next_deadline: Option<Duration>,
}

#[derive(Debug)]
enum Waiting {
    /// A request, for one answer.
    Request {
        /// `None`: it is being published.
        published: Option<PublishId>,
        deadline: Duration,
        sender: Sender,
    },
    /// A request, for many answers. Dropping it ends them.
    Many {
        published: Option<PublishId>,
        /// Until when the next answer is waited for.
        deadline: Duration,
        enough: Enough,
        answers: Queue<Result<Message, RequestError>>,
    },
    /// A request of an engine, for many.
    Engine { engine: Sid, id: u64 },
}

/// An answer to an engine, which the inbox does not deliver itself.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) engine: Sid,
    pub(super) id: u64,
    pub(super) message: Message,
}

impl Inbox {
    pub(super) fn new(subject: String) -> Self {
        Self {
            subject,
            sid: None,
            last_token: 0,
            waiting: Ascending::new(),
            next_deadline: None,
        }
    }

    /// Subscribes, unless that was done.
    pub(super) fn listen(&mut self, session: &mut Session) -> Result<(), SubjectError> {
        if self.sid.is_none() {
            self.sid = Some(session.subscribe(&format!("{}.*", self.subject), None)?);
        }
        Ok(())
    }

    /// The subscription was refused. The next request tries again: permissions may change.
    pub(super) fn unlisten(&mut self) {
        self.sid = None;
    }

    /// Whether this is the inbox's subscription.
    pub(super) fn is_heard_on(&self, sid: Sid) -> bool {
        self.sid == Some(sid)
    }

    /// The subject of the answer with this token.
    pub(super) fn subject(&self, token: u64) -> String {
        format!("{}.{token}", self.subject)
    }

    pub(super) fn expect_answer(&mut self, deadline: Duration, sender: Sender) -> u64 {
        self.expire_at(deadline);
        self.expect(Waiting::Request {
            published: None,
            deadline,
            sender,
        })
    }

    pub(super) fn expect_answers(
        &mut self,
        enough: Enough,
        answers: Queue<Result<Message, RequestError>>,
    ) -> u64 {
        self.expire_at(enough.first_deadline);
        self.expect(Waiting::Many {
            published: None,
            deadline: enough.first_deadline,
            enough,
            answers,
        })
    }

    /// The request with this token was published.
    pub(super) fn sent(&mut self, token: u64, id: PublishId) {
        if let Some(Waiting::Request { published, .. } | Waiting::Many { published, .. }) =
            self.waiting.get_mut(token)
        {
            *published = Some(id);
        }
    }

    pub(super) fn expect_reply(&mut self, engine: Sid, id: u64) -> u64 {
        self.expect(Waiting::Engine { engine, id })
    }

    pub(super) fn forget(&mut self, token: u64) {
        self.waiting.remove(token);
    }

    pub(super) fn forget_reply(&mut self, token: Option<u64>) {
        token.map(|token| self.waiting.remove(token));
    }

    /// Hands an answer to the request it belongs to. An answer that nobody waits for any more is dropped.
    pub(super) fn deliver(&mut self, now: Duration, message: Message) -> Option<Reply> {
        let token = message
            .subject
            .strip_prefix(&*self.subject)?
            .strip_prefix('.')?;
        let token = decimal::number(token.as_bytes())?;
        match self.waiting.get_mut(token)? {
            Waiting::Engine { engine, id } => {
                let (engine, id) = (*engine, *id);
                return Some(Reply {
                    engine,
                    id,
                    message,
                });
            }
            Waiting::Many {
                deadline,
                enough,
                answers,
                ..
            } if !message.is_no_responders() => {
                let next = enough.after(now, &message);
                answers.push(Ok(message));
                match next {
                    Some(next) => {
                        *deadline = next;
                        self.expire_at(next);
                    }
                    None => drop(self.waiting.remove(token)),
                }
            }
            Waiting::Request { .. } | Waiting::Many { .. } => {
                let result = if message.is_no_responders() {
                    Err(RequestError::NoResponders)
                } else {
                    Ok(message)
                };
                self.waiting.remove(token)?.answer(result);
            }
        }
        None
    }

    /// Fails the requests whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        if self.next_deadline.is_none_or(|next| now < next) {
            return;
        }
        let is_over = |waiting: &Waiting| waiting.deadline().is_some_and(|at| at <= now);
        for (_, waiting) in self.waiting.remove_where(is_over) {
            match waiting {
                // There were as many as there were.
                Waiting::Many { answers, .. } => drop(answers),
                other => other.answer(Err(RequestError::TimedOut)),
            }
        }
        self.next_deadline = self.waiting.values().filter_map(Waiting::deadline).min();
    }

    /// When [`expire`](Self::expire) may have something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.next_deadline
    }

    /// Fails the request that was published so, which was not permitted.
    pub(super) fn fail_publish(&mut self, id: PublishId, subject: String) {
        self.fail_each(
            &RequestError::PermissionDenied { subject },
            |waiting| matches!(waiting, Waiting::Request { published, .. } | Waiting::Many { published, .. } if *published == Some(id)),
        );
    }

    /// Fails all requests, and forgets those of engines.
    pub(super) fn fail_all(&mut self, error: &RequestError) {
        self.fail_each(error, |_| true);
        self.next_deadline = None;
    }

    fn fail_each(&mut self, error: &RequestError, wanted: impl Fn(&Waiting) -> bool) {
        for (_, waiting) in self.waiting.remove_where(wanted) {
            waiting.answer(Err(error.clone()));
        }
    }

    fn expire_at(&mut self, deadline: Duration) {
        let next = self.next_deadline.unwrap_or(deadline);
        self.next_deadline = Some(next.min(deadline));
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
        match self {
            Self::Request { sender, .. } => drop(sender.send(result)),
            Self::Many { answers, .. } => answers.close_with(result),
            Self::Engine { .. } => {}
        }
    }

    fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Request { deadline, .. } | Self::Many { deadline, .. } => Some(*deadline),
            Self::Engine { .. } => None,
        }
    }
}
