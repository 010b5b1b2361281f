//! The client as the application holds it.

use std::rc::Rc;
use std::time::Duration;

use super::drain::DrainError;
use super::driver::Inner;
use super::observe::{Events, FlushError, StatusChanges};
use super::request::{PendingAnswer, Request, RequestError};
use super::request_many::{Answers, Enough, RequestMany};
use super::subscription::{SubscribeError, SubscribeOptions, Subscription};
use crate::proto::{HeaderMap, Message, PublishError, ServerInfo, ServerUrl, Statistics, Status};

/// A connection to a NATS server, which is made again whenever it is lost.
///
/// Clones are cheap and are the same client. It is closed by [`close`](Self::close), and when the last clone is dropped;
/// subscriptions and watches do not keep it.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) inner: Rc<Inner>,
}

impl Client {
    pub(super) fn new(inner: Rc<Inner>) -> Self {
        Self { inner }
    }

    // ---- Whether the server is there --------------------------------------------------------------------------------

    /// Waits until the server has processed everything that was published before.
    ///
    /// # Errors
    /// When the connection is, or gets, lost.
    pub async fn flush(&self) -> Result<(), FlushError> {
        self.rtt().await.map(|_| ())
    }

    /// Measures how long the server takes to answer.
    ///
    /// # Errors
    /// When the connection is, or gets, lost.
    pub async fn rtt(&self) -> Result<Duration, FlushError> {
        let (sent, pong) = self.inner.write(|core, now| (now, core.ping()));
        let answered = pong.ok_or(FlushError)?.await.map_err(|_| FlushError)?;
        Ok(answered.saturating_sub(sent))
    }

    // ---- Request ----------------------------------------------------------------------------------------------------

    /// Publishes a request and waits for its answer. Dropping the future stops waiting.
    ///
    /// # Errors
    /// When there is none; see [`RequestError`].
    pub async fn request(
        &self,
        subject: impl AsRef<str>,
        payload: impl AsRef<[u8]>,
    ) -> Result<Message, RequestError> {
        self.request_with_headers(subject, &HeaderMap::new(), payload)
            .await
    }

