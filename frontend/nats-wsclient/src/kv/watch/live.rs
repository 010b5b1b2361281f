//! The live watch, as the client drives it.

use std::time::Duration;

use super::Watch;
use crate::client::{Client, Engine, Outgoing, ReplyTo, SubscribeError};
use crate::live::{LiveBucket, LiveMachine};
use crate::proto::{Message, PublishError};

impl Client {
    /// Watches a bucket that republishes its writes: what is in it, and what happens to it, for as long as the watch is
    /// held. See the [module `live`](crate::live) for how.
    ///
    /// # Errors
    /// When its subjects are none, or the client is closed.
    pub fn live(&self, bucket: LiveBucket) -> Result<Watch, SubscribeError> {
        let subject = bucket.live_subject();
        let handle = self.start_engine(&subject, LiveMachine::new(bucket))?;
        Ok(Watch::live(handle))
    }
}

impl Engine for LiveMachine {
    fn handle_connected(&mut self, now: Duration) {
        self.handle_connected(now);
    }

    fn handle_disconnected(&mut self, since: Duration) {
        self.handle_disconnected(since);
    }

    fn handle_message(&mut self, now: Duration, message: Message) {
        self.handle_live(now, &message);
    }

    fn handle_reply(&mut self, now: Duration, id: u64, message: Message) {
        self.handle_page(now, id, &message);
    }

    fn handle_denied(&mut self, subject: &str) {
        self.handle_denied(subject);
    }

    fn handle_publish_denied(&mut self, subject: &str) {
        if self.config().page_subject() == subject {
            self.handle_denied(subject);
        }
    }

    /// What is not sent is not answered: the machine notices that, and asks again.
    fn handle_unsent(&mut self, _: Duration, _: u64, _: &PublishError) {}

    fn handle_timeout(&mut self, now: Duration) {
        self.handle_timeout(now);
    }

    /// The server keeps nothing of a live watch.
    fn handle_dropped(&mut self) {}

    fn poll_timeout(&self) -> Option<Duration> {
        self.poll_timeout()
    }

    fn poll_outgoing(&mut self) -> Option<Outgoing> {
        let page = self.poll_request()?;
        Some(Outgoing {
            id: page.id,
            subject: self.config().page_subject(),
            reply: ReplyTo::Request,
            payload: page.body.into_bytes(),
        })
    }

    /// Reading asks for nothing.
    fn has_outgoing(&self) -> bool {
        false
    }

    fn has_news(&self) -> bool {
        self.has_news()
    }

    fn is_ended(&self) -> bool {
        self.is_ended()
    }
}
