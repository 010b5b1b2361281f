//! Reading the events of a boundary.

use crate::Connection;
use crate::boundary::{Boundary, Recorded, StoredMessage};
use crate::direct::{self, PAGE};
use crate::leader::Leader;
use crate::repository::LoadError;
use crate::shred;

/// Why events could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the events {filter} of the stream {stream} could not be read: {reason}")]
pub struct ReadError {
    stream: String,
    filter: String,
    reason: String,
}

impl ReadError {
    pub(crate) fn new(stream: &str, filter: &str, reason: impl ToString) -> Self {
        Self {
            stream: stream.to_owned(),
            filter: filter.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// How many messages there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// None or a few.
    Few,
    /// Any number.
    Many,
}

/// Hands every message under `filter` with a sequence above `after` to `each`, in order, with what is sealed in it opened.
///
/// When many are expected, pages of direct get come first: one request for a thousand messages. They may come from a
/// replica that lags, so the rest is read from the leader, message by message, until it says that there is no other.
/// When few are expected, the leader alone is asked.
pub(crate) async fn read<E: From<ReadError>>(
    connection: &Connection,
    stream: &str,
    filter: &str,
    after: u64,
    expected: Expected,
    mut each: impl FnMut(StoredMessage) -> Result<(), E>,
) -> Result<(), E> {
    let error = |reason: String| ReadError::new(stream, filter, reason);
    let mut last = after;
    if expected == Expected::Many {
        loop {
            let page = direct::page(connection, stream, filter, last + 1).await;
            let mut page = page.map_err(error)?;
            let full = page.len() == PAGE;
            shred::open(connection, &mut page).await?;
            for message in page {
                last = message.sequence;
                each(message)?;
            }
            if !full {
                break;
            }
        }
    }
    let leader = Leader::of(connection, stream).await.map_err(error)?;
    while let Some(message) = leader.first(filter, last + 1).await.map_err(error)? {
        last = message.sequence;
        each(shred::opened(connection, message).await?)?;
    }
    Ok(())
}

/// The events of a boundary as they are now, with their sequences.
///
/// # Errors
/// When the events cannot be read, or one of them is not understood.
pub async fn events<B: Boundary>(
    connection: &Connection,
    id: &B::Id,
) -> Result<Vec<(u64, Recorded<B::Event>)>, LoadError> {
    let mut events = Vec::new();
    let (filter, many) = (B::filter(id), Expected::Many);
    read(connection, B::STREAM, &filter, 0, many, |message| {
        events.push((message.sequence, LoadError::decode::<B>(&message)?));
        Ok::<_, LoadError>(())
    })
    .await?;
    Ok(events)
}

/// The messages under `filter` that come after the sequence `after`, in order, a thousand at most. There is no other if
/// there are none: a replica that lags is not believed, the leader is asked.
///
/// # Errors
/// When the server does not answer.
pub async fn page(
    connection: &Connection,
    stream: &str,
    filter: &str,
    after: u64,
) -> Result<Vec<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError::new(stream, filter, reason);
    // Nothing comes after the last sequence that can be written.
    let Some(from) = after.checked_add(1) else {
        return Ok(Vec::new());
    };
    let page = direct::page(connection, stream, filter, from).await;
    let page = page.map_err(error)?;
    if !page.is_empty() {
        return Ok(page);
    }
    let leader = Leader::of(connection, stream).await.map_err(error)?;
    let first = leader.first(filter, from).await.map_err(error)?;
    Ok(first.into_iter().collect())
}

/// The message that was written last under `subject`, from the leader.
///
/// # Errors
/// When the server does not answer.
pub async fn last(
    connection: &Connection,
    stream: &str,
    subject: &str,
) -> Result<Option<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError::new(stream, subject, reason);
    let leader = Leader::of(connection, stream).await.map_err(error)?;
    leader.last(subject).await.map_err(error)
}

/// The message with this sequence, from the leader. `None` if it is no longer there.
///
/// # Errors
/// When the server does not answer.
pub async fn at(
    connection: &Connection,
    stream: &str,
    sequence: u64,
) -> Result<Option<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError {
        stream: stream.to_owned(),
        filter: format!("with the sequence {sequence}"),
        reason,
    };
    let leader = Leader::of(connection, stream).await.map_err(error)?;
    leader.at(sequence).await.map_err(error)
}
