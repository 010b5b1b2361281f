//! Carries a command out: does the steps of its [`Errand`].

use std::future;
use std::time::Duration;

use futures_util::{Stream, StreamExt, future::Either, stream};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::WindowListenerHandle;
use nats_wsclient::jetstream::PublishError;
use nats_wsclient::{Publish, PublishError as NotSent};
use shared::Timestamp;
use shared::bookings::ClientId;
use shared::cloud_event::{CONTENT_TYPE, MessageId};
use shared::outcome::Outcome;
use shared::subjects::OutcomeKey;
use shared::text::TokenError;

use super::clock::now;
use super::hearsay::Hearsay;
use super::keep;
use super::session::Session;
use crate::model::ask::Ask;
use crate::model::errand::{Errand, Left, NOT_SENT, News, Origin, Posted, Progress, Step, Verdict};
use crate::model::kept::Kept;
use crate::model::wish::Wish;

/// How long the stream may take to say that it has stored a command.
const ACK_PATIENCE: Duration = Duration::from_secs(5);

/// A new id for a command.
pub(crate) fn new_id() -> Result<MessageId, TokenError> {
    nats_wsclient::nuid().parse()
}

/// A number for a guest who has none yet: twelve random digits.
pub(crate) fn random_client() -> ClientId {
    let number = 100_000_000_000.0 + js_sys::Math::random() * 900_000_000_000.0;
    ClientId::try_from(number as i64).unwrap_or(ClientId::MIN)
}

/// A command that is sent or queued, or was so before this page was loaded, or is so by another tab.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    pub(crate) id: MessageId,
    pub(crate) wish: Wish,
    pub(crate) origin: Origin,
    /// What takes it back where the hotel cannot undo it.
    pub(crate) way_back: Option<Wish>,
    /// When the one who asked did so.
    pub(crate) since: Timestamp,
}

impl Sending {
    pub(crate) fn new(id: MessageId, wish: Wish, way_back: Option<Wish>) -> Self {
        Self {
            id,
            wish,
            origin: Origin::Here,
            way_back,
            since: now(),
        }
    }

    /// How far it is at the beginning.
    pub(crate) fn progress(&self) -> Progress {
        Errand::begin(self.origin).0.progress()
    }

    fn kept(id: MessageId, kept: Kept, origin: Origin) -> Self {
        Self {
            id,
            wish: kept.wish,
            origin,
            way_back: None,
            since: kept.sent,
        }
    }
}

/// A command on its way.
#[derive(Debug)]
struct Letter<'a> {
    id: &'a MessageId,
    subject: String,
    message: Vec<u8>,
}

/// What another tab has noted of a command.
#[derive(Debug)]
pub(crate) enum Elsewhere {
    /// It sends the command, or the stream has said that it has it.
    Kept(Sending),
    /// It has ended with the command.
    Forgotten(MessageId),
}

impl Session {
    /// The commands of this log-in that were sent before this page was loaded, or by another tab, and are not known to
    /// be decided.
    pub(crate) fn left_behind(&self) -> Vec<Sending> {
        let all = keep::all(self.actor()).into_iter();
        all.map(|(id, kept)| {
            let origin = Origin::Before(kept.left(now()));
            Sending::kept(id, kept, origin)
        })
        .collect()
    }

    /// Calls `told` with what other tabs of this log-in note of commands.
    pub(crate) fn on_elsewhere(&self, told: impl Fn(Elsewhere) + 'static) -> WindowListenerHandle {
        keep::follow(self.actor().clone(), move |id, kept| {
            told(match kept {
                Some(kept) => {
                    let origin = Origin::Elsewhere(kept.posted);
                    Elsewhere::Kept(Sending::kept(id, kept, origin))
                }
                None => Elsewhere::Forgotten(id),
            });
        })
    }

    /// Notes the command for a page that is loaded before it is decided, and for other tabs. Says whether the browser
    /// allows that.
    pub(crate) fn keep(&self, sending: &Sending, posted: Posted) -> bool {
        // An acknowledgement may still come in when somebody has signed out, who leaves nothing behind.
        if !self.is_open() {
            return true;
        }
        let kept = Kept {
            wish: sending.wish.clone(),
            sent: sending.since,
            posted,
        };
        keep::keep(self.actor(), &sending.id, &kept)
    }

    /// Sends the wish and follows it to its end, however often the connection is lost on the way. `elsewhere` is what other
    /// tabs say of it, and `on_progress` hears how far it is. `None` when the session is closed meanwhile.
    pub(crate) async fn carry_out(
        &self,
        sending: &Sending,
        elsewhere: Hearsay,
        on_progress: impl Fn(&Errand),
    ) -> Option<Verdict> {
        let Sending {
            id, wish, since, ..
        } = sending;
        let message = match wish.message(id, *since) {
            Ok(message) => message,
            Err(error) => {
                keep::forget(self.actor(), id);
                return Some(Verdict::not_sent(error.to_string()));
            }
        };
        let letter = Letter {
            id,
            subject: wish.subject(self.user()),
            message,
        };
        // Where that is not possible, it was not so before, which has been told; or the entry is as it was, and what it
        // says leads to the same outcome.
        let keep = |posted| {
            self.keep(sending, posted);
        };
        self.pursue(letter, sending.origin, elsewhere, &keep, &on_progress)
            .await
    }

