//! Sends a command as any client does, and listens for its outcome.

use std::time::Duration;

use async_nats::client::SubscribeError;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::publish::PublishAck;
use async_nats::{HeaderMap, Subscriber};
use futures_util::StreamExt;
use jetstream_es::Connection;
use jetstream_es::publish::{self, PublishError};
use serde::Serialize;
use shared::cloud_event::{CONTENT_TYPE, CloudEvent, MessageId};
use shared::identity::{Account, Actor};
use shared::outcome::Outcome;
use shared::subjects::{CommandSubject, OutcomeKey};
use shared::text::{Token, TokenError};
use uuid::Uuid;

use super::Outcomes;

/// A command that the stream has, and the ear for its outcome.
#[derive(Debug)]
pub struct Sent {
    pub subject: String,
    pub key: OutcomeKey,
    /// Where the stream holds the command.
    pub sequence: u64,
    ear: Ear,
    /// Whether the stream had it before.
    again: bool,
}

/// Why a command was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Repeating it with the same id does it once.
    #[error("NATS did not accept the command: {0}")]
    NotAccepted(#[from] PublishError),
    #[error("its outcome cannot be listened for: {0}")]
    Subscribe(#[from] SubscribeError),
    #[error("the command cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A new id: a UUID of version 7, which sorts by time.
///
/// # Errors
/// Never by the text of a UUID; the type of ids takes other texts too.
pub fn new_id() -> Result<MessageId, TokenError> {
    Uuid::now_v7().to_string().parse()
}

/// The one who sends from inside the account `HOTEL`, such as `http`.
///
/// # Errors
/// When the name is no token.
pub fn in_the_hotel(user: &str) -> Result<Actor, TokenError> {
    let user = user.parse::<Token>()?;
    Ok(Actor {
        account: Account::Hotel,
        user,
    })
}

/// Publishes the command to the stream and waits until it is safe there.
///
/// # Errors
/// When that is not known.
pub async fn publish<T: Serialize>(
    connection: &Connection,
    actor: &Actor,
    command: &Token,
    event: &CloudEvent<T>,
) -> Result<PublishAck, SendError> {
    let subject = subject(actor, command);
    let payload = serde_json::to_vec(event)?;
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", CONTENT_TYPE);
    headers.insert(NATS_MESSAGE_ID, event.id.as_str());
    let ack = publish::publish(connection, subject, headers, payload.into());
    Ok(ack.await?)
}

pub(super) fn subject(actor: &Actor, command: &Token) -> String {
    let (actor, command) = (actor.clone(), command.clone());
    CommandSubject { actor, command }.to_string()
}

/// Publishes the command, and listens for its outcome.
///
/// # Errors
/// When it is not known to be safe.
pub async fn send<T: Serialize>(
    connection: &Connection,
    actor: Actor,
    command: Token,
    event: &CloudEvent<T>,
) -> Result<Sent, SendError> {
    let subject = subject(&actor, &command);
    let key = OutcomeKey {
        actor: actor.clone(),
        command: event.id.clone(),
    };
    let ear = Ear::open(connection, key.clone()).await?;
    let ack = publish(connection, &actor, &command, event).await?;
    Ok(Sent {
        subject,
        key,
        sequence: ack.sequence,
        ear,
        again: ack.duplicate,
    })
}

impl Sent {
    /// The outcome, if there is one within `wait`.
    pub async fn outcome(self, wait: Duration) -> Option<Outcome> {
        if self.again {
            self.ear.kept_or_next(wait).await
        } else {
            self.ear.next(wait).await
        }
    }
}

/// The ear for the outcome of a command. It is opened before the command is sent, so that the outcome is not missed.
#[derive(Debug)]
pub struct Ear {
    connection: Connection,
    key: OutcomeKey,
    outcomes: Subscriber,
}

impl Ear {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn open(connection: &Connection, key: OutcomeKey) -> Result<Self, SubscribeError> {
        let subject = format!("outcome.{key}");
        Ok(Self {
            connection: connection.clone(),
            outcomes: connection.client().subscribe(subject).await?,
            key,
        })
    }

    /// The outcome that is told within `wait`.
    pub async fn next(mut self, wait: Duration) -> Option<Outcome> {
        match tokio::time::timeout(wait, self.outcomes.next()).await {
            Ok(Some(message)) => match serde_json::from_slice(&message.payload) {
                Ok(outcome) => Some(outcome),
                Err(error) => {
                    tracing::error!("an outcome is not understood: {error}");
                    None
                }
            },
            // It may have been told while there was no connection. A longer wait would not bring it.
            Ok(None) | Err(_) => self.kept().await,
        }
    }

    /// The outcome that was given before, or is told within `wait`.
    pub async fn kept_or_next(self, wait: Duration) -> Option<Outcome> {
        match self.kept().await {
            Some(outcome) => Some(outcome),
            None => self.next(wait).await,
        }
    }

    async fn kept(&self) -> Option<Outcome> {
        let kept = Outcomes::new(&self.connection).get(&self.key).await;
        kept.unwrap_or_else(|error| {
            tracing::warn!("{error}");
            None
        })
    }
}
