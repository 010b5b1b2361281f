//! Storing the events of a decision: one message, or an atomic batch of several (ADR-50), on the condition that the
//! boundaries decided on are as they were seen.

use async_nats::header::{
    HeaderName, NATS_EXPECTED_LAST_MESSAGE_ID, NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM,
    NATS_MESSAGE_ID,
};
use async_nats::jetstream::publish::PublishAck;
use async_nats::{Client, HeaderMap};
use bytes::Bytes;

use crate::Connection;
use crate::boundary::{Boundary, NewEvent, Recorded, StoredMessage};
use crate::cloud_event::{Cause, EncodeError};
use crate::publish::{EXPECTED_FILTER, EXPECTED_SEQUENCE, PublishError, publish};
use crate::shred;

/// An event that is ready to be appended, and what will be read of it afterwards.
pub(crate) struct Prepared<E> {
    message: NewEvent,
    /// Decoded from the message: what is folded here is what everybody else will fold, and an event that could not be
    /// read again never gets into the stream.
    pub(crate) recorded: Recorded<E>,
}

impl<E> Prepared<E> {
    pub(crate) fn new<B: Boundary<Event = E>>(
        event: &E,
        cause: &Cause,
    ) -> Result<Self, EncodeError> {
        let NewEvent {
            subject,
            headers,
            payload,
            personal,
        } = B::encode(event, cause)?;
        let stored = StoredMessage {
            subject,
            sequence: 0,
            headers,
            payload,
            time: None,
        };
        let recorded = B::decode(&stored)?;
        let StoredMessage {
            subject,
            headers,
            payload,
            ..
        } = stored;
        let message = NewEvent {
            subject,
            headers,
            payload,
            personal,
        };
        Ok(Self { message, recorded })
    }
}

/// What an append expects of a boundary, and what it adds to it.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// The boundary's filter.
    pub(crate) filter: String,
    /// The sequence of its last event as it was decided on.
    pub(crate) expected: u64,
    /// At least one: the expectation rides on the first of them.
    pub(crate) messages: Vec<NewEvent>,
}

impl Section {
    /// Takes the messages of the events; what is left of them is what is folded.
    pub(crate) fn of<E>(
        filter: String,
        expected: u64,
        events: Vec<Prepared<E>>,
    ) -> (Self, Vec<Recorded<E>>) {
        let (messages, recorded) = events
            .into_iter()
            .map(|event| (event.message, event.recorded))
            .unzip();
        let section = Self {
            filter,
            expected,
            messages,
        };
        (section, recorded)
    }

    /// Whether a message has an expectation of its own, or an id. In a batch the server refuses some of these, and all
    /// messages for the sake of one.
    pub(crate) fn asks_more_than_a_batch_gives(&self) -> bool {
        const CONDITIONS: [HeaderName; 3] = [
            NATS_MESSAGE_ID,
            NATS_EXPECTED_LAST_SEQUENCE,
            NATS_EXPECTED_LAST_MESSAGE_ID,
        ];
        let mut headers = self.messages.iter().map(|message| &message.headers);
        headers.any(|headers| has_one_of(headers, CONDITIONS))
    }
}

/// Whether a message is stored only if what is there is as it says, or has an id.
pub(crate) fn has_conditions(headers: &HeaderMap) -> bool {
    let of_messages = [
        NATS_MESSAGE_ID,
        NATS_EXPECTED_LAST_SEQUENCE,
        NATS_EXPECTED_LAST_MESSAGE_ID,
        NATS_EXPECTED_STREAM,
    ];
    has_one_of(headers, of_messages)
        || headers.get(EXPECTED_SEQUENCE).is_some()
        || headers.get(EXPECTED_FILTER).is_some()
}

fn has_one_of<const N: usize>(headers: &HeaderMap, names: [HeaderName; N]) -> bool {
    names.into_iter().any(|name| headers.get(name).is_some())
}

/// What became of an append that was not refused for good.
pub(crate) enum Append {
    /// All is stored; the last message has this sequence, and the others have those before it.
    Stored(u64),
    /// A boundary has events that were not seen yet. Nothing is stored.
    Overtaken,
    /// The stream has a message with the id that the user gave this one. Either an earlier try was stored and its answer
    /// was lost, or another command has used it.
    Repeated,
}

/// Stores the messages of all sections or none, in order and one after another.
///
/// # Errors
/// See [`PublishError`], except that a conflict is [`Append::Overtaken`].
pub(crate) async fn append(
    connection: &Connection,
    command: &str,
    sections: Vec<Section>,
) -> Result<Append, PublishError> {
    let mut messages = Vec::new();
    // The id holds the boundary, so that two of them never take each other's events for repetitions.
    let mut id = String::new();
    for section in sections {
        id = format!("{} {command}", section.filter);
        let start = messages.len();
        messages.extend(section.messages);
        if let Some(first) = messages.get_mut(start) {
            let headers = &mut first.headers;
            headers.insert(EXPECTED_SEQUENCE, section.expected.to_string());
            headers.insert(EXPECTED_FILTER, section.filter.as_str());
        }
    }
    shred::seal(connection, &mut messages).await?;
    let mut has_id = false;
    let stored = match <[NewEvent; 1]>::try_from(messages) {
        Ok([mut message]) => {
            has_id = message.headers.get(NATS_MESSAGE_ID).is_some();
            if !has_id {
                message.headers.insert(NATS_MESSAGE_ID, id);
            }
            publish(
                connection,
                message.subject,
                message.headers,
                message.payload,
            )
            .await
        }
        Err(messages) => publish_batch(connection, messages).await,
    };
    match stored {
        Ok(ack) if ack.duplicate && has_id => Ok(Append::Repeated),
        // An earlier try was stored and its answer was lost. What is at hand does not have it yet.
        Ok(ack) if ack.duplicate => Ok(Append::Overtaken),
        Ok(ack) => Ok(Append::Stored(ack.sequence)),
        Err(PublishError::Conflict) => Ok(Append::Overtaken),
        Err(error) => Err(error),
    }
}

/// Stores all of the messages or none (ADR-50). Their sequences follow one another.
pub(crate) async fn publish_batch(
    connection: &Connection,
    messages: Vec<NewEvent>,
) -> Result<PublishAck, PublishError> {
    let batch = uuid::Uuid::new_v4().to_string();
    let count = messages.len();
    let mut ack = PublishAck::default();
    for (number, message) in (1_usize..).zip(messages) {
        let NewEvent {
            subject,
            mut headers,
            payload,
            ..
        } = message;
        headers.insert("Nats-Batch-Id", batch.as_str());
        headers.insert("Nats-Batch-Sequence", number.to_string());
        if number == count {
            headers.insert("Nats-Batch-Commit", "1");
            ack = publish(connection, subject, headers, payload).await?;
        } else {
            send(connection.client(), subject, headers, payload).await?;
        }
    }
    Ok(ack)
}

/// Publishes without an answer.
async fn send(
    client: &Client,
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
) -> Result<(), PublishError> {
    let sent = client.publish_with_headers(subject.clone(), headers, payload);
    sent.await.map_err(|error| PublishError::Refused {
        subject,
        reason: error.to_string(),
    })
}
