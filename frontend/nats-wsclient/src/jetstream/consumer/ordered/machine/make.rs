//! Making the consumer on the server, and another one when it is gone.

use std::collections::VecDeque;
use std::time::Duration;

use super::{FIRST, Item, OrderedMachine, Place, Proof, Sequences, Work};
use crate::SyncState;
use crate::client::ReplyTo;
use crate::jetstream::api;
use crate::jetstream::consumer::Info;
use crate::jetstream::consumer::manage::create_call;
use crate::jetstream::consumer::ordered::{OrderedError, OrderedEvent};
use crate::json::Object;
use crate::proto::Message;

/// Delays between attempts, doubling from the first to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl OrderedMachine {
    /// Makes a consumer in place of the newest one: at once, if that one was of any use.
    pub(super) fn make_anew(&mut self, now: Duration) {
        if self.failures == 0 {
            self.failures = 1;
            self.make(now);
        } else {
            self.retry(now);
        }
    }

    pub(super) fn fail(&mut self, now: Duration, error: OrderedError) {
        self.report(error);
        self.retry(now);
    }

    fn retry(&mut self, now: Duration) {
        self.catch_up();
        let delay = RETRY.0.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        self.unproven = None;
        self.work = Work::Retrying {
            at: now + delay.min(RETRY.1),
        };
    }

    pub(super) fn make(&mut self, now: Duration) {
        self.catch_up();
        if self.generation >= FIRST {
            self.delete_newest();
            self.moved = Some(self.deliver_subject(self.generation + 1));
        }
        self.generation += 1;
        self.last = Sequences::default();
        self.caught_up = false;
        self.unproven = self.lineage.is_begun().then(VecDeque::new);
        self.newest = format!("{}_{}", self.place.name, self.generation);
        let deliver_subject = self.deliver_subject(self.generation);
        let mut config = self.config.consumer(self.newest.clone(), deliver_subject);
        config.flow_control = self.may_control_flow;
        self.lineage.begin_at(&mut config);
        let (end, body) = create_call(&self.place.stream, &self.newest, config);
        self.work = Work::Making {
            id: self.send(self.api_subject(&end), ReplyTo::Request, body),
            deadline: now.saturating_add(self.config.api_timeout),
        };
    }

    pub(super) fn handle_made(&mut self, now: Duration, message: &Message) {
        let info = match self.read::<Info>(message) {
            Ok(info) => info,
            Err(error) => return self.fail(now, error),
        };
        self.caught_up |= info.num_pending == 0;
        let goes_on = self.unproven.is_some();
        if goes_on && !self.lineage.may_go_on(&info) {
            self.start_over(now);
            return;
        }
        if !goes_on {
            self.lineage.begun_by(&info);
        }
        let proof = if goes_on && self.may_ask {
            Proof::Asked {
                id: self.send(self.stream_subject(), ReplyTo::Request, String::new()),
                deadline: now.saturating_add(self.config.api_timeout),
            }
        } else {
            Proof::Given
        };
        self.work = Work::Listening { heard: now, proof };
        if proof == Proof::Given {
            self.release();
        }
    }

    /// The server has told about the stream: is it that of everything that was delivered?
    pub(super) fn handle_stream(&mut self, now: Duration, heard: Duration, message: &Message) {
        let stream = match self.read(message) {
            Ok(stream) => stream,
            Err(error) => return self.fail(now, error),
        };
        let is_gone = self.config.for_a_copy && self.lineage.is_gone_from(&stream);
        if self.lineage.is_of(&stream) && !is_gone {
            let proof = Proof::Given;
            self.work = Work::Listening { heard, proof };
            self.release();
        } else {
            self.start_over(now);
        }
    }

    /// The server does not tell about the stream.
    pub(super) fn trust(&mut self) {
        if let Work::Listening { proof, .. } = &mut self.work {
            *proof = Proof::Given;
            self.release();
        }
    }

    /// The stream is another one, or what was delivered is too old to go on from.
    pub(crate) fn start_over(&mut self, now: Duration) {
        self.lineage.restart();
        // What the reader has not read is of no use any more.
        self.ready
            .retain(|item| !matches!(item, Item::Event(Ok(OrderedEvent::Message(_)))));
        self.tell(Ok(OrderedEvent::Reset));
        self.make(now);
    }

    /// If that is lost, the server deletes it for want of a listener.
    pub(super) fn delete_newest(&mut self) {
        let (stream, newest) = (&self.place.stream, &self.newest);
        let subject = self.api_subject(&format!("CONSUMER.DELETE.{stream}.{newest}"));
        self.send(subject, ReplyTo::Nobody, String::new());
    }

    fn catch_up(&mut self) {
        if self.ever_live {
            self.set_state(SyncState::Resyncing);
        }
    }

    fn read<T: Object + Default>(&self, message: &Message) -> Result<T, OrderedError> {
        if message.is_no_responders() {
            return Err(OrderedError::NoResponders);
        }
        api::read(&message.payload).map_err(|error| OrderedError::of(&self.place.stream, error))
    }

    pub(super) fn no_answer(&self) -> OrderedError {
        OrderedError::NoAnswer {
            stream: self.place.stream.clone(),
        }
    }

    // ---- Names ------------------------------------------------------------------------------------------------------

    /// Of the subjects that consumers are made by; a filter may follow.
    pub(super) fn make_subject(&self) -> String {
        let Place { stream, name, .. } = &self.place;
        self.api_subject(&format!("CONSUMER.CREATE.{stream}.{name}_"))
    }

    pub(super) fn stream_subject(&self) -> String {
        self.api_subject(&format!("STREAM.INFO.{}", self.place.stream))
    }

    pub(super) fn is_flow_control(&self, subject: &str) -> bool {
        subject.starts_with("$JS.FC.") && subject.split('.').any(|token| token == self.newest)
    }

    /// A push consumer delivers only to a subject that somebody has subscribed to literally.
    pub(super) fn deliver_subject(&self, generation: u64) -> String {
        format!("{}.{generation}", self.place.inbox)
    }

    fn api_subject(&self, end: &str) -> String {
        format!("{}.{end}", self.place.api_prefix)
    }
}
