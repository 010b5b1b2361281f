//! The task that reads: it asks for messages all the time, since the server takes one that does not ask for dead.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_nats::header::NATS_PIN_ID;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, AckKind};
use async_nats::{Client, StatusCode, Subscriber};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{ACK_WAIT, FeedError, FeedSpec, GROUP, Shelf, Ticket};
use crate::boundary::StoredMessage;
use crate::connection::Link;
use crate::{Connection, Patience};

/// How long one request waits for messages. The server answers at its end even if there are none.
const EXPIRES: Duration = Duration::from_secs(1);
/// How long no answer at all may last before the feed opens again. A request is answered within [`EXPIRES`].
const SILENCE: Duration = Duration::from_secs(3);
/// How long the consumer's leader may take to answer before it is asked again, since whoever was asked during an election
/// never answers. What changes the consumer has more time: done again and again, it would not come to an end.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// A request for messages (the body of `$JS.API.CONSUMER.MSG.NEXT`).
#[derive(Serialize)]
struct Request<'a> {
    batch: usize,
    /// Nanoseconds.
    expires: u128,
    group: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

pub(super) struct Reader {
    client: Client,
    jetstream: jetstream::Context,
    link: watch::Receiver<Link>,
    spec: FeedSpec,
    shelf: Arc<Shelf>,
    flows: watch::Sender<bool>,
    /// By this the server knows the client that it is pinned to; `None` while this instance stands by.
    pin: Option<String>,
    /// What has been delivered and is perhaps still worked on.
    held: Vec<Weak<Ticket>>,
}

pub(super) struct Open {
    consumer: PullConsumer,
    messages: Subscriber,
    inbox: String,
    /// How many of the messages that were asked for have not come yet.
    asked: usize,
    /// The number that the next delivery has if none was lost.
    next: u64,
    /// The reconnects of the connection when this was opened.
    reconnects: u64,
}

/// Why an open feed has to open again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("it is this instance's turn to read")]
    Pinned,
    #[error("another instance reads")]
    Unpinned,
    #[error("delivery {expected} was lost, {found} came instead")]
    Gap { expected: u64, found: u64 },
    #[error("the connection was made again")]
    Reconnected,
    #[error("the server says {0}")]
    Status(String),
    #[error("the server has not answered for {SILENCE:?}")]
    Silent,
    #[error("the subscription ended")]
    Ended,
    #[error("a message without its place in the stream: {0}")]
    NoPlace(String),
    #[error("a request was not sent: {0}")]
    NotSent(String),
}

impl Reader {
    pub(super) fn new(
        connection: &Connection,
        spec: FeedSpec,
        shelf: Arc<Shelf>,
        flows: watch::Sender<bool>,
    ) -> Self {
        Self {
            client: connection.client().clone(),
            jetstream: connection.jetstream(),
            link: connection.link(),
            spec,
            shelf,
            flows,
            pin: None,
            held: Vec::new(),
        }
    }

    /// Reads until `stop`, and then hands over.
    pub(super) async fn run(mut self, open: Open, stop: CancellationToken) {
        stop.run_until_cancelled(self.read_for_ever(open)).await;
        self.shelf.clear();
        self.flows.send_replace(false);
        self.hand_over().await;
    }

    async fn read_for_ever(&mut self, mut open: Open) {
        let mut patience = Patience::default();
        loop {
            let interrupted = self.read(&mut open).await;
            self.shelf.clear();
            drop(open);
            let (stream, consumer) = (self.spec.stream, &self.spec.durable);
            match interrupted {
                // These are no trouble; the feed is open again in a moment.
                Interrupted::Pinned | Interrupted::Unpinned => {
                    tracing::info!(stream, consumer, "{interrupted}");
                }
                _ => {
                    tracing::info!(stream, consumer, "opens again: {interrupted}");
                    self.flows.send_replace(false);
                }
            }
            open = loop {
                // Requests would only wait for the connection as well, and then time out.
                up(&mut self.link).await;
                match self.open_again().await {
                    Ok(open) => break open,
                    Err(error) => {
                        self.flows.send_replace(false);
                        tracing::warn!("{error}; will try again");
                        patience.wait().await;
                    }
                }
            };
            patience.reset();
            self.flows.send_replace(true);
        }
    }

    /// Brings the consumer up to date and opens for the first time.
    pub(super) async fn open(&mut self) -> Result<Open, FeedError> {
        // Taken first, so that a reconnect while it opens is not missed.
        let reconnects = self.link.borrow_and_update().reconnects;
        let consumer = self.spec.declare(&self.jetstream).await;
        let consumer = consumer.map_err(|error| {
            FeedError::of_consumer(self.spec.stream, &self.spec.durable, &error)
        })?;
        self.begin(consumer, reconnects).await
    }

