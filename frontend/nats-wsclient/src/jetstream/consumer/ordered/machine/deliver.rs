//! What the consumer delivers.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Item, OrderedMachine, Sequences, Work};
use crate::SyncState;
use crate::client::ReplyTo;
use crate::jetstream::MessageInfo;
use crate::jetstream::consumer::ordered::{OrderedError, OrderedEvent, OrderedMessage};
use crate::proto::Message;

impl OrderedMachine {
    pub(super) fn handle_delivery(&mut self, now: Duration, message: Message) {
        let Some(info) = message.reply.as_deref().and_then(MessageInfo::parse) else {
            self.fail(now, OrderedError::Malformed);
            return;
        };
        let is_next = info.consumer_sequence == self.last.consumer + 1;
        if !is_next || info.stream_sequence <= self.last.stream {
            self.make_anew(now);
            return;
        }
        self.last = Sequences {
            consumer: info.consumer_sequence,
            stream: info.stream_sequence,
        };
        self.failures = 0;
        let delivered = OrderedMessage {
            message,
            sequence: info.stream_sequence,
            published: info.published,
            pending: info.pending,
        };
        if self.unproven.is_none() {
            self.lineage.delivered(&delivered);
        }
        let event = Item::Event(Ok(OrderedEvent::Message(delivered)));
        self.waiting().push_back(event);
        if info.pending == 0 {
            self.caught_up = true;
            self.become_live();
        }
    }

    pub(super) fn handle_heartbeat(&mut self, now: Duration, message: &Message) {
        let headers = &message.headers;
        if headers.number("Nats-Last-Consumer") != Some(self.last.consumer) {
            // The last messages were lost.
            self.make_anew(now);
        } else if let Some(subject) = headers.get("Nats-Consumer-Stalled") {
            // The server waits for the reader, unless its question or the answer was lost.
            let asks = |item: &Item| matches!(item, Item::FlowControl(other) if other == subject);
            let unproven = self.unproven.iter().flatten();
            if !self.ready.iter().chain(unproven).any(asks) {
                self.send(subject.to_owned(), ReplyTo::Nobody, String::new());
            }
        } else {
            // What there was to deliver may have been removed from the stream before it was.
            self.failures = 0;
            self.caught_up = true;
            self.become_live();
        }
    }

    pub(super) fn become_live(&mut self) {
        let is_current = self.caught_up && self.unproven.is_none();
        if is_current && matches!(self.work, Work::Listening { .. }) {
            self.ever_live = true;
            self.told = None;
            self.set_state(SyncState::Live);
        }
    }

    /// What waited for the proof belongs to what was delivered.
    pub(super) fn release(&mut self) {
        for item in self.unproven.take().into_iter().flatten() {
            if let Item::Event(Ok(OrderedEvent::Message(message))) = &item {
                self.lineage.delivered(message);
            }
            self.ready.push_back(item);
        }
        self.become_live();
    }

    /// Where something that the consumer delivered waits.
    pub(super) fn waiting(&mut self) -> &mut VecDeque<Item> {
        self.unproven.as_mut().unwrap_or(&mut self.ready)
    }
}
