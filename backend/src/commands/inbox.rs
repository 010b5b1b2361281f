//! Takes commands from the stream and sees to it that each gets its answer.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use jetstream_es::feed::{Acks, FeedError};
use jetstream_es::{Cause, Connection, Delivery, Feed, FeedSpec, Lanes, Patience};
use shared::cloud_event::MessageId;
use shared::outcome::{Decision, Outcome, Refusal};
use shared::rooms::RoomId;
use shared::subjects::{OutcomeKey, Stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::catalogue::Wish;
use super::outcomes::{Outcomes, OutcomesError};
use super::read::{Received, read};
use crate::hotel::{Hotel, NotDone};

/// How many commands are worked on at the same time. Each waits for the disk most of the time.
const LANES: usize = 64;
/// How many commands are taken from the stream before the first of them is answered. Each lane has room for all of them,
/// so that many commands about one room hold up no other.
const IN_FLIGHT: u16 = 1_024;

/// The consumer of the stream `commands`.
#[derive(Debug)]
pub struct Inbox {
    feed: Feed,
    clerk: Arc<Clerk>,
}

/// Commands with the same key are done in order.
#[derive(Debug)]
enum LaneKey<'a> {
    Room(RoomId),
    /// Nobody can tell which room a command is about that cannot be read; it will be refused.
    Unreadable(Option<&'a MessageId>),
}

impl Hash for LaneKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Room(room) => room.hash(state),
            Self::Unreadable(id) => id.map(MessageId::as_str).hash(state),
        }
    }
}

impl Inbox {
    /// Opens the consumer.
    ///
    /// # Errors
    /// See [`FeedError`].
    pub async fn open(connection: &Connection) -> Result<Self, FeedError> {
        let spec = FeedSpec {
            stream: Stream::Commands.name(),
            durable: "commands".to_owned(),
            description: "decides on commands".to_owned(),
            filter: None,
            acks: Acks::Each,
            in_flight: IN_FLIGHT,
        };
        let clerk = Arc::new(Clerk {
            hotel: Hotel::new(connection),
            outcomes: Outcomes::new(connection),
        });
        Ok(Self {
            feed: Feed::open(connection, spec).await?,
            clerk,
        })
    }

    /// Whether commands flow.
    pub fn flows(&self) -> watch::Receiver<bool> {
        self.feed.flows()
    }

    /// Works until `stop`, and then ends what it has begun; commands that it has not begun come again.
    pub async fn run(mut self, stop: CancellationToken) {
        let clerk = Arc::clone(&self.clerk);
        let stopping = stop.clone();
        let work = move |(delivery, received): (Delivery, Received)| {
            let (clerk, stopping) = (Arc::clone(&clerk), stopping.clone());
            async move { clerk.answer(&delivery, received, &stopping).await }
        };
        let lanes = Lanes::new(LANES, usize::from(IN_FLIGHT), work);
        'work: while let Some(batch) = stop.run_until_cancelled(self.feed.next(LANES)).await {
            for delivery in batch {
                let received = match read(&delivery.message) {
                    Ok(received) => received,
                    Err(error) => {
                        let sequence = delivery.message.sequence;
                        tracing::error!(sequence, "a command from nobody is passed over: {error}");
                        acknowledge(&delivery).await;
                        continue;
                    }
                };
                let received = (delivery, received);
                // The key is taken before the move of what it borrows from.
                let (_, command) = &received;
                let key = match &command.wish {
                    Ok(wish) => LaneKey::Room(wish.room()),
                    Err(_) => LaneKey::Unreadable(command.id.as_ref()),
                };
                let lane = lanes.lane(key);
                if !lanes.put(lane, received).await {
                    tracing::error!("a lane has ended; its commands wait for the next start");
                    break 'work;
                }
            }
        }
        lanes.finish().await;
    }
}

/// Decides and answers.
#[derive(Debug)]
struct Clerk {
    hotel: Hotel,
    outcomes: Outcomes,
}

/// Why a command has no answer yet.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("not decided: {0}")]
    NotYet(String),
    #[error(transparent)]
    Outcomes(#[from] OutcomesError),
}

impl Clerk {
    /// Answers a command, and tries until that is done or the program stops.
    async fn answer(&self, delivery: &Delivery, received: Received, stop: &CancellationToken) {
        let Some(id) = received.id else {
            let sequence = delivery.message.sequence;
            if let Err(refusal) = received.wish {
                let actor = received.actor;
                tracing::warn!(sequence, %actor, "refused without an answer, for it has no id: {}", refusal.message);
            }
            acknowledge(delivery).await;
            return;
        };
        let correlation = received.correlation.unwrap_or_else(|| id.clone());
        let key = OutcomeKey {
            actor: received.actor,
            command: id,
        };
        let mut patience = Patience::default();
        loop {
            match self.try_to_answer(&key, &correlation, &received.wish).await {
                Ok(()) => break acknowledge(delivery).await,
                Err(error) => tracing::warn!(command = %key.command, "{error}; will try again"),
            }
            if stop.run_until_cancelled(patience.wait()).await.is_none() {
                break;
            }
        }
    }

    async fn try_to_answer(
        &self,
        key: &OutcomeKey,
        correlation: &MessageId,
        wish: &Result<Wish, Refusal>,
    ) -> Result<(), NoAnswer> {
        // A command that comes again gets the answer that it got, and that is told again: whoever asks again listens.
        let outcome = match self.outcomes.get(key).await? {
            Some(outcome) => outcome,
            None => Outcome {
                command: key.command.clone(),
                decision: self.decide(key, correlation, wish).await?,
            },
        };
        self.outcomes.put(key, &outcome).await?;
        Ok(())
    }

    async fn decide(
        &self,
        key: &OutcomeKey,
        correlation: &MessageId,
        wish: &Result<Wish, Refusal>,
    ) -> Result<Decision, NoAnswer> {
        let wish = match wish {
            Ok(wish) => wish,
            Err(refusal) => {
                return Ok(Decision::Refused {
                    refusal: refusal.clone(),
                });
            }
        };
        let cause = Cause {
            correlation: correlation.to_string(),
            actor: Some(key.actor.to_string()),
            ..Cause::new(key.command.as_str())
        };
        let done = wish.handle(&self.hotel, &cause).await;
        match done {
            Ok(event) => Ok(Decision::Done { event }),
            Err(NotDone::Refused(refusal)) => Ok(Decision::Refused { refusal }),
            Err(NotDone::NotYet(reason)) => Err(NoAnswer::NotYet(reason)),
            Err(NotDone::Broken(reason)) => {
                tracing::error!(command = %key.command, "refused, for it cannot be decided: {reason}");
                let refusal = Refusal {
                    code: "broken".into(),
                    field: None,
                    message: "The hotel's books cannot be read here. Its operator finds the reason in the log."
                        .to_owned(),
                };
                Ok(Decision::Refused { refusal })
            }
        }
    }
}

async fn acknowledge(delivery: &Delivery) {
    if let Err(error) = delivery.ack().await {
        // Then the command comes again, and finds its answer.
        tracing::debug!("not acknowledged: {error}");
    }
}
