//! Messages that many tasks publish at the same time to one stream, stored together.

use std::fmt;

use async_nats::HeaderMap;
use bytes::Bytes;
use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::{mpsc, oneshot};

use super::{GroupCommit, gather};
use crate::Connection;
use crate::append::{has_conditions, publish_batch};
use crate::boundary::NewEvent;
use crate::publish::{PublishError, publish};

/// Publishes to one stream, and stores together what is published at the same time: few messages each by itself, many as
/// one atomic batch. The stream must have been declared with `allow_atomic`; buckets are.
///
/// For what depends on nothing that is stored, such as answers. A message with an expectation or an id goes by itself.
pub struct GroupPublisher {
    connection: Connection,
    departures: mpsc::UnboundedSender<Passenger>,
}

/// A message, and who waits for it.
struct Passenger {
    message: NewEvent,
    told: oneshot::Sender<Result<u64, PublishError>>,
}

impl GroupPublisher {
    /// Starts the task that publishes, which ends with this.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn start(connection: &Connection, settings: GroupCommit) -> Self {
        // Never longer than there are publishers at the same time, since each of them waits for its answer.
        let (departures, waiting) = mpsc::unbounded_channel();
        let ferry = Ferry {
            connection: connection.clone(),
            waiting,
            settings,
        };
        tokio::spawn(ferry.run());
        Self {
            connection: connection.clone(),
            departures,
        }
    }

    /// Publishes a message and waits until it is stored; returns its sequence in the stream.
    ///
    /// # Errors
    /// See [`PublishError`]; on all of them but [`PublishError::Unanswered`] and [`PublishError::Interrupted`] the message is
    /// not stored.
    pub async fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<u64, PublishError> {
        let message = NewEvent {
            subject,
            headers,
            payload,
            personal: None,
        };
        if has_conditions(&message.headers) {
            return store(&self.connection, message).await;
        }
        let (told, answer) = oneshot::channel();
        let subject = message.subject.clone();
        // If the task has ended, it has dropped the message, and the answer says so.
        drop(self.departures.send(Passenger { message, told }));
        answer.await.unwrap_or_else(|_| {
            Err(PublishError::Refused {
                subject,
                reason: "the task that publishes has ended".to_owned(),
            })
        })
    }
}

/// One commit after the other.
struct Ferry {
    connection: Connection,
    waiting: mpsc::UnboundedReceiver<Passenger>,
    settings: GroupCommit,
}

impl Ferry {
    /// Publishes until there is nobody left who could have something to publish.
    async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let mut group = vec![first];
            gather(&mut self.waiting, &mut group).await;
            while group.len() > self.settings.batch_up_to {
                let rest = group.split_off(self.settings.batch_up_to.max(1));
                self.commit(std::mem::replace(&mut group, rest)).await;
            }
            self.commit(group).await;
        }
    }

    fn commit(&self, mut group: Vec<Passenger>) -> BoxFuture<'_, ()> {
        async move {
            if group.len() < self.settings.batch_from.max(2) {
                let each = group.into_iter().map(|Passenger { message, told }| async {
                    // Nobody has to wait for it any longer.
                    drop(told.send(store(&self.connection, message).await));
                });
                future::join_all(each).await;
                return;
            }
            let messages = group.iter().map(|passenger| passenger.message.clone());
            match publish_batch(&self.connection, messages.collect()).await {
                Ok(ack) => {
                    let first = ack.sequence + 1 - group.len() as u64;
                    for (passenger, sequence) in group.into_iter().zip(first..) {
                        drop(passenger.told.send(Ok(sequence)));
                    }
                }
                // One of them is refused, and none is stored. In the end it stands alone.
                Err(PublishError::Refused { .. } | PublishError::Conflict) => {
                    let second_half = group.split_off(group.len() / 2);
                    self.commit(group).await;
                    self.commit(second_half).await;
                }
                Err(error) => {
                    for passenger in group {
                        drop(passenger.told.send(Err(error.clone())));
                    }
                }
            }
        }
        .boxed()
    }
}

async fn store(connection: &Connection, message: NewEvent) -> Result<u64, PublishError> {
    let NewEvent {
        subject,
        headers,
        payload,
        ..
    } = message;
    let ack = publish(connection, subject, headers, payload).await?;
    Ok(ack.sequence)
}

impl fmt::Debug for GroupPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupPublisher").finish_non_exhaustive()
    }
}
