//! State machines that the client drives: the live watch, ordered consumers, pull consumers.
//!
//! An [`Engine`] has one subscription at a time, asks by requests and publishes, and knows no I/O and no clock. The core drives it
//! without knowing what it is; whoever holds its [`EngineHandle`](super::engine_handle::EngineHandle) reads what it has to tell.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::inbox::Inbox;
use crate::proto::{HeaderMap, Message, PublishError, Session, Sid};

/// A state machine that the client drives.
pub(crate) trait Engine {
    /// There is a connection, and the server was told of the subscription.
    fn handle_connected(&mut self, now: Duration);

    /// There is no connection any more; the server was last heard of at `since`. What was sent has no answer.
    fn handle_disconnected(&mut self, since: Duration);

    /// A message arrived on the subscription.
    fn handle_message(&mut self, now: Duration, message: Message);

    /// A reply to the latest request arrived, which has this id. There may be many.
    fn handle_reply(&mut self, now: Duration, id: u64, message: Message);

    /// The server does not permit the subscription, the inbox of a request, or one more subscription.
    fn handle_denied(&mut self, subject: &str);

    /// The server does not permit to publish to this subject. It may be somebody else's.
    fn handle_publish_denied(&mut self, subject: &str);

    /// What has this id could not be sent. Trying again at once does not help.
    fn handle_unsent(&mut self, now: Duration, id: u64, error: &PublishError);

    /// Time has passed.
    fn handle_timeout(&mut self, now: Duration);

    /// Nobody reads any more. What is to be sent after this is the last.
    fn handle_dropped(&mut self);

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    fn poll_timeout(&self) -> Option<Duration>;

    /// A subject to subscribe to in place of the one before, ahead of what is to be sent.
    fn poll_subject(&mut self) -> Option<String> {
        None
    }

    /// The next message to send.
    fn poll_outgoing(&mut self) -> Option<Outgoing>;

    /// Whether [`poll_outgoing`](Self::poll_outgoing) has something.
    fn has_outgoing(&self) -> bool;

    /// Whether there is something for the reader.
    fn has_news(&self) -> bool;

    /// Whether nothing will come any more.
    fn is_ended(&self) -> bool;
}

/// What an engine wants to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) id: u64,
    pub(crate) subject: String,
    pub(crate) reply: ReplyTo,
    pub(crate) payload: Vec<u8>,
}

/// Where the answers to a message go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplyTo {
    Nobody,
    /// This subject, which may be of the engine's subscription.
    Subject(String),
    /// The engine, by [`Engine::handle_reply`], until its next request.
    Request,
}

/// What the client and the reader of an engine share.
pub(super) struct Running<E: ?Sized> {
    /// The subscription, by which the client knows the engine.
    pub(super) sid: Option<Sid>,
    /// The token of the request whose replies are wanted.
    pub(super) token: Option<u64>,
    ended: bool,
    waker: Option<Waker>,
    pub(super) engine: E,
}

/// An engine as the client holds it.
pub(super) type AnyEngine = Rc<RefCell<Running<dyn Engine>>>;

impl<E: Engine> Running<E> {
    pub(super) fn new(engine: E) -> Self {
        Self {
            sid: None,
            token: None,
            ended: false,
            waker: None,
            engine,
        }
    }

    /// What `take` finds, or `None` at the end.
    pub(super) fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&mut E) -> Option<T>,
    ) -> Poll<Option<T>> {
        if let Some(found) = take(&mut self.engine) {
            return Poll::Ready(Some(found));
        }
        if self.ended || self.engine.is_ended() {
            return Poll::Ready(None);
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Running<dyn Engine> {
    /// Wakes the reader if there is something for it.
    pub(super) fn wake_reader(&mut self) {
        let news = self.ended || self.engine.has_news() || self.engine.is_ended();
        if let Some(waker) = self.waker.take_if(|_| news) {
            waker.wake();
        }
    }

    /// Sends what the engine wants to be sent.
    pub(super) fn send_outgoing(
        &mut self,
        session: &mut Session,
        inbox: &mut Inbox,
        now: Duration,
        sid: Sid,
    ) {
        while let Some(outgoing) = self.engine.poll_outgoing() {
            if let Err(error) = self.send(session, inbox, sid, &outgoing) {
                self.engine.handle_unsent(now, outgoing.id, &error);
            }
        }
    }

    fn send(
        &mut self,
        session: &mut Session,
        inbox: &mut Inbox,
        sid: Sid,
        outgoing: &Outgoing,
    ) -> Result<(), PublishError> {
        let inbox_subject;
        let reply = match &outgoing.reply {
            ReplyTo::Nobody => None,
            ReplyTo::Subject(subject) => Some(&**subject),
            ReplyTo::Request => {
                inbox.listen(session)?;
                let token = inbox.expect_reply(sid, outgoing.id);
                inbox.forget_reply(self.token.replace(token));
                inbox_subject = inbox.subject(token);
                Some(&*inbox_subject)
            }
        };
        let sent = session.publish(
            &outgoing.subject,
            reply,
            &HeaderMap::new(),
            &outgoing.payload,
        );
        if sent.is_err() && outgoing.reply == ReplyTo::Request {
            inbox.forget_reply(self.token.take());
        }
        sent.map(|_| ())
    }

    /// The client is closed.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.wake_reader();
    }
}

impl fmt::Debug for Running<dyn Engine> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
