//! Keeps a read model up to date.
//!
//! There is a durable consumer for each stream, and a task that takes whatever is there: a single event at once, or a
//! thousand together when it has to catch up. The events of a batch are sorted by key and folded in memory, so each
//! value is written once, many with one commit; then the batch is acknowledged. A crash in between delivers the batch again, in
//! order, and each value knows which of it it has.

mod bucket;
mod parking;
mod versions;

use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::consumers;
use crate::feed::{Delivery, Feed};
use crate::processor::{ProcessorError, letters_consumer};
use crate::projection::Projection;
use crate::{Connection, dead_letters};
use bucket::Bucket;
use parking::Parking;
pub(crate) use parking::close_letters;
use versions::{Standing, Versions};

/// How many events are folded together at most.
const BATCH: usize = consumers::IN_FLIGHT as usize / 2;

/// A read model that is kept up to date while [`run`](Projector::run) is polled.
pub struct Projector<P: Projection> {
    streams: Vec<(Feed, Parking<P>)>,
    bucket: Arc<Bucket<P>>,
}

impl<P: Projection> Projector<P> {
    /// Opens the consumers, named after the bucket, and those of their letters. The stream of letters
    /// ([`DeadLetters::stream`](crate::DeadLetters::stream)) must have been declared.
    ///
    /// # Errors
    /// When one of them does not open.
    pub async fn open(connection: &Connection, projection: P) -> Result<Self, ProcessorError> {
        let bucket = Arc::new(Bucket::new(connection, projection));
        let mut streams = Vec::new();
        for stream in P::STREAMS {
            let feed = Feed::open(connection, consumers::spec::<P>(stream)).await?;
            let parking = Parking::open(connection, stream, Arc::clone(&bucket)).await?;
            streams.push((feed, parking));
        }
        Ok(Self { streams, bucket })
    }

    /// Its durable consumers, each by its stream and its name: for each of its streams that of the events, and that of the
    /// letters.
    pub fn consumers() -> Vec<(&'static str, String)> {
        let of = |stream: &'static str| {
            let spec = consumers::spec::<P>(stream);
            let letters = consumers::letters::<P>(P::VERSION, stream);
            [
                (spec.stream, spec.durable),
                (dead_letters::STREAM, letters_consumer(&letters)),
            ]
        };
        P::STREAMS.iter().flat_map(|stream| of(stream)).collect()
    }

    /// For each stream, whether its events flow.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        let streams = self.streams.iter();
        streams
            .flat_map(|(feed, parking)| [feed.flows(), parking.flows()])
            .collect()
    }

    /// Applies events until `stop`; what has not been applied by then comes again at the next start.
    ///
    /// An event that is not understood, or over which the projection panics, is parked as a dead letter, and the later ones
    /// of its [boundary](Projection::boundary) wait behind it; others pass.
    ///
    /// If the bucket has an older version of the projection, it is [rebuilt](crate::rebuild) first. If it has a newer one,
    /// or gets one, a newer program keeps it up to date, and this one does nothing but wait for `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let bucket = Arc::clone(&self.bucket);
        let versions = Versions {
            connection: &bucket.connection,
            projection: &bucket.projection,
        };
        match stop.run_until_cancelled(versions.bring_up()).await {
            Some(Standing::Current) => tokio::select! {
                () = self.apply(stop.clone()) => return,
                () = versions.outdated() => {}
            },
            Some(Standing::Outdated) => drop(self),
            None => return,
        }
        tracing::error!(
            bucket = P::BUCKET,
            version = P::VERSION,
            "a newer program serves this view: this one no longer writes it"
        );
        stop.cancelled().await;
    }

    async fn apply(self, stop: CancellationToken) {
        let streams = self.streams.into_iter();
        let streams = streams.map(|(feed, parking)| apply_stream(feed, parking, stop.clone()));
        join_all(streams).await;
    }
}

/// Applies the events of one stream until `stop`.
async fn apply_stream<P: Projection>(mut feed: Feed, parking: Parking<P>, stop: CancellationToken) {
    // One batch waits while another one is applied.
    let (sender, mut batches) = mpsc::channel::<Vec<Delivery>>(1);
    let read = async {
        while let Some(deliveries) = stop.run_until_cancelled(feed.next(BATCH)).await {
            if sender.send(deliveries).await.is_err() {
                break;
            }
        }
        drop(sender);
        feed.close().await;
    };
    let Parking { letters, worker } = parking;
    let apply = async {
        let mut epoch = None;
        while let Some(Some(batch)) = stop.run_until_cancelled(batches.recv()).await {
            // Another instance may have filed letters since this one read last.
            let begins = batch.first().map(Delivery::epoch);
            if begins != epoch {
                match stop.run_until_cancelled(worker.learn_letters()).await {
                    Some(()) => epoch = begins,
                    None => break,
                }
            }
            // Without the server this would go on for ever. What is given up comes again at the next start.
            let applied = stop.run_until_cancelled(parking::apply(&worker, &batch));
            if applied.await.is_none() {
                break;
            }
        }
        // So that whoever reads does not wait for somebody to take its batch.
        drop(batches);
    };
    let letters = Arc::clone(&worker).work_on_letters(letters, stop.clone());
    tokio::join!(read, apply, letters);
}

impl<P: Projection> fmt::Debug for Projector<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector")
            .field("bucket", &P::BUCKET)
            .finish_non_exhaustive()
    }
}