    async fn open_again(&mut self) -> Result<Open, FeedError> {
        let reconnects = self.link.borrow_and_update().reconnects;
        let found = self.spec.find(&self.jetstream, ANSWERS_WITHIN).await;
        match found.map_err(|reason| self.unanswered(reason))? {
            Some(consumer) => self.begin(consumer, reconnects).await,
            // Somebody has deleted it.
            None => self.open().await,
        }
    }

    /// Begins as the one who reads if the consumer is pinned to this instance, else as one that stands by.
    async fn begin(
        &mut self,
        mut consumer: PullConsumer,
        reconnects: u64,
    ) -> Result<Open, FeedError> {
        let pinned = consumer.cached_info().priority_groups.first();
        let pinned = pinned.and_then(|group| group.pinned_client_id.as_deref());
        self.pin = self.pin.take().filter(|pin| pinned == Some(pin));
        let orphans = pinned.is_none() && consumer.cached_info().num_ack_pending > 0;
        if self.pin.is_some() || orphans {
            let reset = consumer.reset(None).await;
            reset.map_err(|error| self.unanswered(error.to_string()))?;
        }
        // A new inbox, so that nothing arrives here that was sent before the reset.
        let inbox = self.client.new_inbox();
        let messages = self.client.subscribe(inbox.clone()).await;
        let mut open = Open {
            consumer,
            messages: messages.map_err(|error| self.unanswered(error.to_string()))?,
            inbox,
            asked: 0,
            next: 1,
            reconnects,
        };
        let asked = self.ask(&mut open).await;
        asked.map_err(|error| self.unanswered(error.to_string()))?;
        Ok(open)
    }

    fn unanswered(&self, reason: String) -> FeedError {
        FeedError::Unanswered {
            stream: self.spec.stream,
            durable: self.spec.durable.clone(),
            reason,
        }
    }

