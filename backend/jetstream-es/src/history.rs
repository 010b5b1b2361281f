//! Reading the events of a boundary.

use async_nats::jetstream::stream::RawMessageErrorKind;
use async_nats::jetstream::{self, message::StreamMessage};
use async_nats::{Client, StatusCode};
use futures_util::StreamExt;
use serde::Serialize;

use crate::Connection;
use crate::boundary::{Boundary, Recorded, StoredMessage};
use crate::repository::LoadError;

/// How many messages one direct get asks for; the server's own limit is 1,024 for requests of other forms.
const PAGE: usize = 1_000;

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the events {filter} of the stream {stream} could not be read: {reason}")]
pub struct ReadError {
    stream: String,
    filter: String,
    reason: String,
}

/// A request in the body form of direct get (ADR-31).
#[derive(Serialize)]
struct Page<'a> {
    seq: u64,
    next_by_subj: &'a str,
    batch: usize,
}

/// Hands every message under `filter` with a sequence above `after` to `each`, in order.
///
/// From the beginning, pages of direct get come first: one request for a thousand messages. They may come from a replica
/// that lags, so the rest is read from the leader, message by message, until it says that there is no other. When
/// little is expected, which is the case with `after` above 0, the leader alone is asked.
pub(crate) async fn read<E: From<ReadError>>(
    jetstream: &jetstream::Context,
    stream: &str,
    filter: &str,
    after: u64,
    mut each: impl FnMut(StoredMessage) -> Result<(), E>,
) -> Result<(), E> {
    let error = |reason: String| ReadError {
        stream: stream.to_owned(),
        filter: filter.to_owned(),
        reason,
    };
    let mut last = after;
    if after == 0 {
        loop {
            let page = page(&jetstream.client(), stream, filter, last + 1).await;
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
    read(&jetstream, B::STREAM, &B::filter(id), 0, |message| {
        events.push((message.sequence, LoadError::decode::<B>(&message)?));
        Ok::<_, LoadError>(())
    })
    .await?;
    Ok(events)
}

/// The message that was written last under `subject`, from the leader.
pub(crate) async fn last(
    jetstream: &jetstream::Context,
    stream: &str,
    subject: &str,
) -> Result<Option<StoredMessage>, ReadError> {
    let error = |reason: String| ReadError {
        stream: stream.to_owned(),
        filter: subject.to_owned(),
        reason,
    };
    let leader = jetstream.get_stream_no_info(stream).await;
    let leader = leader.map_err(|source| error(source.to_string()))?;
    match leader.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some(stored(message))),
        Err(source) if source.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(source) => Err(error(source.to_string())),
    }
}

/// Up to [`PAGE`] messages from the sequence `from`, by one request.
async fn page(
    client: &Client,
    stream: &str,
    filter: &str,
    from: u64,
) -> Result<Vec<StoredMessage>, String> {
    let request = Page {
        seq: from,
        next_by_subj: filter,
        batch: PAGE,
    };
    let request = serde_json::to_vec(&request).map_err(|error| error.to_string())?;
    let inbox = client.new_inbox();
    let mut replies = client
        .subscribe(inbox.clone())
        .await
        .map_err(|error| error.to_string())?;
    let subject = format!("$JS.API.DIRECT.GET.{stream}");
    client
        .publish_with_reply(subject, inbox, request.into())
        .await
        .map_err(|error| error.to_string())?;

    let deadline = client.timeout();
    let mut messages = Vec::new();
    loop {
        let reply = match deadline {
            Some(deadline) => tokio::time::timeout(deadline, replies.next())
                .await
                .map_err(|_| format!("no answer within {deadline:?}"))?,
            None => replies.next().await,
        };
        let reply = reply.ok_or("the connection was closed")?;
        match reply.status {
            None | Some(StatusCode::OK) => {
                let message = StreamMessage::try_from(reply).map_err(|error| error.to_string())?;
                messages.push(stored(message));
            }
            // The end of the page, or nothing to begin with.
            Some(status) if status.as_u16() == 204 || status == StatusCode::NOT_FOUND => {
                return Ok(messages);
            }
            Some(StatusCode::NO_RESPONDERS) => {
                return Err("nobody answers a direct get: the stream is away, or was declared without `allow_direct`".into());
            }
            Some(status) => {
                let description = reply.description.unwrap_or_default();
                return Err(format!("{status} {description}"));
            }
        }
    }
}

fn stored(message: StreamMessage) -> StoredMessage {
    StoredMessage {
        subject: message.subject.into_string(),
        sequence: message.sequence,
        headers: message.headers,
        payload: message.payload,
    }
}
