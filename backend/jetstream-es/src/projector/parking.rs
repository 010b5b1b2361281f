//! What becomes of events that cannot be applied: they are parked, and those of the same boundary wait behind them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use super::bucket::{Bucket, LateError, WriteError};
use crate::boundary::{StoredMessage, of_its_own};
use crate::consumers;
use crate::dead_letters::{DeadLetterError, DeadLetters, LetterState};
use crate::feed::{Delivery, Feed};
use crate::fold::{FoldError, Placed, boundary_of, read_event};
use crate::processor::{Handler, ProcessorError, ProcessorSpec, Worker, open_letters};
use crate::projection::{Position, Projection};
use crate::publish::PublishError;
use crate::shred;
use crate::{Connection, Failure};

/// The letters of one stream of a projection.
pub(super) struct Parking<P: Projection> {
    pub(super) letters: Feed,
    pub(super) worker: Arc<Worker<Applying<P>>>,
}

/// Applies one event, whose turn it is at last.
pub(super) struct Applying<P: Projection> {
    bucket: Arc<Bucket<P>>,
    stream: &'static str,
}

impl<P: Projection> Parking<P> {
    pub(super) async fn open(
        connection: &Connection,
        stream: &'static str,
        bucket: Arc<Bucket<P>>,
    ) -> Result<Self, ProcessorError> {
        let spec = ProcessorSpec::new(stream, consumers::letters::<P>(P::VERSION, stream));
        let handler = Applying { bucket, stream };
        let (letters, worker) = open_letters(connection, spec, handler).await?;
        Ok(Self { letters, worker })
    }

    pub(super) fn flows(&self) -> watch::Receiver<bool> {
        self.letters.flows()
    }
}

impl<P: Projection> Handler for Applying<P> {
    fn key(&self, message: &StoredMessage) -> String {
        P::boundary(message)
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        if boundary_of::<P>(message).is_none() {
            let unplaced = "the projection panics when it is asked what the event belongs to";
            return Err(Failure::permanent(unplaced));
        }
        let opened = shred::opened(&self.bucket.connection, message.clone()).await;
        let opened = opened.map_err(Failure::outage)?;
        let event = read_event::<P>(self.stream, &opened).map_err(Failure::permanent)?;
        let applied = self.bucket.apply_late(&(self.at(message), event)).await;
        applied.map_err(|error| match error {
            LateError::TooLate { .. }
            | LateError::Write(WriteError::Fold(FoldError::Panicked { .. })) => {
                Failure::permanent(error)
            }
            LateError::Write(WriteError::Publish(
                PublishError::Conflict | PublishError::Refused { .. },
            ))
            | LateError::Write(WriteError::Json(_)) => Failure::transient(error),
            LateError::Write(_) => Failure::outage(error),
        })
    }
}

impl<P: Projection> Applying<P> {
    fn at(&self, message: &StoredMessage) -> Position {
        Position {
            stream: self.stream,
            sequence: message.sequence,
        }
    }

    fn read(&self, message: &StoredMessage) -> Option<Placed<P>> {
        let event = read_event::<P>(self.stream, message).ok()?;
        Some((self.at(message), event))
    }
}

/// An event of a batch.
struct Item<'a, P: Projection> {
    delivery: &'a Delivery,
    boundary: String,
    /// `None` if it is not understood, or has been applied before.
    event: Option<Placed<P>>,
    /// Whether it is to be parked, or to wait behind one that is.
    aside: bool,
}

/// Applies a batch and acknowledges it. What cannot be applied is set aside and parked afterwards.
pub(super) async fn apply<P: Projection>(worker: &Worker<Applying<P>>, batch: &[Delivery]) {
    let Applying { bucket, .. } = &worker.handler;
    let mut items = Vec::with_capacity(batch.len());
    let mut failed = HashSet::new();
    // What goes into a letter stays as it is stored.
    let messages = batch.iter().map(|delivery| &delivery.message);
    let messages = match shred::opened_each(&bucket.connection, messages).await {
        Ok(messages) => messages,
        Err(error) => {
            tracing::warn!(bucket = P::BUCKET, "{error}; the batch will come again");
            return;
        }
    };
    for (delivery, opened) in batch.iter().zip(&messages) {
        let Some(item) = sort_out(worker, delivery, opened, &mut failed).await else {
            return;
        };
        items.push(item);
    }
    loop {
        let events = items.iter().filter(|item| !item.aside);
        let events: Vec<_> = events.filter_map(|item| item.event.as_ref()).collect();
        let Err(at) = bucket.apply(&events).await else {
            break;
        };
        // Those of its boundary that come after it wait; those before it have been applied, or are now.
        let of_panic = items
            .iter()
            .find(|item| item.delivery.message.sequence == at.sequence);
        let Some(boundary) = of_panic.map(|item| item.boundary.clone()) else {
            return;
        };
        for item in &mut items {
            let later = item.delivery.message.sequence >= at.sequence;
            item.aside |= later && item.boundary == boundary;
        }
    }
    for item in items.iter().filter(|item| item.aside) {
        if !worker.work_on(&item.boundary, item.delivery).await {
            // The batch comes again, here or elsewhere.
            return;
        }
    }
    for delivery in batch {
        if let Err(error) = delivery.ack().await {
            // Then the rest of the batch comes again, and changes nothing.
            tracing::debug!(bucket = P::BUCKET, "not acknowledged: {error}");
            return;
        }
    }
}

/// Reads an event, and says whether it is to be set aside. `None` if that is not known, and the batch has to come again.
async fn sort_out<'a, P: Projection>(
    worker: &Worker<Applying<P>>,
    delivery: &'a Delivery,
    opened: &StoredMessage,
    failed: &mut HashSet<String>,
) -> Option<Item<'a, P>> {
    let message = &delivery.message;
    let boundary = boundary_of::<P>(message);
    let event = boundary.as_ref().and_then(|_| worker.handler.read(opened));
    let boundary = boundary.unwrap_or_else(|| of_its_own(message));
    let blocked = failed.contains(&boundary) || worker.is_blocked(&boundary, delivery).await?;
    let mut item = Item {
        delivery,
        aside: blocked || event.is_none(),
        boundary,
        event,
    };
    match &item.event {
        None => {
            failed.insert(item.boundary.clone());
        }
        // It may have been applied before the one that was parked, and come again.
        Some(event) if blocked => match worker.handler.bucket.has(event).await {
            Ok(true) => {
                item.aside = false;
                item.event = None;
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(bucket = P::BUCKET, "{error}; the batch will come again");
                return None;
            }
        },
        Some(_) => {}
    }
    Some(item)
}

/// Ends the letters about events that a rebuild has applied.
pub(crate) async fn close_letters<P: Projection>(
    connection: &Connection,
    applied: &[Position],
) -> Result<(), DeadLetterError> {
    let store = DeadLetters::new(connection);
    for at in applied {
        for version in 1..=P::VERSION {
            let consumer = consumers::letters::<P>(version, at.stream);
            for filed in store.list(Some(&consumer)).await? {
                let letter = filed.letter;
                if letter.state.is_end() || letter.pointer.sequence > at.sequence {
                    continue;
                }
                let done = letter.into_state(LetterState::Done, "rebuild", SystemTime::now());
                match store.file(&done, filed.revision).await {
                    // Somebody else has decided meanwhile.
                    Ok(_) | Err(DeadLetterError::Changed(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}