    /// Asks for as many messages as may be on their way. One that stands by asks for a single one, which tells it that it is
    /// pinned.
    async fn ask(&self, open: &mut Open) -> Result<(), Interrupted> {
        let limit = match self.pin {
            Some(_) => usize::from(self.spec.in_flight),
            None => 1,
        };
        if open.asked > limit / 2 {
            return Ok(());
        }
        let request = Request {
            batch: limit - open.asked,
            expires: EXPIRES.as_nanos(),
            group: GROUP,
            id: self.pin.as_deref(),
        };
        let not_sent = |error: String| Interrupted::NotSent(error);
        let request = serde_json::to_vec(&request).map_err(|error| not_sent(error.to_string()))?;
        let (stream, durable) = (self.spec.stream, &self.spec.durable);
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}");
        self.client
            .publish_with_reply(subject, open.inbox.clone(), request.into())
            .await
            .map_err(|error| not_sent(error.to_string()))?;
        open.asked = limit;
        Ok(())
    }

    /// Reads until there is a reason to open again.
    async fn read(&mut self, open: &mut Open) -> Interrupted {
        let mut link = self.link.clone();
        let mut signs = interval(ACK_WAIT / 3);
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let reconnects = open.reconnects;
        let mut again = std::pin::pin!(reconnect(&mut link, reconnects));
        let mut last = Instant::now();
        loop {
            let reply = tokio::select! {
                reply = timeout(SILENCE, open.messages.next()) => reply,
                () = &mut again => return Interrupted::Reconnected,
                _ = signs.tick() => {
                    self.give_signs_of_work().await;
                    // The silence is measured anew by the next turn of the loop, so it is looked at here.
                    if last.elapsed() > SILENCE {
                        return Interrupted::Silent;
                    }
                    continue;
                }
            };
            last = Instant::now();
            let taken = match reply {
                Ok(Some(reply)) => self.take(open, reply),
                Ok(None) => return Interrupted::Ended,
                Err(_) => return Interrupted::Silent,
            };
            if let Err(interrupted) = taken {
                return interrupted;
            }
            if self.pin.is_none() {
                self.look_for_orphans(&mut open.consumer).await;
            }
            if let Err(interrupted) = self.ask(open).await {
                return interrupted;
            }
        }
    }

    fn take(&mut self, open: &mut Open, reply: async_nats::Message) -> Result<(), Interrupted> {
        match reply.status {
            None | Some(StatusCode::OK) => {}
            // The end of a request, with what it did not bring.
            Some(StatusCode::TIMEOUT) => {
                let headers = reply.headers.as_ref();
                let missing = headers.and_then(|headers| headers.get("Nats-Pending-Messages"));
                let missing = missing.and_then(|missing| missing.as_str().parse().ok());
                open.asked = open.asked.saturating_sub(missing.unwrap_or(open.asked));
                return Ok(());
            }
            Some(StatusCode::PIN_ID_MISMATCH) => {
                self.pin = None;
                return Err(Interrupted::Unpinned);
            }
            Some(status) => {
                let description = reply.description.as_deref().unwrap_or_default();
                return Err(Interrupted::Status(format!("{status} {description}")));
            }
        }
        if self.pin.is_none() {
            // The last one is the server's: a message may have been stored with such a header.
            let headers = reply.headers.as_ref();
            let pin = headers.and_then(|headers| headers.get_last(NATS_PIN_ID));
            self.pin = pin.map(|pin| pin.as_str().to_owned());
            return Err(Interrupted::Pinned);
        }
        open.asked = open.asked.saturating_sub(1);
        let message = jetstream::Message {
            message: reply,
            context: self.jetstream.clone(),
        };
        let place = message.info();
        let place = place.map_err(|error| Interrupted::NoPlace(error.to_string()))?;
        let (found, sequence) = (place.consumer_sequence, place.stream_sequence);
        let time = place.published.into();
        if found != open.next {
            let expected = open.next;
            return Err(Interrupted::Gap { expected, found });
        }
        open.next += 1;
        let (message, acker) = message.split();
        let message = StoredMessage {
            subject: message.subject.into_string(),
            sequence,
            headers: message.headers.unwrap_or_default(),
            payload: message.payload,
            time: Some(time),
        };
        if self.held.len() > 2 * usize::from(self.spec.in_flight) {
            self.held.retain(|ticket| ticket.strong_count() > 0);
        }
        self.held.push(self.shelf.put(message, acker));
        Ok(())
    }

    /// Makes the server deliver again what an instance that is gone has left unacknowledged. It would do so by itself, but only
    /// after the time for acknowledgements; and as long as it delivers nothing it pins nobody.
    async fn look_for_orphans(&self, consumer: &mut PullConsumer) {
        let seen = async {
            let info = consumer
                .get_info()
                .await
                .map_err(|error| error.to_string())?;
            let mut groups = info.priority_groups.iter();
            let pinned = groups.any(|group| group.pinned_client_id.is_some());
            if !pinned && info.num_ack_pending > 0 {
                let reset = consumer.reset(None).await;
                reset.map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(())
        };
        if let Err(error) = seen.await {
            tracing::debug!(
                consumer = self.spec.durable,
                "not seen whether there are orphans: {error}; will look again"
            );
        }
    }

    /// Tells the server that what is held is worked on, so that it is not delivered again.
    async fn give_signs_of_work(&mut self) {
        self.held.retain(|ticket| ticket.strong_count() > 0);
        for ticket in self.held.iter().filter_map(Weak::upgrade) {
            if let Err(error) = ticket.acker.ack_with(AckKind::Progress).await {
                tracing::debug!("no sign of work was sent: {error}");
            }
        }
    }

    /// Lets another instance read without waiting for the timeout.
    async fn hand_over(&self) {
        if self.pin.is_none() || !self.link.borrow().up {
            return;
        }
        let (stream, durable) = (self.spec.stream, &self.spec.durable);
        let handed_over = match self.jetstream.get_stream_no_info(stream).await {
            Ok(stream) => stream.unpin_consumer(durable, GROUP).await,
            Err(error) => {
                return tracing::debug!("not handed over: {error}");
            }
        };
        if let Err(error) = handed_over {
            // Then the timeout does it.
            tracing::debug!("not handed over: {error}");
        }
    }
}

/// Waits until the server can be reached.
async fn up(link: &mut watch::Receiver<Link>) {
    if link.wait_for(|link| link.up).await.is_err() {
        // The connection is gone for good, and so is what would come over it.
        std::future::pending::<()>().await;
    }
}

/// Waits until the connection has been made again since it had been made `reconnects` times.
async fn reconnect(link: &mut watch::Receiver<Link>, reconnects: u64) {
    let again = link.wait_for(|link| link.up && link.reconnects != reconnects);
    if again.await.is_err() {
        // The connection is gone for good; the messages end then, too.
        std::future::pending::<()>().await;
    }
}
