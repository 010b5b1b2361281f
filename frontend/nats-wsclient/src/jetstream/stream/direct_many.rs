//! Many messages of a stream at once, by whichever server has it (ADR-31).

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::{Stream, StreamMessage};
use crate::Timestamp;
use crate::client::{Answers, RequestError, RequestMany};
use crate::jetstream::JetStreamError;
use crate::jetstream::direct_get::{DirectRequest, read, refusal};
use crate::json;
use crate::proto::{Message, StatusCode};

/// How many messages a batch has, unless it is said otherwise.
const BATCH: u32 = 1_000;

/// Which messages to get, in the order of the stream: see [`Stream::direct_get_batch`].
///
/// ```
/// use nats_wsclient::jetstream::stream::DirectBatch;
/// let batch = DirectBatch::from_sequence(17).subject("orders.paid.>").limit(100);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectBatch {
    request: DirectRequest,
}

/// Of which subjects to get the last message: see [`Stream::direct_get_last_of`].
///
/// ```
/// use nats_wsclient::jetstream::stream::MultiLast;
/// let last = MultiLast::of(["users.17.name", "users.17.address.>"]).up_to_sequence(1_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiLast {
    request: DirectRequest,
}

/// The messages of a direct get of many. It ends after what was asked for, and after an error.
#[derive(Debug)]
pub struct DirectMessages {
    answers: Answers,
    /// The sequence of the message before.
    last: u64,
    end: Option<BatchEnd>,
    finished: bool,
}

/// How a direct get of many ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchEnd {
    /// The sequence of the last message that came; 0 if none did. The next batch begins after it.
    pub last_sequence: u64,
    /// How many messages there are for the next batches.
    pub pending: u64,
    /// With [`MultiLast`]: as of which sequence the answer is. For the next batch ask
    /// [up to](MultiLast::up_to_sequence) that.
    pub up_to_sequence: Option<u64>,
}

impl DirectBatch {
    /// From this sequence on; 0 and 1 are the first one.
    pub fn from_sequence(sequence: u64) -> Self {
        Self::new(DirectRequest {
            // Without any start it would be no request.
            sequence: sequence.max(1),
            ..DirectRequest::default()
        })
    }

    /// What was stored at that time or later.
    pub fn from_time(time: Timestamp) -> Self {
        Self::new(DirectRequest {
            start_time: Some(time),
            ..DirectRequest::default()
        })
    }

    fn new(request: DirectRequest) -> Self {
        let request = DirectRequest {
            batch: BATCH,
            ..request
        };
        Self { request }
    }

    /// Only messages of this subject, which may have wildcards.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.request.next_by_subject = subject.into();
        self
    }

    /// At most so many messages. By default 1,000.
    #[must_use]
    pub fn limit(mut self, messages: u32) -> Self {
        self.request.batch = messages.max(1);
        self
    }

    /// At most about so many bytes. By default the server decides, 64 MiB if it is not configured otherwise.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u32) -> Self {
        self.request.max_bytes = bytes;
        self
    }
}

impl MultiLast {
    /// Of all these subjects, which may have wildcards. They may match 1,024 subjects of the stream together.
    pub fn of(subjects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let multi_last = subjects.into_iter().map(Into::into).collect();
        Self {
            request: DirectRequest {
                multi_last,
                ..DirectRequest::default()
            },
        }
    }

    /// Only those from this sequence on: what comes after the last one of a batch before.
    #[must_use]
    pub fn from_sequence(mut self, sequence: u64) -> Self {
        self.request.sequence = sequence;
        self
    }

    /// As it was when this was the last message of the stream, as far as the stream has the older ones still.
    #[must_use]
    pub fn up_to_sequence(mut self, sequence: u64) -> Self {
        self.request.up_to_sequence = sequence;
        self
    }

    /// As it was just before that time, as far as the stream has the older messages still.
    #[must_use]
    pub fn up_to_time(mut self, time: Timestamp) -> Self {
        self.request.up_to_time = Some(time);
        self
    }

    /// At most so many messages. By default the server decides.
    #[must_use]
    pub fn limit(mut self, messages: u32) -> Self {
        self.request.batch = messages;
        self
    }

    /// At most about so many bytes. By default the server decides.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u32) -> Self {
        self.request.max_bytes = bytes;
        self
    }
}

