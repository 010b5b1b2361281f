//! The leader of a stream: it has every message that was acknowledged, which a replica that lags has not.

use async_nats::error::Error;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};

use crate::Connection;
use crate::boundary::StoredMessage;
use crate::direct::stored;

/// A stream whose leader is asked.
pub(crate) struct Leader<'a> {
    connection: &'a Connection,
    stream: Stream<()>,
}

impl<'a> Leader<'a> {
    /// Asks nobody yet.
    pub(crate) async fn of(connection: &'a Connection, stream: &str) -> Result<Self, String> {
        let stream = connection.jetstream().get_stream_no_info(stream).await;
        Ok(Self {
            connection,
            stream: stream.map_err(|error| error.to_string())?,
        })
    }

    /// The first message under `filter` from the sequence `from` on.
    pub(crate) async fn first(
        &self,
        filter: &str,
        from: u64,
    ) -> Result<Option<StoredMessage>, String> {
        self.ask(self.stream.get_first_raw_message_by_subject(filter, from))
            .await
    }

    /// The last message under `subject`.
    pub(crate) async fn last(&self, subject: &str) -> Result<Option<StoredMessage>, String> {
        self.ask(self.stream.get_last_raw_message_by_subject(subject))
            .await
    }

    /// The message with this sequence.
    pub(crate) async fn at(&self, sequence: u64) -> Result<Option<StoredMessage>, String> {
        self.ask(self.stream.get_raw_message(sequence)).await
    }

    async fn ask(
        &self,
        asked: impl Future<Output = Result<StreamMessage, Error<RawMessageErrorKind>>>,
    ) -> Result<Option<StoredMessage>, String> {
        let answer = self.connection.answer(asked).await;
        match answer.map_err(|interrupted| interrupted.to_string())? {
            Ok(message) => Ok(Some(stored(message))),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}
