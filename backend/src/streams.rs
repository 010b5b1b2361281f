//! Every stream and every bucket there is.
//!
//! | | holds | for how long |
//! |---|---|---|
//! | stream `commands` | what somebody wanted | 14 days |
//! | streams `room`, `room-booking`, `room-cleanup` | what happened: the truth | for ever |
//! | stream `staff` | what happened to the staff: the truth | for ever |
//! | buckets `rooms`, `stays`, `vacancy`, `days`, `guests`, `occupancy`, `housekeeping`, `staff` | read models, made from the events | as long as the events |
//! | bucket `outcomes` | the answers to commands | 1 day |
//! | bucket `credentials` | by what the staff prove who they are | for ever |
//! | bucket `sessions` | who is logged in | 12 hours |
//! | bucket `connections` | which connections they have, so that they can be cut | 20 minutes |
//! | bucket `breakers` | which destinations are left alone for a while | as long as they are destinations |
//! | stream `advisories` | what JetStream says of messages and streams that are no more | 14 days |
//! | stream `dead-letters` | what could not be worked on | until somebody decides, and 14 days longer |
//! | bucket `decisions` | refusals, so that a command never gets a second decision | for ever |
//! | bucket `guest-keys` | the keys that the names of guests are sealed with | until the guest is erased |
//! | stream `deadlines` | commands that are due at a time: the end of a hold, a no-show | until they are due, and 14 days longer |
//! | stream `audit` | a copy of all commands, events and outcomes, made by the server | 14 days |

use std::time::Duration;

use async_nats::jetstream;
use jetstream_es::advisories;
use jetstream_es::deadlines;
use jetstream_es::declare::{self, Compared, DeclareError, Declared, SourceSpec};
use jetstream_es::durability::{self, DurabilityError};
use jetstream_es::{
    Breaker, BucketSpec, Connection, DeadLetters, Keys, Republish, StreamSpec, WeakDurability,
};
use shared::subjects::{
    AUDIT, DAYS, DECISIONS, GUEST_KEYS, GUESTS, HOUSEKEEPING, OCCUPANCY, OUTCOMES, ROOMS, STAFF,
    STAYS, Stream, VACANCY,
};

use crate::cli::Copies;
use crate::identity;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn streams(copies: Copies) -> [StreamSpec; 8] {
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
        StreamSpec {
            description: "Who works in the hotel. Boundary: staff.>",
            ..events(Stream::Staff)
        },
        DeadLetters::stream(),
        advisories::stream(14 * DAY),
        deadlines::stream(),
    ]
    .map(|spec| StreamSpec {
        replicas: copies.replicas.into(),
        ..spec
    })
}

pub(crate) fn buckets(copies: Copies) -> Vec<BucketSpec> {
    let own = identity::buckets().into_iter();
    let all = read_models_and_answers().into_iter().chain(own);
    all.map(|spec| BucketSpec {
        replicas: copies.replicas.into(),
        ..spec
    })
    .collect()
}

fn read_models_and_answers() -> [BucketSpec; 12] {
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
            description: "Who arrives, stays and leaves, for the front desk.",
            ..read_model(DAYS.name(), DAYS.live_prefix())
        },
        BucketSpec {
            description: "The stays of each guest, for the front desk.",
            ..read_model(GUESTS.name(), GUESTS.live_prefix())
        },
        BucketSpec {
            description: "How full the house is, for the front desk.",
            ..read_model(OCCUPANCY.name(), OCCUPANCY.live_prefix())
        },
        BucketSpec {
            description: "What there is to clean, for the staff: no personal data.",
            ..read_model(HOUSEKEEPING.name(), HOUSEKEEPING.live_prefix())
        },
        BucketSpec {
            description: "Who works in the hotel, for the managers. No secret.",
            ..read_model(STAFF.name(), STAFF.live_prefix())
        },
        BucketSpec {
            description: "The answers to commands, each for the one who asked.",
            max_age: Some(DAY),
            ..read_model(OUTCOMES.name(), "outcome".to_owned())
        },
        Breaker::bucket(),
        BucketSpec {
            description: "Decisions that left no event, such as refusals: the same command never gets a second one.",
            ..BucketSpec::new(DECISIONS)
        },
        BucketSpec {
            description: "The key of each guest: without it the name in the events is gone for good. For the backend alone.",
            ..Keys::bucket(GUEST_KEYS)
        },
    ]
}

/// Who wanted what, when, and what became of it. The server copies the messages, so no program can leave one out; and
/// nobody can remove one before its time.
pub(crate) fn audit(copies: Copies) -> StreamSpec {
    let outcomes = declare::stream_of_bucket(OUTCOMES.name());
    let sources = Stream::ALL.map(|stream| SourceSpec::all(stream.name()));
    StreamSpec {
        description: "A copy of every command, event and outcome, made by the server. Nobody can remove one.",
        sources: sources
            .into_iter()
            .chain([SourceSpec::all(outcomes)])
            .collect(),
        max_age: Some(14 * DAY),
        replicas: copies.replicas.into(),
        allow_atomic: false,
        ..StreamSpec::events(AUDIT, [""; 0])
    }
}

/// Makes all of them be as declared.
///
/// # Errors
/// See [`DeclareError`].
pub async fn declare(jetstream: &jetstream::Context, copies: Copies) -> Result<(), DeclareError> {
    for spec in streams(copies) {
        report(
            "stream",
            spec.name,
            declare::stream(jetstream, &spec).await?,
        );
    }
    for spec in buckets(copies) {
        report(
            "bucket",
            spec.name,
            declare::bucket(jetstream, &spec).await?,
        );
    }
    let spec = audit(copies);
    let declared = declare::stream(jetstream, &spec).await?;
    report("stream", spec.name, declared);
    Ok(())
}

/// The stream of each of them by its name, compared with its declaration; changes nothing.
///
/// # Errors
/// When the server does not answer.
pub async fn compare(
    jetstream: &jetstream::Context,
    copies: Copies,
) -> Result<Vec<(String, Compared)>, DeclareError> {
    let mut compared = Vec::new();
    for spec in streams(copies).into_iter().chain([audit(copies)]) {
        let there = declare::compare_stream(jetstream, &spec).await?;
        compared.push((spec.name.to_owned(), there));
    }
    for spec in buckets(copies) {
        let there = declare::compare_bucket(jetstream, &spec).await?;
        compared.push((declare::stream_of_bucket(spec.name), there));
    }
    Ok(compared)
}

/// Makes sure that what the server acknowledges of commands and events is as safe as declared.
///
/// # Errors
/// See [`DurabilityError`].
pub async fn require_durability(
    connection: &Connection,
    copies: Copies,
    weak: WeakDurability,
) -> Result<(), DurabilityError> {
    durability::require(connection, &streams(copies), weak).await
}

fn report(what: &str, name: &str, declared: Declared) {
    match declared {
        Declared::Created => tracing::info!("{what} {name}: created"),
        Declared::Updated => tracing::info!("{what} {name}: brought up to date"),
        Declared::Unchanged => tracing::debug!("{what} {name}: as declared"),
    }
}
