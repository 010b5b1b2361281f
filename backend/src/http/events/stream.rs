//! One client's stream of events.
//!
//! Nothing is queued for a client: what it has not read yet is in the ring of the [`Feed`], which all clients share, and in the
//! buffers of its connection. A client that is so slow that the ring has gone round is cut off with an event `error`, and
//! may come again with the `Last-Event-ID` it has seen.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt};
use jetstream_es::Connection;
use jetstream_es::connection::Link;
use shared::cloud_event::MessageId;
use shared::subjects::OUTCOMES;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;

use super::super::problem::{Problem, kinds};
use super::super::views;
use super::Event;
use super::cursor::Cursor;
use super::feed::{self, Change, Feed, interval};

/// How often a stream in which nothing happens says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After how many milliseconds a client may come again.
const RETRY: u32 = 2_000;
/// How long to wait until NATS is asked again for what was missed.
const PAUSE: Duration = Duration::from_millis(500);
/// How many bytes are handed over at once, about.
const ENOUGH: usize = 16 * 1024;

/// The data of an event that has nothing more to say than its name.
const NOTHING: &str = "{}";

/// What a stream follows of a bucket.
struct Followed {
    feed: Arc<Feed>,
    /// Up to which sequence the client has been told.
    position: u64,
    /// Whether there may be something before what the feed tells.
    behind: bool,
    /// Whether it has just caught up. What the feed has lost meanwhile is no fault of the client.
    fresh: bool,
}

/// Whether what happens is told as it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    /// There is no connection to NATS.
    Stale,
    /// There is one again, and what happened meanwhile is told first.
    CatchingUp,
}

/// Something from one of the feeds, by its index; or how much of it was lost.
type Heard = (usize, Result<Arc<Change>, u64>);

/// One client's stream of events.
pub(super) struct EventStream {
    connection: Connection,
    followed: Vec<Followed>,
    feeds: SelectAll<BoxStream<'static, Heard>>,
    /// The commands whose outcomes are told; empty for all.
    commands: HashSet<MessageId>,
    /// What is told before everything else.
    opening: String,
    heartbeat: Interval,
    link: watch::Receiver<Link>,
    state: State,
    stop: CancellationToken,
    ended: bool,
    _permit: OwnedSemaphorePermit,
}

