//! Dispatches what the session says to those who wait for it. No I/O, no clock.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::task::Waker;
use std::time::Duration;

use futures_channel::oneshot;

use super::RequestError;
use super::drain::Drain;
use super::engine::{AnyEngine, Engine, Running};
use super::inbox::{Inbox, Reply};
use super::mailbox::{Limits, Mailbox, MailboxReader, Pushed, mailbox};
use super::observe::ClientEvent;
use super::publish::PublishPolicy;
use super::request_many::Enough;
use super::subscription::{SubscribeOptions, SubscriptionError};
use crate::ascending::Ascending;
use crate::proto::{
    Event, HeaderMap, Message, PingId, PublishError, PublishId, ServerError, Session, Sid, Status,
    SubjectError,
};
use crate::queue::{Queue, Reader, queue};
use crate::watched::Watched;

/// How many events wait for a reader that does not come.
const EVENTS: usize = 256;

/// How many bytes wait for the reader of a subscription that does not come, unless it says otherwise.
const SUBSCRIPTION_BYTES: usize = 64 * 1_024 * 1_024;

/// The inside of the client that waits for nothing.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) session: Session,
    /// The platform was asked to call back at the end of what runs now.
    pub(super) flush_is_due: bool,
    pub(super) status: Watched<Status>,
    inbox: Inbox,
    pub(super) subscriptions: Ascending<Sid, Mailbox>,
    capacity: usize,
    engines: Ascending<Sid, AnyEngine>,
    pub(super) policy: PublishPolicy,
    /// Who waits for the fate of what was published, in the order of the numbers.
    pub(super) fates: Vec<(PublishId, Waker)>,
    /// Who waits until something can be sent, in their order.
    pub(super) writers: Vec<Waker>,
    /// Answers come in the order of the questions.
    pings: VecDeque<(PingId, oneshot::Sender<Duration>)>,
    events: Vec<Queue<ClientEvent>>,
    pub(super) drain: Option<Drain>,
}

impl Core {
    /// `inbox` is the subject of the client's inbox; answers arrive one token below it.
    pub(super) fn new(
        session: Session,
        inbox: String,
        capacity: usize,
        policy: PublishPolicy,
    ) -> Self {
        Self {
            status: Watched::new(session.status().clone()),
            session,
            flush_is_due: false,
            inbox: Inbox::new(inbox),
            subscriptions: Ascending::new(),
            capacity,
            engines: Ascending::new(),
            policy,
            fates: Vec::new(),
            writers: Vec::new(),
            pings: VecDeque::new(),
            events: Vec::new(),
            drain: None,
        }
    }

