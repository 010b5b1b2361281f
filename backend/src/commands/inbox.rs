//! Takes commands from the stream and sees to it that each gets its answer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jetstream_es::processor::ProcessorError;
use jetstream_es::publish::PublishError;
use jetstream_es::{
    Cause, Connection, DeadLetter, Failure, Handler, Processor, ProcessorSpec, Rest, StoredMessage,
};
use shared::cloud_event::MessageId;
use shared::outcome::{Code, Decision, Next, Outcome, Refusal};
use shared::rooms::RoomId;
use shared::subjects::{OutcomeKey, Stream};

use super::catalogue::{About, Wish};
use super::outcomes::{Answers, Kept, Outcomes, OutcomesError};
use super::pace::{self, Pace, PaceOptions};
use super::read::{Received, read};
use crate::allowance::whole_seconds;
use crate::done::Done;
use crate::hotel::{Hotel, NotDone};

/// The name of the consumer of the stream `commands`, and so that of its dead letters.
pub const CONSUMER: &str = "commands";

/// The processor of the stream `commands`.
pub type Inbox = Processor<Clerk>;

/// Opens the inbox.
///
/// # Errors
/// See [`ProcessorError`].
pub async fn open(connection: &Connection, pace: PaceOptions) -> Result<Inbox, ProcessorError> {
    let clerk = Clerk {
        pace: Arc::new(Pace::new(pace)),
        hotel: Arc::new(Hotel::new(connection)),
        outcomes: Outcomes::new(connection),
        answers: Arc::new(Answers::new(connection)),
    };
    Processor::open(connection, spec(), clerk).await
}

fn spec() -> ProcessorSpec {
    ProcessorSpec {
        description: "decides on commands".to_owned(),
        ..ProcessorSpec::new(Stream::Commands.name(), CONSUMER)
    }
}

/// Its durable consumers, each by its stream and its name.
pub fn consumers() -> [(&'static str, String); 2] {
    spec().consumers()
}

/// Decides and answers.
#[derive(Debug, Clone)]
pub struct Clerk {
    pace: Arc<Pace>,
    hotel: Arc<Hotel>,
    outcomes: Outcomes,
    answers: Arc<Answers>,
}

impl Handler for Clerk {
    /// The room, the type of rooms, or the staff. A command that cannot be read holds up no other.
    fn key(&self, message: &StoredMessage) -> String {
        match read(message) {
            Ok(Received { wish: Ok(wish), .. }) => match wish.about() {
                About::Room(room) => format!("room-{room}"),
                About::RoomType(room_type) => format!("room-type-{room_type}"),
                About::Staff => "staff".to_owned(),
                About::Guest(client) => format!("guest-{client}"),
            },
            Ok(Received { id: Some(id), .. }) => format!("command-{id}"),
            _ => format!("message-{}", message.sequence),
        }
    }

    /// Decides, be it too many or not: what is tried again had been let pass, or an operator has it tried.
    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let (key, received) = addressed(message)?;
        self.settle(key, received, message.sequence).await?.await
    }

    /// Decides. The answer waits for nobody, and nobody for it.
    async fn begin(&self, message: &StoredMessage) -> Result<Option<Rest>, Failure> {
        let (key, received) = addressed(message)?;
        let sequence = message.sequence;
        if let Err(wait) = self.pace.pass(&key.actor, message) {
            // A flood holds up nobody: not even what has to be looked up for it is waited for.
            let clerk = self.clone();
            let turned_away = async move { clerk.turn_away(&key, received, sequence, wait).await };
            return Ok(Some(turned_away.boxed()));
        }
        self.settle(key, received, sequence).await.map(Some)
    }

    async fn parked(&self, message: &StoredMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let Some(key) = read(message).ok().as_ref().and_then(asker) else {
            return Ok(());
        };
        if self.answered(&key).await?.is_some() {
            return Ok(());
        }
        let letter = letter.name().to_string();
        let outcome = Outcome {
            command: key.command.clone(),
            next: Next::after_parking(&letter),
            decision: Decision::Parked { letter },
        };
        let put = self.answers.put(&key, &outcome, message.sequence);
        put.await.map_err(not_stored)
    }

    /// Whoever asked is told that it was given up; or what became of it, if it was decided and the answer was not given: what
    /// is done is not undone by giving it up.
    async fn discarded(&self, message: &StoredMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let Ok(received) = read(message) else {
            return Ok(());
        };
        let Some(key) = asker(&received) else {
            return Ok(());
        };
        if self.answered(&key).await?.is_some() {
            return Ok(());
        }
        let by = letter.changes.last().map_or("somebody", |last| &last.by);
        let given_up = format!("It could not be decided, and {by} has given it up.");
        let discarded = |text: String| {
            let refusal = Refusal::of_the_whole(Code::Discarded, text);
            refused(&key, None, refusal)
        };
        let outcome = match self.recall(&key, received).await {
            Ok(Some(outcome)) => outcome.for_account(key.actor.account),
            Ok(None) => discarded(given_up),
            Err(failure) if failure.is_permanent() => {
                // The reason is for whoever can do something about it, not for whoever asked.
                tracing::error!(command = %key.command, "what became of a command is not known: {failure}");
                discarded(format!(
                    "{given_up} Whether it was done before is not known."
                ))
            }
            Err(failure) => return Err(failure),
        };
        let put = self.answers.put(&key, &outcome, message.sequence);
        put.await.map_err(not_stored)
    }
}

