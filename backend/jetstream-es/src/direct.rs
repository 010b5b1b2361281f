//! Direct get in its body form (ADR-31): many messages for one request, from whichever replica is near.

use async_nats::jetstream::message::StreamMessage;
use async_nats::{Client, StatusCode};
use futures_util::StreamExt;
use serde::Serialize;

use crate::Connection;
use crate::boundary::StoredMessage;

/// How many messages one request asks for; the server's own limit is 1,024 for some forms of it.
pub(crate) const PAGE: usize = 1_000;

#[derive(Serialize)]
struct Page<'a> {
    seq: u64,
    next_by_subj: &'a str,
    batch: usize,
}

#[derive(Serialize)]
struct LastOfEach<'a> {
    multi_last: &'a [String],
    batch: usize,
}

/// Up to [`PAGE`] messages from the sequence `from`, by one request.
pub(crate) async fn page(
    connection: &Connection,
    stream: &str,
    filter: &str,
    from: u64,
) -> Result<Vec<StoredMessage>, String> {
    let request = Page {
        seq: from,
        next_by_subj: filter,
        batch: PAGE,
    };
    get(connection, stream, &request).await
}

/// The last message of each of these subjects, of those that have one, in the order of their sequences. At most [`PAGE`]
/// subjects.
pub(crate) async fn last_of_each(
    connection: &Connection,
    stream: &str,
    subjects: &[String],
) -> Result<Vec<StoredMessage>, String> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let request = LastOfEach {
        multi_last: subjects,
        batch: subjects.len(),
    };
    get(connection, stream, &request).await
}

async fn get(
    connection: &Connection,
    stream: &str,
    request: &impl Serialize,
) -> Result<Vec<StoredMessage>, String> {
    let request = serde_json::to_vec(request).map_err(|error| error.to_string())?;
    let asked = ask(connection.client(), stream, request);
    let answer = connection.answer(asked).await;
    answer.map_err(|interrupted| interrupted.to_string())?
}

async fn ask(
    client: &Client,
    stream: &str,
    request: Vec<u8>,
) -> Result<Vec<StoredMessage>, String> {
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

pub(crate) fn stored(message: StreamMessage) -> StoredMessage {
    StoredMessage {
        subject: message.subject.into_string(),
        sequence: message.sequence,
        headers: message.headers,
        payload: message.payload,
        time: Some(message.time.into()),
    }
}