impl Stream {
    /// Gets messages in the order of the stream, which has to allow direct get. For nats-server 2.11 and newer.
    ///
    /// ```no_run
    /// # async fn f(stream: nats_wsclient::jetstream::stream::Stream) -> Result<(), nats_wsclient::JetStreamError> {
    /// use nats_wsclient::jetstream::stream::DirectBatch;
    ///
    /// let mut messages = stream.direct_get_batch(DirectBatch::from_sequence(1))?;
    /// while let Some(message) = messages.next().await {
    ///     let message = message?;
    ///     assert!(message.sequence > 0);
    /// }
    /// let rest = messages.end().map_or(0, |end| end.pending);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it cannot be asked for. Whatever happens later is the stream's last item.
    pub fn direct_get_batch(&self, batch: DirectBatch) -> Result<DirectMessages, JetStreamError> {
        self.direct_many(&batch.request)
    }

    /// Gets the last message of each subject, all as of the same moment, in the order of the stream, which has to allow
    /// direct get. For nats-server 2.11 and newer.
    ///
    /// # Errors
    /// When it cannot be asked for. Whatever happens later is the stream's last item.
    pub fn direct_get_last_of(
        &self,
        subjects: MultiLast,
    ) -> Result<DirectMessages, JetStreamError> {
        self.direct_many(&subjects.request)
    }

    fn direct_many(&self, request: &DirectRequest) -> Result<DirectMessages, JetStreamError> {
        let client = &self.js.client;
        let patience = self.js.timeout.unwrap_or(client.request_timeout());
        // However long it takes in all, there is no long silence.
        let request = RequestMany::new()
            .payload(json::write(request))
            .max_wait(Duration::MAX)
            .stall_from_start(patience);
        let answers = client
            .request_many(self.direct_subject(), request)
            .map_err(RequestError::from)?;
        Ok(DirectMessages {
            answers,
            last: 0,
            end: None,
            finished: false,
        })
    }
}

impl DirectMessages {
    /// The next message, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<StreamMessage, JetStreamError>> {
        std::future::poll_fn(|context| {
            futures_core::Stream::poll_next(Pin::new(&mut *self), context)
        })
        .await
    }

    /// How it ended; `None` before that, and if there was an error.
    pub fn end(&self) -> Option<BatchEnd> {
        self.end
    }

    /// `None`: it is the end.
    fn handle(&mut self, answer: Message) -> Result<Option<StreamMessage>, JetStreamError> {
        match answer.status() {
            None => self.handle_message(answer).map(Some),
            Some(StatusCode::END_OF_BATCH) => {
                self.check(&answer)?;
                self.end = Some(BatchEnd {
                    last_sequence: self.last,
                    pending: answer.headers.number("Nats-Num-Pending").unwrap_or(0),
                    up_to_sequence: answer.headers.number("Nats-UpTo-Sequence"),
                });
                Ok(None)
            }
            Some(StatusCode::NOT_FOUND) => {
                self.end = Some(BatchEnd::default());
                Ok(None)
            }
            Some(code) => Err(refusal(code, &answer)),
        }
    }

    fn handle_message(&mut self, answer: Message) -> Result<StreamMessage, JetStreamError> {
        if answer.headers.get("Nats-Num-Pending").is_none() {
            // An older server takes the request for one of a single message, and says nothing after it.
            return Err(JetStreamError::Malformed {
                reason: "many messages at once need nats-server 2.11 or newer".to_owned(),
            });
        }
        self.check(&answer)?;
        let message = read(answer)?;
        self.last = message.sequence;
        Ok(message)
    }

    /// Each answer says which message was sent before it. If that is not the one that came, some were lost.
    fn check(&self, answer: &Message) -> Result<(), JetStreamError> {
        match answer.headers.number("Nats-Last-Sequence") {
            Some(last) if last != self.last => Err(JetStreamError::Gap { after: self.last }),
            _ => Ok(()),
        }
    }
}

impl futures_core::Stream for DirectMessages {
    type Item = Result<StreamMessage, JetStreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.finished {
            return Poll::Ready(None);
        }
        let result = match ready!(Pin::new(&mut self.answers).poll_next(context)) {
            Some(Ok(answer)) => self.handle(answer),
            Some(Err(RequestError::SlowConsumer { .. })) => {
                Err(JetStreamError::Gap { after: self.last })
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(RequestError::TimedOut.into()),
        };
        self.finished = !matches!(result, Ok(Some(_)));
        Poll::Ready(result.transpose())
    }
}