/// Reads a command, and to whom its answer goes.
fn addressed(message: &StoredMessage) -> Result<(OutcomeKey, Received), Failure> {
    let received = read(message).map_err(Failure::permanent)?;
    match asker(&received) {
        Some(key) => Ok((key, received)),
        None => Err(Failure::permanent(match received.wish {
            Ok(_) => "the command has no id, so nobody can be answered".to_owned(),
            Err(Refusal { message, .. }) => format!("no id to answer to, and: {message}"),
        })),
    }
}

/// Where the answer goes to.
fn asker(received: &Received) -> Option<OutcomeKey> {
    Some(OutcomeKey {
        actor: received.actor.clone(),
        command: received.id.clone()?,
    })
}

impl Clerk {
    /// Decides on a command. What is returned gives the answer.
    async fn settle(
        &self,
        key: OutcomeKey,
        received: Received,
        sequence: u64,
    ) -> Result<Rest, Failure> {
        let (outcome, sequence) = self.decide(&key, received, sequence).await?;
        let answers = Arc::clone(&self.answers);
        let answer = async move {
            let put = answers.put(&key, &outcome, sequence);
            put.await.map_err(not_stored)
        };
        Ok(answer.boxed())
    }

    /// Answers that there are too many, unless this one had been answered or done before: it may have come again. In a flood
    /// only the answers of the last day are looked at.
    async fn turn_away(
        &self,
        key: &OutcomeKey,
        received: Received,
        sequence: u64,
        wait: Duration,
    ) -> Result<(), Failure> {
        let (outcome, sequence) = match self.answered(key).await? {
            Some(kept) => answer_again(kept, sequence),
            None => {
                let done = match self.pace.looks(&key.actor) {
                    true => self.recall(key, received).await?,
                    false => None,
                };
                let too_many = || {
                    let refusal = Refusal::too_many_commands(whole_seconds(wait));
                    refused(key, None, refusal)
                };
                let outcome = done.map(|done| done.for_account(key.actor.account));
                (outcome.unwrap_or_else(too_many), sequence)
            }
        };
        let put = self.answers.put(key, &outcome, sequence);
        put.await.map_err(not_stored)
    }

    /// Decides on a command. One that comes again gets the answer that it got, and that is told again: whoever asks again
    /// listens. What the hotel decides, its repositories know for ever; a command that is no wish leaves nothing but its answer.
    ///
    /// Returns the sequence of the command, too: of the message that came first, if this one comes again.
    async fn decide(
        &self,
        key: &OutcomeKey,
        received: Received,
        sequence: u64,
    ) -> Result<(Outcome, u64), Failure> {
        // A command that was too many was not decided, and its answer is all that tells.
        if pace::is_limited(key.actor.account)
            && let Some(kept) = self.answered(key).await?
        {
            return Ok(answer_again(kept, sequence));
        }
        let Received {
            correlation, wish, ..
        } = received;
        let (outcome, is_first) = match wish {
            Ok(wish) => match self.grant(key, correlation, &wish).await {
                Ok(outcome) => {
                    let is_first = matches!(outcome.decision, Decision::Done { view: Some(_), .. });
                    (outcome, is_first)
                }
                // Something may have broken since it was decided.
                Err(failure) if failure.is_permanent() => {
                    let answered = self.answered(key).await?;
                    let answered = answered.map(|kept| answer_again(kept, sequence));
                    return answered.ok_or(failure);
                }
                Err(failure) => return Err(failure),
            },
            Err(refusal) => (refused(key, None, refusal), false),
        };
        let outcome = outcome.for_account(key.actor.account);
        // The bucket is asked only where it may know more: of a command that may have been decided before.
        if is_first {
            return Ok((outcome, sequence));
        }
        Ok(match self.answered(key).await? {
            Some(kept) => answer_again(kept, sequence),
            None => (outcome, sequence),
        })
    }

