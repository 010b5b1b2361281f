//! A read model whose projector fails again and again, in the middle of whatever it does.

use std::time::Duration;

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{BucketSpec, CodecError, Connection, Projector, StoredMessage, declare};
use tokio_util::sync::CancellationToken;
use vacancy_backend::bookings::StaysView;
use vacancy_load::Dice;

use crate::wait;

/// The stays, in a bucket of their own.
#[derive(Debug)]
pub(super) struct Shaky;

impl Projection for Shaky {
    type Event = <StaysView as Projection>::Event;
    type Key = <StaysView as Projection>::Key;
    type Value = <StaysView as Projection>::Value;

    const BUCKET: &'static str = "shaky-stays";
    const STREAMS: &'static [&'static str] = StaysView::STREAMS;

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Self::Event, CodecError> {
        StaysView::read(stream, message)
    }

    fn keys(event: &Self::Event) -> Vec<Self::Key> {
        StaysView::keys(event)
    }

    fn position(value: &Self::Value, stream: &'static str) -> u64 {
        StaysView::position(value, stream)
    }

    fn apply(
        key: &Self::Key,
        value: Option<Self::Value>,
        event: &Self::Event,
        at: Position,
    ) -> Option<Self::Value> {
        StaysView::apply(key, value, event, at)
    }
}

/// Makes the bucket, with so many copies.
pub(super) async fn declare(connection: &Connection, replicas: usize) {
    let spec = BucketSpec {
        replicas,
        ..BucketSpec::new(Shaky::BUCKET)
    };
    wait::until("a bucket for the shaky view", async || {
        declare::bucket(&connection.jetstream(), &spec).await.ok()
    })
    .await;
}

/// Starts the projector and ends it without a word, again and again, until `calm`; then keeps it up until `stop`.
pub(super) async fn run(
    connection: &Connection,
    seed: u64,
    calm: CancellationToken,
    stop: CancellationToken,
) {
    let mut dice = Dice::new(seed);
    while !stop.is_cancelled() {
        // While the server is away it does not open.
        if let Ok(projector) = Projector::open(connection, Shaky).await {
            let life = Duration::from_millis(5 + dice.below(400) as u64);
            let fails = async {
                tokio::time::sleep(life).await;
                if calm.is_cancelled() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = projector.run(stop.clone()) => {}
                () = fails => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(dice.below(50) as u64)).await;
    }
}