impl EventStream {
    pub(super) fn new(
        connection: Connection,
        commands: HashSet<MessageId>,
        stop: CancellationToken,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            link: connection.link(),
            state: State::Live,
            connection,
            followed: Vec::new(),
            feeds: SelectAll::new(),
            commands,
            opening: String::new(),
            heartbeat: interval(HEARTBEAT),
            stop,
            ended: false,
            _permit: permit,
        }
    }

    /// Follows a bucket from now on, or from after the sequence that the client has seen.
    pub(super) fn follow(&mut self, feed: Arc<Feed>, seen: Option<u64>) {
        let index = self.followed.len();
        let receiver = feed.subscribe();
        let heard = stream::unfold(receiver, move |mut receiver| async move {
            match receiver.recv().await {
                Ok(change) => Some(((index, Ok(change)), receiver)),
                Err(RecvError::Lagged(lost)) => Some(((index, Err(lost)), receiver)),
                Err(RecvError::Closed) => None,
            }
        });
        self.feeds.push(heard.boxed());
        self.followed.push(Followed {
            position: seen.unwrap_or_else(|| feed.last()),
            behind: seen.is_some(),
            fresh: true,
            feed,
        });
    }

    /// Tells the outcome that a command has already.
    pub(super) fn begin_with(&mut self, outcome: &str) {
        self.opening.push_str(&feed::text(Event::Outcome, outcome));
    }

    /// The body of the response.
    pub(super) fn into_stream(
        mut self,
    ) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
        let told = std::mem::take(&mut self.opening);
        // An id without data is remembered all the same.
        self.opening = format!("retry: {RETRY}\nid: {}\n\n{told}", self.cursor());
        stream::unfold(self, |mut events| async {
            if events.ended {
                return None;
            }
            let text = events.next().await;
            Some((Ok(Bytes::from(text)), events))
        })
    }

    fn cursor(&self) -> Cursor {
        let followed = self.followed.iter();
        followed
            .map(|followed| (followed.feed.source.bucket, followed.position))
            .collect()
    }

    /// What is sent next.
    async fn next(&mut self) -> String {
        if !self.opening.is_empty() {
            return std::mem::take(&mut self.opening);
        }
        loop {
            let stop = self.stop.clone();
            let text = match self.followed.iter().position(|followed| followed.behind) {
                Some(index) => stop.run_until_cancelled(self.catch_up(index)).await,
                None if self.state == State::CatchingUp => {
                    self.state = State::Live;
                    Some(feed::text(Event::Live, NOTHING))
                }
                None => stop.run_until_cancelled(self.listen()).await,
            };
            match text {
                None => {
                    self.ended = true;
                    return ": the backend is ending, come again\n\n".to_owned();
                }
                Some(text) if text.is_empty() => {}
                Some(text) => {
                    self.heartbeat.reset();
                    return text;
                }
            }
        }
    }

    /// A page of what the client has missed.
    async fn catch_up(&mut self, index: usize) -> String {
        let Followed { feed, position, .. } = &self.followed[index];
        let feed = Arc::clone(feed);
        let page = feed.source.page(&self.connection, *position).await;
        match page {
            Ok(page) => {
                if page.is_empty() {
                    self.followed[index].behind = false;
                    self.followed[index].fresh = true;
                }
                let mut text = String::new();
                for change in &page {
                    text.push_str(&self.tell(index, change));
                }
                text
            }
            // A server that has just been started answers before its JetStream does.
            Err(error) if self.state == State::CatchingUp => {
                tracing::debug!("{error}; will try again");
                tokio::time::sleep(PAUSE).await;
                String::new()
            }
            Err(error) => self.end(&views::not_read(error)),
        }
    }

    /// The connection to NATS was lost or made.
    fn link_changed(&mut self) -> String {
        let up = self.link.borrow_and_update().up;
        match self.state {
            State::Live if !up => {
                self.state = State::Stale;
                return feed::text(Event::Stale, NOTHING);
            }
            State::Stale if up => {
                self.state = State::CatchingUp;
                for followed in &mut self.followed {
                    followed.behind = true;
                }
            }
            _ => {}
        }
        String::new()
    }

    /// What happens next.
    async fn listen(&mut self) -> String {
        let heard = tokio::select! {
            heard = self.feeds.next() => heard,
            Ok(()) = self.link.changed() => return self.link_changed(),
            _ = self.heartbeat.tick() => return ":\n\n".to_owned(),
        };
        let mut text = String::new();
        let mut next = heard;
        loop {
            match next {
                Some((index, Ok(change))) => {
                    self.followed[index].fresh = false;
                    text.push_str(&self.tell(index, &change));
                }
                Some((index, Err(_))) if self.followed[index].fresh => {
                    self.followed[index].behind = true;
                    return text;
                }
                Some((index, Err(lost))) => {
                    let view = self.followed[index].feed.source.bucket;
                    let detail = format!(
                        "You read too slowly: {lost} changes of {view} came and went meanwhile. Come again with the last id."
                    );
                    return text + &self.end(&Problem::typed(&kinds::TOO_SLOW, detail));
                }
                // The connection to NATS is closed for good.
                None => {
                    let problem = Problem::unavailable("There is no connection to NATS.");
                    return text + &self.end(&problem);
                }
            }
            if text.len() >= ENOUGH {
                return text;
            }
            // Whatever has happened already goes with it.
            match self.feeds.next().now_or_never() {
                Some(ready) => next = ready,
                None => return text,
            }
        }
    }

    /// The event of the change, if the client is to know it and does not.
    fn tell(&mut self, index: usize, change: &Change) -> String {
        let followed = &mut self.followed[index];
        if change.sequence <= followed.position {
            return String::new();
        }
        followed.position = change.sequence;
        let is_outcome = followed.feed.source.bucket == OUTCOMES.name();
        let wanted = |id: &MessageId| id.as_str() == change.key;
        let other = is_outcome && !self.commands.is_empty() && !self.commands.iter().any(wanted);
        if other || change.text.is_empty() {
            return String::new();
        }
        format!("id: {}\n{}", self.cursor(), change.text)
    }

    /// The last event.
    fn end(&mut self, problem: &Problem) -> String {
        self.ended = true;
        feed::text(Event::Error, &problem.to_json())
    }
}