    /// Sends the command and follows it to its end; `on_progress` hears how far it is. `None` when the session is closed
    /// meanwhile. Nothing is kept over a reload: whatever waits for the answer would be gone.
    pub(crate) async fn ask_for(
        &self,
        wish: &dyn Ask,
        on_progress: impl Fn(&Errand),
    ) -> Option<Verdict> {
        let id = match new_id() {
            Ok(id) => id,
            Err(error) => return Some(Verdict::not_sent(error.to_string())),
        };
        let message = match wish.message(&id, now()) {
            Ok(message) => message,
            Err(error) => return Some(Verdict::not_sent(error.to_string())),
        };
        let letter = Letter {
            id: &id,
            subject: wish.subject(self.user()),
            message,
        };
        self.pursue(
            letter,
            Origin::Now,
            Hearsay::default(),
            &|_| {},
            &on_progress,
        )
        .await
    }

    /// Does the steps of an errand with what is to be sent. `keep` notes for other pages how far that is.
    async fn pursue(
        &self,
        letter: Letter<'_>,
        origin: Origin,
        elsewhere: Hearsay,
        keep: &dyn Fn(Posted),
        on_progress: &dyn Fn(&Errand),
    ) -> Option<Verdict> {
        let id = letter.id;
        // Before the command is sent, so that no outcome is too quick.
        let subject = OutcomeKey::in_browser(self.user(), id);
        let outcomes = match self.client().subscribe(subject) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                keep::forget(self.actor(), id);
                return Some(Verdict::not_sent(error.to_string()));
            }
        };
        let heard = outcomes.filter_map(|message| {
            // A subscription that is refused hears nothing: the bucket is asked instead.
            let outcome = message.ok().and_then(|message| read(&message.payload, id));
            future::ready(outcome.map(News::Heard))
        });
        let reconnects = self.reconnects().map(|()| News::Reconnected);
        let mut all_news = stream::select(stream::select(heard, reconnects), elsewhere.news());

        let (mut errand, mut step) = Errand::begin(origin);
        let mut noted = noted(origin);
        loop {
            let news = match step {
                Step::Publish => self.send(&letter).await,
                Step::Listen { patience_ms } => listen(&mut all_news, patience_ms).await?,
                Step::Ask => self.ask(id).await,
                // Whoever has left, or was left, finds it again.
                Step::Finish(_) if !self.is_open() => return None,
                Step::Finish(verdict) => {
                    // What another tab has given up, that tab may be keeping anew.
                    if verdict != Verdict::GivenUp {
                        keep::forget(self.actor(), id);
                    }
                    return Some(verdict);
                }
            };
            // Where there is no outcome, a tab that signed out may have forgotten what is still waited for here.
            let is_to_keep = matches!(news, News::Accepted | News::NoOutcome);
            step = errand.next(news);
            let posted = errand.posted();
            if is_to_keep || posted != noted {
                noted = posted;
                keep(posted);
            }
            on_progress(&errand);
        }
    }

    async fn send(&self, letter: &Letter<'_>) -> News {
        // A connection that is made anew on purpose is there again in a moment: that is no reason to send nothing.
        self.settled().await;
        let publish = Publish::to(&letter.subject)
            .message_id(letter.id.as_str())
            .header("Content-Type", CONTENT_TYPE)
            .timeout(ACK_PATIENCE)
            .payload(letter.message.clone());
        let stored = async { self.client().jetstream().send_publish(publish).await?.await };
        match stored.await {
            Ok(_) => News::Accepted,
            Err(error) => unsent(&error),
        }
    }

    async fn ask(&self, id: &MessageId) -> News {
        let subject = OutcomeKey::direct_get(self.actor().account, self.user(), id);
        match self.client().jetstream().direct_get(subject).await {
            Ok(Some(message)) => read(&message.payload, id).map_or(News::CouldNotAsk, News::Heard),
            Ok(None) => News::NoOutcome,
            Err(_) => News::CouldNotAsk,
        }
    }
}

/// How far the sending is noted to be at the beginning.
fn noted(origin: Origin) -> Posted {
    match origin {
        Origin::Here | Origin::Now => Posted::Sent,
        Origin::Before(Left { posted, .. }) | Origin::Elsewhere(posted) => posted,
    }
}

/// `None` when the session is closed, so that there is nothing to hear any more.
async fn listen(news: &mut (impl Stream<Item = News> + Unpin), patience_ms: u32) -> Option<News> {
    match futures_util::future::select(news.next(), TimeoutFuture::new(patience_ms)).await {
        Either::Left((news, _)) => news,
        Either::Right(_) => Some(News::WaitedLong),
    }
}

/// The outcome of the command with this id. Somebody else of the account can have the answer to a request of their own sent to
/// where this one is waited for, so what is none of this command's is passed over.
fn read(payload: &[u8], id: &MessageId) -> Option<Outcome> {
    let outcome: Outcome = serde_json::from_slice(payload).ok()?;
    (outcome.command == *id).then_some(outcome)
}

/// What a failed publish says about the command. Whatever does not say for certain that the command was not stored
/// leaves that open: then the outcome is asked for.
fn unsent(error: &PublishError) -> News {
    match error {
        PublishError::NotSent(NotSent::Disconnected) => News::NotConnected,
        error if error.is_unknown() => News::NoAnswer,
        error => {
            let (code, reason) = words(error);
            News::TurnedAway { code, reason }
        }
    }
}

/// Why nothing was stored, for people: its code and what to do.
fn words(error: &PublishError) -> (&'static str, String) {
    const NOBODY: &str =
        "Nobody takes commands: the hotel’s backend has not been started yet, or is away.";
    const FULL: &str = "The hotel has no space left to keep it in. Tell the operator: nothing can be \
                        changed before there is some.";
    match error {
        PublishError::StreamNotFound { .. } => (NOT_SENT, NOBODY.to_owned()),
        PublishError::NotSent(NotSent::TooLarge { .. }) => ("too-large", error.to_string()),
        PublishError::Refused(refused) if refused.err_code.is_out_of_storage() => {
            ("storage-full", FULL.to_owned())
        }
        error => (NOT_SENT, error.to_string()),
    }
}