    /// The answer that was given, if it was final.
    async fn answered(&self, key: &OutcomeKey) -> Result<Option<Kept>, Failure> {
        let kept = self.outcomes.find(key).await.map_err(not_stored)?;
        Ok(kept.filter(|kept| !matches!(kept.outcome.decision, Decision::Parked { .. })))
    }

    async fn grant(
        &self,
        key: &OutcomeKey,
        correlation: Option<MessageId>,
        wish: &Wish,
    ) -> Result<Outcome, Failure> {
        let decided = wish.handle(&self.hotel, &cause(key, correlation)).await;
        outcome(key, wish, decided)
    }

    /// What became of a command, if anything has.
    async fn recall(
        &self,
        key: &OutcomeKey,
        received: Received,
    ) -> Result<Option<Outcome>, Failure> {
        // One that is no wish leaves nothing.
        let Ok(wish) = received.wish else {
            return Ok(None);
        };
        let cause = cause(key, received.correlation);
        let recalled = match wish.about() {
            About::Room(room) => self.hotel.recall(room, &cause).await,
            About::RoomType(_) => self.hotel.recall_in_any_room(&cause).await,
            About::Staff => self.hotel.recall_on_staff(&cause).await,
            About::Guest(client) => self.hotel.recall_erasure(client, &cause).await,
        };
        let recalled = recalled.transpose();
        recalled.map(|done| outcome(key, &wish, done)).transpose()
    }
}

fn cause(key: &OutcomeKey, correlation: Option<MessageId>) -> Cause {
    let correlation = correlation.as_ref().unwrap_or(&key.command);
    Cause {
        correlation: correlation.to_string(),
        actor: Some(key.actor.to_string()),
        ..Cause::new(key.command.as_str())
    }
}

/// The answer to a command.
fn outcome(
    key: &OutcomeKey,
    wish: &Wish,
    decided: Result<Done, NotDone>,
) -> Result<Outcome, Failure> {
    match decided {
        Ok(Done { event, view, next }) => Ok(Outcome {
            command: key.command.clone(),
            decision: Decision::Done { event, view },
            next,
        }),
        Err(NotDone::Refused(refusal)) => {
            let room = match wish.about() {
                About::Room(room) => Some(room),
                About::RoomType(_) | About::Staff | About::Guest(_) => None,
            };
            Ok(refused(key, room, refusal))
        }
        Err(NotDone::NotYet(reason)) => Err(Failure::outage(reason)),
        Err(NotDone::Broken(reason)) => Err(Failure::permanent(reason)),
    }
}

/// The answer that was given before, and to which message: to the one at `sequence`, if it does not say.
fn answer_again(kept: Kept, sequence: u64) -> (Outcome, u64) {
    (kept.outcome, kept.command.unwrap_or(sequence))
}

fn refused(key: &OutcomeKey, room: Option<RoomId>, refusal: Refusal) -> Outcome {
    Outcome {
        command: key.command.clone(),
        next: refusal.next(room),
        decision: Decision::Refused { refusal },
    }
}

/// What follows when an answer is not read or stored.
fn not_stored(error: OutcomesError) -> Failure {
    match error {
        OutcomesError::Json(_) => Failure::permanent(error),
        OutcomesError::Write(PublishError::Refused { .. }) => Failure::transient(error),
        OutcomesError::Write(_) | OutcomesError::Read(_) => Failure::outage(error),
    }
}
