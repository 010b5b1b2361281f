//! Reading the events of a boundary.

use async_nats::jetstream;
use async_nats::jetstream::stream::RawMessageErrorKind;

use crate::Connection;
use crate::boundary::{Boundary, Recorded, StoredMessage};
use crate::direct::{self, PAGE, stored};
use crate::repository::LoadError;

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
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

/// Hands every message under `filter` with a sequence above `after` to `each`, in order.
///
/// When many are expected, pages of direct get come first: one request for a thousand messages. They may come from a
/// replica that lags, so the rest is read from the leader, message by message, until it says that there is no other.
/// When few are expected, the leader alone is asked.
pub(crate) async fn read<E: From<ReadError>>(
    jetstream: &jetstream::Context,
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
            let page = direct::page(&jetstream.client(), stream, filter, last + 1).await;
            let page = page.map_err(error)?;
            let full = page.len() == PAGE;
            for message in page {
                last = message.sequence;
                each(message)?;
            }
            if !full {
                break;
            }
        }
    }
    let leader = jetstream.get_stream_no_info(stream).await;
    let leader = leader.map_err(|source| error(source.to_string()))?;
    loop {
        let next = leader.get_first_raw_message_by_subject(filter, last + 1);
        match next.await {
            Ok(message) => {
                let message = stored(message);
                last = message.sequence;
                each(message)?;
            }
            Err(source) if source.kind() == RawMessageErrorKind::NoMessageFound => return Ok(()),
            Err(source) => return Err(error(source.to_string()).into()),
        }
    }
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
    let jetstream = connection.jetstream();
    let (filter, many) = (B::filter(id), Expected::Many);
    read(&jetstream, B::STREAM, &filter, 0, many, |message| {
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
    jetstream: &jetstream::Context,
    stream: &str,
    filter: &str,
    after: u64,
) -> Result<Vec<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError::new(stream, filter, reason);
    // Nothing comes after the last sequence that can be written.
    let Some(from) = after.checked_add(1) else {
        return Ok(Vec::new());
    };
    let page = direct::page(&jetstream.client(), stream, filter, from).await;
    let page = page.map_err(error)?;
    if !page.is_empty() {
        return Ok(page);
    }
    let leader = jetstream.get_stream_no_info(stream).await;
    let leader = leader.map_err(|source| error(source.to_string()))?;
    match leader.get_first_raw_message_by_subject(filter, from).await {
        Ok(message) => Ok(vec![stored(message)]),
        Err(source) if source.kind() == RawMessageErrorKind::NoMessageFound => Ok(Vec::new()),
        Err(source) => Err(error(source.to_string())),
    }
}

/// The message that was written last under `subject`, from the leader.
///
/// # Errors
/// When the server does not answer.
pub async fn last(
    jetstream: &jetstream::Context,
    stream: &str,
    subject: &str,
) -> Result<Option<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError::new(stream, subject, reason);
    let leader = jetstream.get_stream_no_info(stream).await;
    let leader = leader.map_err(|source| error(source.to_string()))?;
    match leader.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some(stored(message))),
        Err(source) if source.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(source) => Err(error(source.to_string())),
    }
}

/// The message with this sequence, from the leader. `None` if it is no longer there.
///
/// # Errors
/// When the server does not answer.
pub async fn at(
    jetstream: &jetstream::Context,
    stream: &str,
    sequence: u64,
) -> Result<Option<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError {
        stream: stream.to_owned(),
        filter: format!("with the sequence {sequence}"),
        reason,
    };
    let leader = jetstream.get_stream_no_info(stream).await;
    let leader = leader.map_err(|source| error(source.to_string()))?;
    match leader.get_raw_message(sequence).await {
        Ok(message) => Ok(Some(stored(message))),
        Err(source) if source.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(source) => Err(error(source.to_string())),
    }
}
