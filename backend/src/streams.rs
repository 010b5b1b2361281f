//! Every stream and every bucket there is.
//!
//! | | holds | for how long |
//! |---|---|---|
//! | stream `commands` | what somebody wanted | 14 days |
//! | streams `room`, `room-booking`, `room-cleanup` | what happened: the truth | for ever |
//! | buckets `rooms`, `stays`, `vacancy` | what the board shows, made from the events | as long as the events |
//! | bucket `outcomes` | the answers to commands | 1 day |

use std::time::Duration;

use async_nats::jetstream;
use jetstream_es::declare::{self, DeclareError, Declared};
use jetstream_es::{BucketSpec, Republish, StreamSpec};
use shared::subjects::{OUTCOMES, ROOMS, STAYS, Stream, VACANCY};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn streams() -> [StreamSpec; 4] {
    let events = |stream: Stream| StreamSpec::events(stream.name(), [stream.subjects()]);
    [
        StreamSpec {
            description: "What somebody wanted. Acknowledged is safe; decided is in the bucket outcomes.",
            ..StreamSpec::work(
                Stream::Commands.name(),
                [Stream::Commands.subjects()],
                14 * DAY,
            )
        },
        StreamSpec {
            description: "The rooms of the hotel.",
            ..events(Stream::Room)
        },
        StreamSpec {
            description: "The stays in each room. Boundary: booking.<room>.>",
            ..events(Stream::RoomBooking)
        },
        StreamSpec {
            description: "Rooms made ready. Boundary: cleanup.<room>.>",
            ..events(Stream::RoomCleanup)
        },
    ]
}

fn buckets() -> [BucketSpec; 4] {
    let read_model = |name: &'static str, live: String| BucketSpec {
        republish: Some(Republish {
            from: format!("$KV.{name}.>"),
            to: format!("{live}.>"),
        }),
        ..BucketSpec::new(name)
    };
    [
        BucketSpec {
            description: "The rooms, for the staff.",
            ..read_model(ROOMS.name(), ROOMS.live_prefix())
        },
        BucketSpec {
            description: "The stays, for the front desk.",
            ..read_model(STAYS.name(), STAYS.live_prefix())
        },
        BucketSpec {
            description: "What is free, for everybody: no personal data.",
            ..read_model(VACANCY.name(), VACANCY.live_prefix())
        },
        BucketSpec {
            description: "The answers to commands, each for the one who asked.",
            max_age: Some(DAY),
            ..read_model(OUTCOMES.name(), "outcome".to_owned())
        },
    ]
}

/// Makes all of them be as declared.
///
/// # Errors
/// See [`DeclareError`].
pub async fn declare(jetstream: &jetstream::Context) -> Result<(), DeclareError> {
    for spec in streams() {
        report(
            "stream",
            spec.name,
            declare::stream(jetstream, &spec).await?,
        );
    }
    for spec in buckets() {
        report(
            "bucket",
            spec.name,
            declare::bucket(jetstream, &spec).await?,
        );
    }
    Ok(())
}

fn report(what: &str, name: &str, declared: Declared) {
    match declared {
        Declared::Created => tracing::info!("{what} {name}: created"),
        Declared::Updated => tracing::info!("{what} {name}: brought up to date"),
        Declared::Unchanged => tracing::debug!("{what} {name}: as declared"),
    }
}
