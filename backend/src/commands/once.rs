//! Sends a command under an id that may have been used before: the same command is sent once, another one not at all.
//!
//! Which it is, is known for as long as the outcome is kept, a day, and before the command is decided, however long that
//! takes (ADR 20).

use jetstream_es::history::{self, ReadError};
use jetstream_es::{Connection, StoredMessage};
use serde::Serialize;
use serde_json::Value;
use shared::cloud_event::{CloudEvent, MessageId};
use shared::identity::Actor;
use shared::subjects::{OutcomeKey, Stream};
use shared::text::Token;

use super::backlog::Backlog;
use super::look_up::{LookUpError, Standing, before_sending, look_up};
use super::read::read;
use super::send::{self, SendError};

/// Why a command was not sent.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// The id is that of another command, or of this one with other data.
    #[error(
        "the id {0} was used for another command, or for this one with other data: take a new one"
    )]
    Reused(MessageId),
    /// Whether it was sent before is not known.
    #[error(transparent)]
    LookUp(#[from] LookUpError),
    /// It is not known to be safe.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<ReadError> for OnceError {
    fn from(error: ReadError) -> Self {
        Self::LookUp(error.into())
    }
}

/// Where an id comes from.
#[derive(Debug, Clone, Copy)]
pub enum Id<'a> {
    /// It was made for this command, so nobody has used it.
    New,
    /// The sender has chosen it. A program that sends many commands has a [`Backlog`], which spares it to search.
    Chosen(Option<&'a Backlog>),
}

/// Sends the command `name` unless it was sent before, and says whether it was.
///
/// The data of `event` has to be as this version writes it, with what was left out.
///
/// # Errors
/// See [`OnceError`].
pub async fn send<T: Serialize>(
    connection: &Connection,
    actor: &Actor,
    name: &Token,
    event: &CloudEvent<T>,
    id: Id<'_>,
) -> Result<bool, OnceError> {
    let again = Again {
        connection,
        id: &event.id,
        subject: send::subject(actor, name),
        data: serde_json::to_value(&event.data).map_err(SendError::from)?,
    };
    if let Id::Chosen(backlog) = id {
        let key = OutcomeKey {
            actor: actor.clone(),
            command: event.id.clone(),
        };
        let standing = match backlog {
            Some(backlog) => before_sending(connection, backlog, &key).await?,
            None => look_up(connection, &key).await?,
        };
        match standing {
            Standing::Unknown => {}
            Standing::Accepted(message) => {
                again.compare(&message)?;
                return Ok(true);
            }
            Standing::Decided(kept) => {
                // What an operator has removed, or an earlier version did not point to, cannot be compared.
                if let Some(sequence) = kept.command {
                    again.compare_with(sequence).await?;
                }
                return Ok(true);
            }
        }
    }
    let ack = send::publish(connection, actor, name, event).await?;
    // Somebody else was faster, with the same id.
    if ack.duplicate {
        again.compare_with(ack.sequence).await?;
    }
    Ok(ack.duplicate)
}

/// A command whose id may have been used.
struct Again<'a> {
    connection: &'a Connection,
    id: &'a MessageId,
    subject: String,
    data: Value,
}

impl Again<'_> {
    /// Compares it with the message at `sequence`, if that is still there.
    async fn compare_with(&self, sequence: u64) -> Result<(), OnceError> {
        let message = history::at(self.connection, Stream::Commands.name(), sequence).await?;
        message.map_or(Ok(()), |message| self.compare(&message))
    }

    /// Whether `message` is this very command, in whatever form it came.
    fn compare(&self, message: &StoredMessage) -> Result<(), OnceError> {
        let same = message.subject == self.subject
            && read(message)
                .ok()
                .and_then(|before| before.wish.ok()?.data().ok())
                .is_some_and(|data| data == self.data);
        match same {
            true => Ok(()),
            false => Err(OnceError::Reused(self.id.clone())),
        }
    }
}
