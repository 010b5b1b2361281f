//! Messages that are stored together or not at all (ADR-50).

use bytes::Bytes;

use super::api::read;
use super::{JetStream, Publish, PublishError};
use crate::client::PendingAnswer;
use crate::json::json_object;

/// How often the server is asked, on the way, whether the batch is well so far: a batch does not run ahead of the server by
/// more than that, and a refusal is known early.
const ACK_EVERY: usize = 100;

/// An atomic batch: see [`JetStream::batch`]. Dropping it discards it.
///
/// Its messages may have different subjects of one stream, which has to allow batches. They are stored in this order and
/// with adjacent sequences. Expectations are checked against the stream as it was before the batch, and if one of them
/// does not hold, nothing is stored; only the first message may expect a last sequence of the stream.
///
/// ```no_run
/// # async fn f(js: nats_wsclient::JetStream) -> Result<(), nats_wsclient::jetstream::PublishError> {
/// use nats_wsclient::Publish;
///
/// let mut batch = js.batch();
/// batch.add(Publish::to("stock.17").expected_last_subject_sequence(4).payload("-1")).await?;
/// batch.add(Publish::to("orders.17").expected_last_subject_sequence(0).payload("{}")).await?;
/// let ack = batch.commit(Publish::to("log").payload("sold")).await?;
/// assert_eq!(ack.size, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BatchPublish {
    js: JetStream,
    id: String,
    /// How many messages were sent.
    size: usize,
    last_subject: String,
    failed: bool,
}

/// The server's word that a batch is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchAck {
    /// The name of the stream that has all of it.
    pub stream: String,
    /// That of the last message; the others have the ones before it.
    pub sequence: u64,
    /// The JetStream domain that the stream is in; `None`: the server has none.
    pub domain: Option<String>,
    /// Which batch: [`BatchPublish::id`].
    pub batch_id: String,
    /// How many messages it has.
    pub size: usize,
}

json_object!(BatchAck {
    stream: "stream",
    sequence: "seq",
    domain: "domain",
    batch_id: "batch",
    size: "count",
} required = ["stream", "seq"]);

impl JetStream {
    /// Begins an atomic batch. The server hears of it with its first message.
    pub fn batch(&self) -> BatchPublish {
        BatchPublish {
            js: self.clone(),
            id: self.client.nuid(),
            size: 0,
            last_subject: String::new(),
            failed: false,
        }
    }
}

impl BatchPublish {
    /// How many messages a batch may have, unless the server is configured otherwise.
    pub const MAX_MESSAGES: usize = 1_000;

    /// The id that the server knows it by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many messages were added.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds a message. The server acknowledges the first one, and every hundredth; the others are not waited for. It
    /// forgets a batch that nothing was added to for ten seconds.
    ///
    /// # Errors
    /// When the message is not sent: then it can be added again. When the server does not answer, or refuses it: then the
    /// batch has failed, and nothing of it will be stored.
    pub async fn add(&mut self, message: Publish) -> Result<(), PublishError> {
        let next = self.next_size()?;
        let message = self.member(message, next);
        if next != 1 && !next.is_multiple_of(ACK_EVERY) {
            message.send_only(&self.js)?;
            self.sent(next, message);
            return Ok(());
        }
        let answer = message.send(&self.js)?;
        let subject = message.subject.clone();
        self.sent(next, message);
        // Unless it goes well to the end.
        self.failed = true;
        let answer = answer
            .await
            .map_err(|error| PublishError::abandoned(error, &subject))?;
        accepted(&answer.payload)?;
        self.failed = false;
        Ok(())
    }

    /// Adds the last message, and waits until the whole batch is stored.
    ///
    /// # Errors
    /// When it is not: see [`PublishError`].
    pub async fn commit(mut self, message: Publish) -> Result<BatchAck, PublishError> {
        let next = self.next_size()?;
        let message = self.member(message, next).header(COMMIT, "1");
        let answer = message.send(&self.js)?;
        self.sent(next, message);
        self.committed(answer, next).await
    }

    /// Commits what was added, and waits until it is stored. For nats-server 2.14 and newer.
    ///
    /// # Errors
    /// When it is not: see [`PublishError`]. [`PublishError::BatchFailed`]: nothing was added.
    pub async fn commit_added(self) -> Result<BatchAck, PublishError> {
        if self.failed || self.size == 0 {
            return Err(PublishError::BatchFailed);
        }
        // The server does not store this one.
        let end = Publish::to(&*self.last_subject).header("Nats-Required-Api-Level", "3");
        let end = self.member(end, self.size + 1).header(COMMIT, "eob");
        let answer = end.send(&self.js)?;
        let size = self.size;
        self.committed(answer, size).await
    }

    /// Discards the batch, as dropping it does: the server forgets it after ten seconds.
    pub fn discard(self) {}

    fn next_size(&self) -> Result<usize, PublishError> {
        if self.failed {
            return Err(PublishError::BatchFailed);
        }
        if self.size == Self::MAX_MESSAGES {
            return Err(PublishError::BatchTooLarge {
                limit: Self::MAX_MESSAGES,
            });
        }
        Ok(self.size + 1)
    }

    fn member(&self, message: Publish, sequence: usize) -> Publish {
        message
            .header("Nats-Batch-Id", &self.id)
            .header("Nats-Batch-Sequence", sequence.to_string())
    }

    fn sent(&mut self, size: usize, message: Publish) {
        self.size = size;
        self.last_subject = message.subject;
    }

    async fn committed(self, answer: PendingAnswer, size: usize) -> Result<BatchAck, PublishError> {
        let answer = answer
            .await
            .map_err(|error| PublishError::unanswered(error, &self.last_subject))?;
        let ack: BatchAck = read(&answer.payload)?;
        if ack.batch_id != self.id || ack.size != size {
            return Err(PublishError::BatchUnsupported);
        }
        Ok(ack)
    }
}

const COMMIT: &str = "Nats-Batch-Commit";

/// Whether the server took a message of the batch: it says so with nothing.
fn accepted(payload: &Bytes) -> Result<(), PublishError> {
    if payload.is_empty() {
        return Ok(());
    }
    let BatchAck { .. } = read(payload)?;
    Err(PublishError::BatchUnsupported)
}
