//! Sends a command as any client does, and listens for its outcome.

use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::{HeaderMap, Subscriber};
use futures_util::StreamExt;
use jetstream_es::Connection;
use jetstream_es::publish::{PublishError, publish};
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
    outcomes: Subscriber,
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
    Subscribe(#[from] async_nats::client::SubscribeError),
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
pub async fn send<T: Serialize>(
    connection: &Connection,
    actor: Actor,
    command: Token,
    event: &CloudEvent<T>,
) -> Result<Sent, SendError> {
    let key = OutcomeKey {
        actor: actor.clone(),
        command: event.id.clone(),
    };
    let subject = CommandSubject { actor, command }.to_string();
    let payload = serde_json::to_vec(event)?;
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", CONTENT_TYPE);
    headers.insert(NATS_MESSAGE_ID, event.id.as_str());

    let client = connection.client();
    // Before the command is sent, so that the outcome is not missed.
    let outcomes = client.subscribe(format!("outcome.{key}")).await?;
    let ack = publish(client, subject.clone(), headers, payload.into()).await?;
    Ok(Sent {
        subject,
        key,
        sequence: ack.sequence,
        outcomes,
        again: ack.duplicate,
    })
}

impl Sent {
    /// The outcome, if there is one within `wait`.
    pub async fn outcome(mut self, connection: &Connection, wait: Duration) -> Option<Outcome> {
        if self.again {
            match Outcomes::new(connection).get(&self.key).await {
                Ok(Some(outcome)) => return Some(outcome),
                Ok(None) => {}
                Err(error) => tracing::warn!("{error}"),
            }
        }
        let message = tokio::time::timeout(wait, self.outcomes.next());
        let message = message.await.ok()??;
        match serde_json::from_slice(&message.payload) {
            Ok(outcome) => Some(outcome),
            Err(error) => {
                tracing::error!("an outcome is not understood: {error}");
                None
            }
        }
    }
}