    /// Publishes a request with headers and waits for its answer.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn request_with_headers(
        &self,
        subject: impl AsRef<str>,
        headers: &HeaderMap,
        payload: impl AsRef<[u8]>,
    ) -> Result<Message, RequestError> {
        self.ask(subject.as_ref(), headers, payload.as_ref(), None)
            .await
    }

    /// Publishes a request with a timeout of its own and waits for its answer.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn send_request(
        &self,
        subject: impl AsRef<str>,
        request: Request,
    ) -> Result<Message, RequestError> {
        let Request {
            headers,
            payload,
            timeout,
        } = request;
        self.ask(subject.as_ref(), &headers, &payload, timeout)
            .await
    }

    /// Publishes a request and receives its answers until there are enough of them, which [`RequestMany`] defines.
    ///
    /// # Errors
    /// When it cannot be sent. Whatever happens later is an item of the stream.
    pub fn request_many(
        &self,
        subject: impl AsRef<str>,
        request: RequestMany,
    ) -> Result<Answers, PublishError> {
        let subject = subject.as_ref();
        let max_wait = request.max_wait.unwrap_or(self.inner.request_timeout());
        let (token, reader) = self.inner.write(|core, now| {
            let first = request.stall.filter(|_| request.stalls_at_first);
            let enough = Enough {
                deadline: now.saturating_add(max_wait),
                first_deadline: now.saturating_add(first.unwrap_or(max_wait).min(max_wait)),
                stall: request.stall,
                messages_left: request.max_messages,
                sentinel: request.sentinel,
            };
            core.request_many(subject, &request.headers, &request.payload, enough)
        })?;
        Ok(Answers::new(Rc::downgrade(&self.inner), token, reader))
    }

    async fn ask(
        &self,
        subject: &str,
        headers: &HeaderMap,
        payload: &[u8],
        timeout: Option<Duration>,
    ) -> Result<Message, RequestError> {
        self.start_request(subject, headers, payload, timeout)?
            .await
    }

    /// Publishes a request; the answer is waited for apart from that.
    pub(crate) fn start_request(
        &self,
        subject: &str,
        headers: &HeaderMap,
        payload: &[u8],
        timeout: Option<Duration>,
    ) -> Result<PendingAnswer, PublishError> {
        let timeout = timeout.unwrap_or(self.inner.request_timeout());
        let (token, receiver) = self.inner.write(|core, now| {
            core.request(subject, headers, payload, now.saturating_add(timeout))
        })?;
        let inner = Rc::downgrade(&self.inner);
        Ok(PendingAnswer::new(inner, token, receiver))
    }

    /// How long an answer may take.
    #[cfg(feature = "jetstream")]
    pub(crate) fn request_timeout(&self) -> Duration {
        self.inner.request_timeout()
    }

    /// What ends with [`RequestError::TimedOut`] after that time, or with an error before it, when the connection is lost.
    #[cfg(feature = "jetstream")]
    pub(crate) fn pause(&self, time: Duration) -> PendingAnswer {
        let (token, receiver) = self
            .inner
            .write(|core, now| core.pause(now.saturating_add(time)));
        PendingAnswer::new(Rc::downgrade(&self.inner), token, receiver)
    }

    /// A subject for answers that nobody else has, below the inbox prefix.
    pub fn new_inbox(&self) -> String {
        format!("{}.{}", self.inner.inbox_prefix(), self.nuid())
    }

    /// A new identifier, as NATS writes them (NUID).
    pub(crate) fn nuid(&self) -> String {
        self.inner.nuid()
    }

    // ---- Subscribe --------------------------------------------------------------------------------------------------

    /// Subscribes to a subject, which may have wildcards. Without a connection it takes effect with the next one.
    ///
    /// # Errors
    /// When it is not a subject, or the client is closed. Whether it is permitted turns out later, and is the
    /// subscription's last item.
    pub fn subscribe(&self, subject: impl AsRef<str>) -> Result<Subscription, SubscribeError> {
        self.subscribe_with(subject, SubscribeOptions::new())
    }

    /// Subscribes as a member of a queue group: each message goes to one of its members.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn queue_subscribe(
        &self,
        subject: impl AsRef<str>,
        group: impl AsRef<str>,
    ) -> Result<Subscription, SubscribeError> {
        let group = group.as_ref().to_owned();
        self.subscribe_with(subject, SubscribeOptions::new().queue_group(group))
    }

    /// Subscribes with a queue group, limits, and what happens beyond them.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn subscribe_with(
        &self,
        subject: impl AsRef<str>,
        options: SubscribeOptions,
    ) -> Result<Subscription, SubscribeError> {
        self.check_open()?;
        let (sid, reader) = self
            .inner
            .write(|core, _| core.subscribe(subject.as_ref(), &options))?;
        Ok(Subscription::new(Rc::downgrade(&self.inner), sid, reader))
    }

    // ---- The connection ---------------------------------------------------------------------------------------------

    /// How the connection is doing.
    pub fn status(&self) -> Status {
        self.inner.read(|core| core.status.get())
    }

    /// How the connection is doing, from now on.
    pub fn status_changes(&self) -> StatusChanges {
        StatusChanges::new(self.inner.read(|core| core.status.watch()))
    }

    /// What happens to the client, from now on.
    pub fn events(&self) -> Events {
        Events::new(self.inner.write(|core, _| core.events()))
    }

    /// What the server last said about itself; `None` before the first connection.
    pub fn server_info(&self) -> Option<ServerInfo> {
        self.inner.read(|core| core.session.server_info().cloned())
    }

    /// The address of the server that is connected to, or dialled, or was last.
    pub fn server_url(&self) -> Option<ServerUrl> {
        self.inner.read(|core| core.session.url().cloned())
    }

    /// The largest message in bytes, headers included, that can be published.
    pub fn max_payload(&self) -> usize {
        self.inner.read(|core| core.session.max_payload())
    }

    /// What went through since the client was made, across reconnects.
    pub fn statistics(&self) -> Statistics {
        self.inner.read(|core| core.session.statistics())
    }

    /// The client's clock, which [`Status::Reconnecting`] and [`SyncState::Stale`](crate::SyncState::Stale) refer to:
    /// the time since the Unix epoch, and it never goes back.
    pub fn now(&self) -> Duration {
        self.inner.now()
    }

    /// Closes the connection and makes a new one.
    pub fn force_reconnect(&self) {
        self.inner
            .drive(|core, now| core.session.force_reconnect(now));
    }

    /// Sends what was published, and closes the client for good: all its clones, subscriptions and watches end.
    ///
    /// # Errors
    /// When there was no connection to send it over, or it was lost meanwhile. The client is closed all the same.
    pub async fn close(&self) -> Result<(), FlushError> {
        let flushed = self.flush().await;
        self.inner.drive(|core, now| core.session.close(now));
        flushed
    }

    /// Ends the client without losing anything: subscriptions receive what is on its way to them, their readers read
    /// it (and may publish answers), everything that was published is confirmed by the server, and then the client is
    /// closed as by [`close`](Self::close). Meanwhile there are no new subscriptions. Without a connection it waits
    /// for one if messages are kept for it. Whoever drops the future stops waiting, not the draining.
    ///
    /// # Errors
    /// When that takes longer than the [`drain_timeout`](super::ConnectOptions::drain_timeout), or the connection is
    /// lost before everything was confirmed. The client is closed all the same.
    pub async fn drain(&self) -> Result<(), DrainError> {
        let timeout = self.inner.drain_timeout();
        let drained = self
            .inner
            .write(|core, now| core.drain(now.saturating_add(timeout)));
        // It was closed by somebody else, or is closed already.
        drained.await.unwrap_or(Ok(()))
    }

    pub(super) fn check_open(&self) -> Result<(), SubscribeError> {
        if self.inner.read(|core| core.drain.is_some()) || self.status().is_closed() {
            return Err(SubscribeError::Closed);
        }
        Ok(())
    }
}
