//! `vacancy seed`: fills the hotel with plausible rooms and stays, by the same commands that anybody else would send.

mod dice;
mod guests;
mod house;
mod plan;

use std::collections::HashSet;
use std::pin::pin;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::PublishError;
use async_nats::{HeaderMap, header::NATS_MESSAGE_ID};
use futures_util::stream::{self, StreamExt};
use jetstream_es::Connection;
use jetstream_es::connection::ConnectError;
use shared::cloud_event::{CONTENT_TYPE, MessageId};
use shared::identity::{Account, Actor};
use shared::outcome::{Decision, Outcome};
use shared::subjects::OutcomeKey;

use crate::cli::SeedOptions;
use crate::clock;
use crate::commands::{Outcomes, outcomes::OutcomesError};
use plan::Message;

/// How many commands are sent before the first of them is acknowledged.
const IN_FLIGHT: usize = 512;
/// How long no outcome may come in before somebody has to look.
const SILENCE: Duration = Duration::from_secs(60);

/// Why the hotel is not filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("{error}: {remedy}")]
    Connect { error: ConnectError, remedy: String },
    #[error(
        "{0}; start the backend first (`vacancy serve`), and repeat this: nothing is done twice"
    )]
    Publish(#[from] PublishError),
    #[error("no outcomes to listen to: {0}")]
    Subscribe(#[from] async_nats::client::SubscribeError),
    #[error(transparent)]
    Outcomes(#[from] OutcomesError),
    #[error("a command could not be made: {0}")]
    Plan(#[from] plan::PlanError),
    #[error(
        "{waiting} commands have no outcome, and none came for {SILENCE:?}: look at the log of the backend, and repeat \
         this when it works: nothing is done twice"
    )]
    Silence { waiting: usize },
}

/// Sends all commands and waits for their outcomes.
///
/// # Errors
/// When the server or the backend is not there. Everything that was sent before is done nevertheless.
pub async fn seed(options: SeedOptions) -> Result<(), SeedError> {
    let connection = options.nats.connect("vacancy seed").await;
    let connection = connection.map_err(|error| SeedError::Connect {
        remedy: options.nats.remedy(&error),
        error,
    })?;
    let today = options.today.unwrap_or_else(|| clock::now().date());
    let actor = Actor {
        account: Account::Hotel,
        user: "seed".parse().map_err(plan::PlanError::from)?,
    };
    let house = house::house(options.rooms, options.nights, today)?;
    let messages = plan::messages(&house, &actor, clock::now())?;
    let total = messages.len();
    tracing::info!("{} rooms, {total} commands", options.rooms);

    let started = Instant::now();
    let mut ledger = Ledger::new(&messages);
    let mut outcomes = connection
        .client()
        .subscribe(format!("outcome.{}.{}.*", actor.account, actor.user))
        .await?;
    let sending = send(&connection, &actor, messages);
    let mut sending = pin!(sending);
    let mut sent = false;
    while !ledger.waiting.is_empty() {
        tokio::select! {
            known = &mut sending, if !sent => {
                sent = true;
                known?.iter().for_each(|outcome| ledger.enter(outcome));
            }
            outcome = tokio::time::timeout(SILENCE, outcomes.next()) => match outcome {
                Ok(Some(message)) => match serde_json::from_slice(&message.payload) {
                    Ok(outcome) => ledger.enter(&outcome),
                    Err(error) => tracing::warn!("an outcome is not understood: {error}"),
                },
                Ok(None) | Err(_) => {
                    let waiting = ledger.waiting.len();
                    return Err(SeedError::Silence { waiting });
                }
            }
        }
    }
    let Ledger { done, refused, .. } = ledger;
    let seconds = started.elapsed().as_secs_f64();
    tracing::info!("{done} commands done, {refused} refused, in {seconds:.1} s");
    Ok(())
}

/// Publishes the messages in their order. Returns the outcomes of those that had been sent before, which are not told
/// again.
async fn send(
    connection: &Connection,
    actor: &Actor,
    messages: Vec<Message>,
) -> Result<Vec<Outcome>, SeedError> {
    let bucket = &Outcomes::new(connection);
    let jetstream = &connection.jetstream();
    let sent = stream::iter(messages).then(|message| async move {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", CONTENT_TYPE);
        headers.insert(NATS_MESSAGE_ID, message.id.as_str());
        // One after the other: of futures that are polled together nobody knows which one sends first.
        let sent = jetstream.publish_with_headers(message.subject, headers, message.payload);
        (message.id, sent.await)
    });
    let acknowledged = sent.map(|(command, sent)| async move {
        let ack = sent?.await?;
        if !ack.duplicate {
            return Ok(None);
        }
        let actor = actor.clone();
        let key = OutcomeKey { actor, command };
        Ok::<_, SeedError>(bucket.get(&key).await?)
    });
    let mut acknowledged = pin!(acknowledged.buffered(IN_FLIGHT));
    let mut known = Vec::new();
    while let Some(outcome) = acknowledged.next().await {
        known.extend(outcome?);
    }
    Ok(known)
}

/// Which commands still have no outcome.
struct Ledger {
    waiting: HashSet<MessageId>,
    total: usize,
    done: usize,
    refused: usize,
}

impl Ledger {
    fn new(messages: &[Message]) -> Self {
        let waiting: HashSet<_> = messages.iter().map(|message| message.id.clone()).collect();
        Self {
            total: waiting.len(),
            waiting,
            done: 0,
            refused: 0,
        }
    }

    fn enter(&mut self, outcome: &Outcome) {
        if !self.waiting.remove(&outcome.command) {
            return;
        }
        match &outcome.decision {
            Decision::Done { .. } => self.done += 1,
            Decision::Refused { refusal } => {
                self.refused += 1;
                tracing::warn!("{} was refused: {}", outcome.command, refusal.message);
            }
            Decision::Parked { letter } => {
                self.refused += 1;
                tracing::warn!("{} was parked: dead letter {letter}", outcome.command);
            }
        }
        let decided = self.done + self.refused;
        if decided.is_multiple_of((self.total / 10).max(1)) {
            tracing::info!("{decided} of {} decided", self.total);
        }
    }
}
