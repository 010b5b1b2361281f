//! What is known of a command by its id alone.
//!
//! A decided one is in the bucket `outcomes` for a day. One that is not decided yet is in the stream `commands`, after all
//! that its consumer has acknowledged: as a rule some messages, and as many as wait when many wait.

use async_nats::header::NATS_MESSAGE_ID;
use jetstream_es::history::{self, ReadError};
use jetstream_es::{Connection, StoredMessage};
use shared::subjects::{OutcomeKey, Stream};

use super::backlog::Backlog;
use super::inbox::CONSUMER;
use super::outcomes::{Kept, Outcomes, OutcomesError};

/// What is known of a command.
#[derive(Debug)]
pub enum Standing {
    /// Nobody has sent it, or it is so long ago that its outcome is no longer kept.
    Unknown,
    /// The stream has it. Boxed for its size.
    Accepted(Box<StoredMessage>),
    /// It has an outcome.
    Decided(Kept),
}

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    #[error(transparent)]
    Outcomes(#[from] OutcomesError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("how far the commands are decided is not known: {0}")]
    Floor(String),
}

/// Looks up a command that somebody is about to send: as [`look_up`], but one that the stream would know by its id, if it
/// were sent again, may be [`Unknown`](Standing::Unknown).
///
/// # Errors
/// When the server does not answer.
pub async fn before_sending(
    connection: &Connection,
    backlog: &Backlog,
    key: &OutcomeKey,
) -> Result<Standing, LookUpError> {
    if !backlog.is_short(connection).await? {
        return look_up(connection, key).await;
    }
    let kept = Outcomes::new(connection).find(key).await?;
    Ok(kept.map_or(Standing::Unknown, Standing::Decided))
}

/// Looks up a command.
///
/// # Errors
/// When the server does not answer.
pub async fn look_up(connection: &Connection, key: &OutcomeKey) -> Result<Standing, LookUpError> {
    let outcomes = Outcomes::new(connection);
    if let Some(kept) = outcomes.find(key).await? {
        return Ok(Standing::Decided(kept));
    }
    if let Some(message) = undecided(connection, key).await? {
        return Ok(Standing::Accepted(Box::new(message)));
    }
    // It may have been decided between the two looks: a command is acknowledged after its outcome is stored.
    let kept = outcomes.find(key).await?;
    Ok(kept.map_or(Standing::Unknown, Standing::Decided))
}

/// The message among those that are not acknowledged.
async fn undecided(
    connection: &Connection,
    key: &OutcomeKey,
) -> Result<Option<StoredMessage>, LookUpError> {
    let commands = Stream::Commands.name();
    let floor = |error: &dyn std::fmt::Display| LookUpError::Floor(error.to_string());
    let stream = connection.jetstream().get_stream_no_info(commands).await;
    let stream = stream.map_err(|error| floor(&error))?;
    let consumer = stream.consumer_info(CONSUMER).await;
    let consumer = consumer.map_err(|error| floor(&error))?;

    let filter = format!("cmd.{}.{}.*", key.actor.account, key.actor.user);
    let mut after = consumer.ack_floor.stream_sequence;
    loop {
        let page = history::page(connection, commands, &filter, after).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        after = last.sequence;
        let is_it = |message: &StoredMessage| {
            let id = message.headers.get(NATS_MESSAGE_ID);
            id.is_some_and(|id| id.as_str() == key.command.as_str())
        };
        if let Some(message) = page.into_iter().find(is_it) {
            return Ok(Some(message));
        }
    }
}
