//! The stream that an application reads.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::machine::{Mode, PullMachine};
use super::{Pull, PullError};
use crate::client::{Client, Engine, EngineHandle, Outgoing, ReplyTo, SubscribeError, WeakClient};
use crate::jetstream::Message;
use crate::proto::{self, PublishError};

/// Messages of a consumer: see [`Consumer::messages`](crate::jetstream::consumer::Consumer::messages) and
/// [`Consumer::fetch`](crate::jetstream::consumer::Consumer::fetch).
///
/// Dropping it ends it. What was on its way then, and what was not read, is delivered again after the consumer's
/// [`ack_wait`](crate::jetstream::consumer::Config#structfield.ack_wait).
#[derive(Debug)]
pub struct Messages {
    handle: EngineHandle<PullMachine>,
    client: WeakClient,
}

impl Messages {
    /// `next_subject` is where the consumer takes requests.
    pub(in crate::jetstream::consumer) fn fetch(
        client: &Client,
        next_subject: String,
        pull: Pull,
        no_wait: bool,
    ) -> Result<Self, SubscribeError> {
        Self::start(client, next_subject, pull, Mode::Fetch { no_wait })
    }

    /// `next_subject` is where the consumer takes requests.
    pub(in crate::jetstream::consumer) fn all(
        client: &Client,
        next_subject: String,
        pull: Pull,
    ) -> Result<Self, SubscribeError> {
        Self::start(client, next_subject, pull, Mode::Continuous)
    }

    fn start(
        client: &Client,
        next_subject: String,
        pull: Pull,
        mode: Mode,
    ) -> Result<Self, SubscribeError> {
        let machine = PullMachine::new(mode, pull, next_subject, &client.new_inbox());
        Ok(Self {
            handle: client.start_engine(&machine.inbox(), machine)?,
            client: client.downgrade(),
        })
    }

    /// The next message, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Message, PullError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Messages {
    type Item = Result<Message, PullError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.handle.poll(context, PullMachine::poll_item);
        item.map(|item| {
            item.map(|item| {
                let (message, info) = item?;
                Ok(Message::new(message, info, self.client.clone()))
            })
        })
    }
}

impl Engine for PullMachine {
    fn handle_connected(&mut self, now: Duration) {
        self.handle_connected(now);
    }

    fn handle_disconnected(&mut self, _: Duration) {
        self.handle_disconnected();
    }

    fn handle_message(&mut self, now: Duration, message: proto::Message) {
        self.handle_message(now, message);
    }

    /// It makes no requests of this kind: what it asks for comes to its subscription.
    fn handle_reply(&mut self, _: Duration, _: u64, _: proto::Message) {}

    fn handle_denied(&mut self, subject: &str) {
        self.handle_denied(subject);
    }

    fn handle_publish_denied(&mut self, subject: &str) {
        if self.next_subject() == subject {
            self.handle_denied(subject);
        }
    }

    fn handle_unsent(&mut self, now: Duration, id: u64, _: &PublishError) {
        self.handle_unsent(now, id);
    }

    fn handle_timeout(&mut self, now: Duration) {
        self.handle_timeout(now);
    }

    /// Requests end with the subscription that their answers would go to.
    fn handle_dropped(&mut self) {}

    fn poll_timeout(&self) -> Option<Duration> {
        self.poll_timeout()
    }

    fn poll_outgoing(&mut self) -> Option<Outgoing> {
        let request = self.poll_request()?;
        Some(Outgoing {
            id: request.id,
            subject: self.next_subject().to_owned(),
            reply: ReplyTo::Subject(request.reply),
            payload: request.body.into_bytes(),
        })
    }

    fn has_outgoing(&self) -> bool {
        self.wants_more()
    }

    fn has_news(&self) -> bool {
        self.has_items()
    }

    fn is_ended(&self) -> bool {
        self.is_ended()
    }
}
