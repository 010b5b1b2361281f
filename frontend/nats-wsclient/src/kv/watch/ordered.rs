//! The watch by an ordered consumer, as a state machine.

use std::time::Duration;

use super::options::Start;
use super::{Outbox, WatchError, WatchOptions, WatchUpdate};
use crate::SyncState;
use crate::client::{Engine, Outgoing};
use crate::jetstream::consumer::ordered::{OrderedMachine, Place};
use crate::jetstream::consumer::{
    DeliverPolicy, OrderedConfig, OrderedError, OrderedEvent, OrderedMessage,
};
use crate::kv::{Entry, MarkerReason, Operation};
use crate::proto::{Message, PublishError};

/// A watch of a bucket by an ordered consumer.
#[derive(Debug)]
pub(crate) struct OrderedWatch {
    consumer: OrderedMachine,
    bucket: String,
    /// What the subjects of the bucket's keys begin with.
    key_prefix: String,
    options: WatchOptions,
    /// Whoever was away for longer cannot learn what was deleted, and takes everything anew.
    markers_last: Duration,
    lost_at: Option<Duration>,
    outbox: Outbox,
    error: Option<WatchError>,
}

impl OrderedWatch {
    /// A watch that waits for a connection.
    pub(crate) fn new(
        place: Place,
        bucket: &str,
        key_prefix: &str,
        options: WatchOptions,
        markers_last: Duration,
    ) -> Self {
        Self {
            consumer: OrderedMachine::new(place, consumer(key_prefix, &options)),
            bucket: bucket.to_owned(),
            key_prefix: key_prefix.to_owned(),
            outbox: Outbox::new(options.start == Start::History),
            options,
            markers_last,
            lost_at: None,
            error: None,
        }
    }

    /// The subject to subscribe to.
    pub(crate) fn subject(&self) -> String {
        self.consumer.subject()
    }

    pub(crate) fn poll_update(&mut self) -> Option<WatchUpdate> {
        self.outbox.take()
    }

    pub(crate) fn poll_error(&mut self) -> Option<WatchError> {
        self.error.take()
    }

    /// Takes over what the consumer has to tell.
    fn absorb(&mut self) {
        while let Some(event) = self.consumer.poll_event() {
            match event {
                Ok(OrderedEvent::Message(message)) => self.deliver(message),
                Ok(OrderedEvent::State(state)) => {
                    if state == SyncState::Live {
                        self.outbox.release();
                    }
                    self.outbox.set_state(state);
                }
                Ok(OrderedEvent::Reset) => self.outbox.restart(),
                Err(error) => {
                    self.error = Some(self.told(error));
                    self.outbox.ripen();
                }
            }
        }
    }

    fn deliver(&mut self, delivered: OrderedMessage) {
        let OrderedMessage {
            message,
            sequence,
            published,
            pending,
            ..
        } = delivered;
        if self.outbox.state() == SyncState::Live {
            self.outbox.ripen();
        } else {
            self.outbox.ripen_in_pieces(pending);
        }
        let Some(key) = message.subject.strip_prefix(&*self.key_prefix) else {
            return;
        };
        let entry = Entry {
            key: key.to_owned(),
            value: message.payload,
            revision: sequence,
            delta: pending,
            created: published,
            operation: Operation::of(&message.headers),
            marker: MarkerReason::of(&message.headers),
        };
        if self.options.wants(&entry) {
            self.outbox.push(entry);
        }
    }

    fn told(&self, error: OrderedError) -> WatchError {
        let bucket = self.bucket.clone();
        match error {
            OrderedError::StreamMissing { .. } | OrderedError::NoResponders => {
                WatchError::BucketMissing { bucket }
            }
            OrderedError::NoAnswer { .. } => WatchError::NoAnswer { bucket },
            OrderedError::Denied { subject } => WatchError::Denied { subject },
            OrderedError::Refused(error) => WatchError::Unexpected {
                bucket,
                code: error.code,
                description: error.description,
            },
            OrderedError::Malformed => WatchError::Malformed {
                subject: self.consumer.subject(),
            },
        }
    }
}

/// The consumer that delivers what is wanted.
fn consumer(key_prefix: &str, options: &WatchOptions) -> OrderedConfig {
    let everything = [">".to_owned()];
    let filters = match options.server_filters() {
        [] => &everything[..],
        filters => filters,
    };
    let subjects = filters.iter().map(|filter| format!("{key_prefix}{filter}"));
    let config = OrderedConfig::new().filter_subjects(subjects);
    let config = match options.start {
        Start::Last => config
            .deliver_policy(DeliverPolicy::LastPerSubject)
            .for_a_copy(),
        Start::History => config.for_a_copy(),
        Start::Updates => config.deliver_policy(DeliverPolicy::New),
        Start::Revision(revision) => config.start_sequence(revision.max(1)),
    };
    if options.headers_only {
        config.headers_only()
    } else {
        config
    }
}

impl Engine for OrderedWatch {
    fn handle_connected(&mut self, now: Duration) {
        let lost_at = self.lost_at.take().unwrap_or(now);
        if now.saturating_sub(lost_at) > self.markers_last {
            self.consumer.start_over(now);
        }
        self.consumer.handle_connected(now);
        self.absorb();
    }

    fn handle_disconnected(&mut self, since: Duration) {
        self.lost_at = Some(since);
        self.consumer.handle_disconnected(since);
        self.absorb();
    }

    fn handle_message(&mut self, now: Duration, message: Message) {
        self.consumer.handle_message(now, message);
        self.absorb();
    }

    fn handle_reply(&mut self, now: Duration, id: u64, message: Message) {
        self.consumer.handle_reply(now, id, message);
        self.absorb();
    }

    fn handle_denied(&mut self, subject: &str) {
        self.consumer.handle_denied(subject);
        self.absorb();
    }

    fn handle_publish_denied(&mut self, subject: &str) {
        self.consumer.handle_publish_denied(subject);
        self.absorb();
    }

    fn handle_unsent(&mut self, now: Duration, id: u64, error: &PublishError) {
        self.consumer.handle_unsent(now, id, error);
        self.absorb();
    }

    fn handle_timeout(&mut self, now: Duration) {
        self.consumer.handle_timeout(now);
        self.absorb();
    }

    fn handle_dropped(&mut self) {
        self.consumer.handle_dropped();
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.consumer.poll_timeout()
    }

    fn poll_subject(&mut self) -> Option<String> {
        self.consumer.poll_subject()
    }

    fn poll_outgoing(&mut self) -> Option<Outgoing> {
        self.consumer.poll_outgoing()
    }

    /// Reading asks for nothing.
    fn has_outgoing(&self) -> bool {
        false
    }

    fn has_news(&self) -> bool {
        self.error.is_some() || self.outbox.has_news()
    }

    fn is_ended(&self) -> bool {
        self.consumer.is_ended()
    }
}