    /// Does everything that is due, but for I/O.
    pub(super) fn process(&mut self, now: Duration) {
        loop {
            let Self {
                inbox,
                subscriptions,
                engines,
                ..
            } = self;
            let deliver = |sid, message| deliver(inbox, subscriptions, engines, now, sid, message);
            match self.session.poll_event_with(deliver) {
                ControlFlow::Continue(Some(event)) => self.handle(now, event),
                ControlFlow::Continue(None) => break,
                ControlFlow::Break((sid, gap)) => self.handle_gap(sid, gap),
            }
        }
        self.inbox.expire(now);
        self.go_on_draining(now);
        if self.session.take_fate_news() {
            self.wake_publishers();
        }
        self.each_engine(|running| running.engine.handle_timeout(now));
        self.move_engines();
        for (sid, running) in self.engines.iter() {
            let mut running = running.borrow_mut();
            running.send_outgoing(&mut self.session, &mut self.inbox, now, sid);
            running.wake_reader();
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let engines = self
            .engines
            .values()
            .filter_map(|running| running.borrow().engine.poll_timeout());
        let others = [
            self.session.poll_timeout(),
            self.inbox.poll_timeout(),
            self.drain_timeout(),
        ];
        engines.chain(others.into_iter().flatten()).min()
    }

    // ---- What the application wants ---------------------------------------------------------------------------------

    /// Publishes a request whose answer is sent to the receiver, until `deadline`.
    pub(super) fn request(
        &mut self,
        subject: &str,
        headers: &HeaderMap,
        payload: &[u8],
        deadline: Duration,
    ) -> Result<(u64, oneshot::Receiver<Result<Message, RequestError>>), PublishError> {
        self.inbox.listen(&mut self.session)?;
        let (sender, receiver) = oneshot::channel();
        let token = self.inbox.expect_answer(deadline, sender);
        self.publish_request(token, subject, headers, payload)?;
        Ok((token, receiver))
    }

    /// Publishes a request whose answers are sent to the reader until there are enough of them.
    pub(super) fn request_many(
        &mut self,
        subject: &str,
        headers: &HeaderMap,
        payload: &[u8],
        enough: Enough,
    ) -> Result<(u64, Reader<Result<Message, RequestError>>), PublishError> {
        self.inbox.listen(&mut self.session)?;
        let (answers, reader) = queue(self.capacity);
        let token = self.inbox.expect_answers(enough, answers);
        self.publish_request(token, subject, headers, payload)?;
        Ok((token, reader))
    }

    fn publish_request(
        &mut self,
        token: u64,
        subject: &str,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        let reply = self.inbox.subject(token);
        let published = self
            .session
            .publish(subject, Some(&reply), headers, payload);
        match &published {
            Ok(id) => self.inbox.sent(token, *id),
            Err(_) => self.inbox.forget(token),
        }
        published.map(|_| ())
    }

    /// A request that is never sent: at the deadline it fails as one that has no answer.
    #[cfg(feature = "jetstream")]
    pub(super) fn pause(
        &mut self,
        deadline: Duration,
    ) -> (u64, oneshot::Receiver<Result<Message, RequestError>>) {
        let (sender, receiver) = oneshot::channel();
        let token = self.inbox.expect_answer(deadline, sender);
        (token, receiver)
    }

    /// Nobody waits for the answer any more.
    pub(super) fn forget_request(&mut self, token: u64) {
        self.inbox.forget(token);
    }

    pub(super) fn subscribe(
        &mut self,
        subject: &str,
        options: &SubscribeOptions,
    ) -> Result<(Sid, MailboxReader), SubjectError> {
        let sid = self
            .session
            .subscribe(subject, options.queue_group.as_deref())?;
        let (mailbox, reader) = mailbox(Limits {
            messages: options.capacity.unwrap_or(self.capacity),
            bytes: options.max_bytes.unwrap_or(SUBSCRIPTION_BYTES),
            policy: options.policy,
        });
        self.subscriptions.push(sid, mailbox);
        if let Some(max) = options.max_messages {
            self.session.unsubscribe_after(sid, max);
        }
        Ok((sid, reader))
    }

    pub(super) fn unsubscribe(&mut self, sid: Sid) {
        self.session.unsubscribe(sid);
        self.subscriptions.remove(sid);
        self.was_read(sid);
    }

    /// Drives an engine from now on.
    #[cfg(feature = "jetstream")]
    pub(super) fn start_engine(
        &mut self,
        now: Duration,
        subject: &str,
        running: AnyEngine,
    ) -> Result<(), SubjectError> {
        let sid = self.session.subscribe(subject, None)?;
        running.borrow_mut().sid = Some(sid);
        if self.session.status().is_connected() {
            running.borrow_mut().engine.handle_connected(now);
        }
        self.engines.push(sid, running);
        Ok(())
    }

    /// Gives the engines the subscriptions that they want in place of those that they have.
    fn move_engines(&mut self) {
        let wish = |(sid, running): (Sid, &AnyEngine)| {
            let subject = running.borrow_mut().engine.poll_subject();
            subject.map(|subject| (sid, subject))
        };
        let wishes: Vec<_> = self.engines.iter().filter_map(wish).collect();
        for (before, subject) in wishes {
            let Some(running) = self.engines.remove(before) else {
                continue;
            };
            self.inbox.forget_reply(running.borrow_mut().token.take());
            self.session.unsubscribe(before);
            match self.session.subscribe(&subject, None) {
                Ok(sid) => {
                    running.borrow_mut().sid = Some(sid);
                    self.engines.push(sid, running);
                }
                Err(_) => {
                    let mut running = running.borrow_mut();
                    running.engine.handle_denied(&subject);
                    running.wake_reader();
                }
            }
        }
    }

    /// Nobody reads an engine any more.
    #[cfg(feature = "jetstream")]
    pub(super) fn stop_engine(&mut self, now: Duration, sid: Sid) {
        if let Some(running) = self.engines.remove(sid) {
            let mut running = running.borrow_mut();
            running.engine.handle_dropped();
            running.send_outgoing(&mut self.session, &mut self.inbox, now, sid);
            self.inbox.forget_reply(running.token.take());
        }
        self.session.unsubscribe(sid);
    }

    /// Asks the server to answer once everything before was processed. The receiver gets the time of the answer.
    pub(super) fn ping(&mut self) -> Option<oneshot::Receiver<Duration>> {
        let id = self.session.ping()?;
        let (sender, receiver) = oneshot::channel();
        self.pings.push_back((id, sender));
        Some(receiver)
    }

    pub(super) fn events(&mut self) -> Reader<ClientEvent> {
        let (sender, reader) = queue(EVENTS);
        if !self.session.status().is_closed() {
            self.events.push(sender);
        }
        reader
    }

    pub(super) fn tell(&mut self, event: &ClientEvent) {
        self.events.retain(|reader| !reader.is_abandoned());
        for reader in &self.events {
            reader.push(event.clone());
        }
    }

    // ---- What happened ----------------------------------------------------------------------------------------------

    fn handle(&mut self, now: Duration, event: Event) {
        match event {
            Event::Message { sid, message } => {
                let delivered = deliver(
                    &mut self.inbox,
                    &self.subscriptions,
                    &self.engines,
                    now,
                    sid,
                    message,
                );
                if let ControlFlow::Break((sid, gap)) = delivered {
                    self.handle_gap(sid, gap);
                }
            }
            Event::Pong(id) => {
                if let Some((_, sender)) = self.pings.pop_front_if(|(ping, _)| *ping == id) {
                    // Nobody is told if whoever asked is gone.
                    let _ = sender.send(now);
                }
            }
            Event::Connected => {
                self.tell(&ClientEvent::Connected);
                self.wake_writers();
                self.each_engine(|running| running.engine.handle_connected(now));
            }
            Event::Disconnected(cause) => {
                self.tell(&ClientEvent::Disconnected(cause));
                self.handle_disconnected(now);
            }
            Event::LameDuck => self.tell(&ClientEvent::LameDuck),
            Event::RenewalFailed { reason } => self.tell(&ClientEvent::RenewalFailed { reason }),
            Event::StatusChanged => {
                let status = self.session.status().clone();
                if status.is_closed() {
                    self.end();
                }
                self.status.set(status);
            }
            Event::SubscriptionDenied { sid, subject } => {
                let to_requests = RequestError::PermissionDenied {
                    subject: subject.clone(),
                };
                let to_reader = SubscriptionError::Denied {
                    subject: subject.clone(),
                };
                self.handle_refused_subscription(sid, &subject, &to_requests, to_reader);
            }
            Event::TooManySubscriptions { sid, subject } => {
                let to_requests = RequestError::TooManySubscriptions;
                let to_reader = SubscriptionError::TooMany {
                    subject: subject.clone(),
                };
                self.handle_refused_subscription(sid, &subject, &to_requests, to_reader);
            }
            // Dropping its mailbox lets the reader find the end.
            Event::SubscriptionEnded(sid) => drop(self.subscriptions.remove(sid)),
            Event::PublishDenied { id, subject } => self.inbox.fail_publish(id, subject),
            Event::ServerError(error) => self.handle_error(error),
        }
    }

    /// A subscription has no place for what it received.
    fn handle_gap(&mut self, sid: Sid, gap: Pushed) {
        let subject = self.session.subject_of(sid).unwrap_or_default().to_owned();
        self.tell(&ClientEvent::SlowConsumer { subject });
        if gap == Pushed::Failed {
            self.session.unsubscribe(sid);
            self.subscriptions.remove(sid);
        }
    }

    fn handle_disconnected(&mut self, now: Duration) {
        self.inbox.fail_all(&RequestError::Disconnected);
        // Dropped senders tell that there will be no answer.
        self.pings.clear();
        let since = match self.session.status() {
            Status::Reconnecting { since, .. } => *since,
            _ => now,
        };
        self.each_engine(|running| {
            running.token = None;
            running.engine.handle_disconnected(since);
        });
    }

    /// The server refuses a subscription: with what to tell those who wait for requests, if it is the inbox, and whoever
    /// reads it otherwise.
    fn handle_refused_subscription(
        &mut self,
        sid: Sid,
        subject: &str,
        to_requests: &RequestError,
        to_reader: SubscriptionError,
    ) {
        if self.inbox.is_heard_on(sid) {
            // The next request tries again: permissions and limits may change.
            self.inbox.unlisten();
            self.inbox.fail_all(to_requests);
            self.deny_inbox_to_engines(subject);
        } else if let Some(mailbox) = self.subscriptions.remove(sid) {
            mailbox.close_with(to_reader);
        } else if let Some(running) = self.engines.get(sid) {
            running.borrow_mut().engine.handle_denied(subject);
        }
    }

    fn handle_error(&mut self, error: ServerError) {
        if let ServerError::PublishDenied { subject } = &error {
            self.each_engine(|running| running.engine.handle_publish_denied(subject));
        }
        self.tell(&ClientEvent::ServerError(error));
    }

    /// Tells the engines that wait for a reply.
    fn deny_inbox_to_engines(&self, subject: &str) {
        self.each_engine(|running| {
            if running.token.take().is_some() {
                running.engine.handle_denied(subject);
            }
        });
    }

    fn each_engine(&self, mut change: impl FnMut(&mut Running<dyn Engine>)) {
        for running in self.engines.values() {
            change(&mut running.borrow_mut());
        }
    }

    /// Lets everybody find the end.
    fn end(&mut self) {
        self.inbox.fail_all(&RequestError::Closed);
        self.pings.clear();
        self.wake_publishers();
        for (_, waker) in self.fates.drain(..) {
            waker.wake();
        }
        self.subscriptions.clear();
        self.tell(&ClientEvent::Closed);
        self.events.clear();
        // Dropped senders tell that the client was closed.
        self.drain = None;
        self.each_engine(Running::end);
        self.engines.clear();
    }
}

/// Hands a message to whoever it is for. Breaks off if there is no place for it, and that is news.
fn deliver(
    inbox: &mut Inbox,
    subscriptions: &Ascending<Sid, Mailbox>,
    engines: &Ascending<Sid, AnyEngine>,
    now: Duration,
    sid: Sid,
    message: Message,
) -> ControlFlow<(Sid, Pushed)> {
    if let Some(mailbox) = subscriptions.get(sid) {
        match mailbox.push(message) {
            Pushed::Stored | Pushed::Dropped => {}
            gap => return ControlFlow::Break((sid, gap)),
        }
    } else if inbox.is_heard_on(sid) {
        if let Some(Reply {
            engine,
            id,
            message,
        }) = inbox.deliver(now, message)
            && let Some(running) = engines.get(engine)
        {
            running.borrow_mut().engine.handle_reply(now, id, message);
        }
    } else if let Some(running) = engines.get(sid) {
        running.borrow_mut().engine.handle_message(now, message);
    }
    ControlFlow::Continue(())
}

/// The last clone of the client has gone.
impl Drop for Core {
    fn drop(&mut self) {
        self.end();
        if !self.status.get().is_closed() {
            self.status.set(Status::Closed { cause: None });
        }
    }
}
