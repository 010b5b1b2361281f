//! The consumers of a projection: one for each of its streams, named after its bucket and its version.

use async_nats::jetstream;
use futures_util::TryStreamExt;

use crate::Connection;
use crate::feed::{FeedSpec, Start};
use crate::projection::{Position, Projection};

/// How many events are on their way or worked on at the same time.
pub(crate) const IN_FLIGHT: u16 = 2_000;

/// Why a consumer is not where it should be.
#[derive(Debug, thiserror::Error)]
#[error(
    "the consumer {durable} of the stream {stream} could not be placed after {sequence}: {reason}"
)]
pub struct ConsumerError {
    stream: &'static str,
    durable: String,
    sequence: u64,
    reason: String,
}

/// Its name. The first version has none in it.
fn durable<P: Projection>(version: u32) -> String {
    match version {
        1 => format!("view-{}", P::BUCKET),
        version => format!("view-{}-v{version}", P::BUCKET),
    }
}

/// The name under which the events of a stream that cannot be applied are parked. One for each stream, since a letter's
/// sequence is one of its stream.
pub(crate) fn letters<P: Projection>(version: u32, stream: &str) -> String {
    format!("{}-{stream}", durable::<P>(version))
}

/// The consumer of a stream.
pub(crate) fn spec<P: Projection>(stream: &'static str) -> FeedSpec {
    FeedSpec {
        stream,
        durable: durable::<P>(P::VERSION),
        description: format!("keeps the bucket {} up to date", P::BUCKET),
        filter: None,
        start: Start::Beginning,
        in_flight: IN_FLIGHT,
    }
}

/// Makes the consumers go on after these positions, unless they have come further.
pub(crate) async fn place<P: Projection>(
    connection: &Connection,
    positions: &[Position],
) -> Result<(), ConsumerError> {
    let jetstream = connection.jetstream();
    for at in positions {
        let spec = spec::<P>(at.stream);
        let error = |reason: String| ConsumerError {
            stream: at.stream,
            durable: spec.durable.clone(),
            sequence: at.sequence,
            reason,
        };
        let consumer = spec.declare(&jetstream).await;
        let mut consumer = consumer.map_err(|source| error(source.to_string()))?;
        let floor = consumer.cached_info().ack_floor.stream_sequence;
        if floor < at.sequence {
            let placed = consumer.reset(Some(at.sequence + 1)).await;
            placed.map_err(|source| error(source.to_string()))?;
        }
    }
    Ok(())
}

/// Removes the consumers of older versions. What is left of them is in nobody's way.
pub(crate) async fn forget_older<P: Projection>(connection: &Connection) {
    let jetstream = connection.jetstream();
    for stream in P::STREAMS {
        for version in 1..P::VERSION {
            let durable = durable::<P>(version);
            if let Err(error) = forget(&jetstream, stream, &durable).await {
                tracing::debug!(stream, durable, "not removed: {error}");
            }
        }
    }
}

async fn forget(jetstream: &jetstream::Context, stream: &str, durable: &str) -> Result<(), String> {
    let stream = jetstream.get_stream_no_info(stream).await;
    let stream = stream.map_err(|error| error.to_string())?;
    let names: Vec<String> = stream
        .consumer_names()
        .try_collect()
        .await
        .map_err(|error| error.to_string())?;
    if names.iter().any(|name| name == durable) {
        let deleted = stream.delete_consumer(durable).await;
        deleted.map_err(|error| error.to_string())?;
    }
    Ok(())
}
