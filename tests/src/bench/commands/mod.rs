//! `bench commands`: how many commands a second are decided and durable, by `jetstream-es` and by cqrs-es on PostgreSQL,
//! in turns on one machine, with every write on the disk before it is acknowledged on both sides.
//!
//! ```text
//! ours        the commands through a Repository, and what the server could take at most
//! peer        the peer's program on PostgreSQL
//! whole       the whole way of a command through `vacancy serve`
//! rebuild     a million events into a bucket, and the memory that takes
//! sealed      the same of events in which the names of guests are sealed
//! ```

mod ours;
mod peer;
mod rebuild;
mod sealed;
mod whole;

use std::collections::BTreeMap;

use serde_json::json;
use vacancy_load::{Load, Measured};

use super::postgres::Postgres;
use super::report;
use ours::{Commits, Ours};
use peer::State;

/// What can be said on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How often each is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// For how long, each time.
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
    /// How many events are rebuilt into a bucket; 0 leaves that out.
    #[arg(long, default_value_t = 1_000_000)]
    pub events: usize,
    /// How many clients there are at the same time.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    pub clients: Vec<usize>,
    /// Of the random numbers; the same seed sends the same commands.
    #[arg(long, default_value_t = 20_261_121)]
    pub seed: u64,
    /// What is measured; all of it unless told otherwise.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Part::Ours, Part::Whole, Part::Rebuild])]
    pub parts: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Commands through a Repository, beside the peer.
    Ours,
    /// The whole way of a command through `vacancy serve`.
    Whole,
    /// Events into a bucket.
    Rebuild,
}

/// Over how many rooms the commands are spread, by Zipf's distribution.
const ROOMS: usize = 1_000;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// A backend that commits in groups.
    Ours,
    /// A backend that appends each decision by itself.
    OneByOne,
    /// The server's own limit: the same payload, published and acknowledged, without a condition.
    Bare,
    /// The peer, which reads all events of a room for each command.
    PeerEvents,
    /// The peer, which keeps each room's state beside its events.
    PeerAggregate,
}

const SIDES: [Side; 5] = [
    Side::Ours,
    Side::OneByOne,
    Side::Bare,
    Side::PeerEvents,
    Side::PeerAggregate,
];

/// What one run of one side came to.
#[derive(Debug)]
struct Sample {
    rate: f64,
    p50: f64,
    p99: f64,
    conflicts: f64,
    duplicates: f64,
}

impl From<&Measured> for Sample {
    fn from(measured: &Measured) -> Self {
        assert_eq!(measured.done_twice, 0, "a command was done twice");
        Self {
            rate: measured.rate(),
            p50: report::percentile_of(&measured.took, 50),
            p99: report::percentile_of(&measured.took, 99),
            conflicts: measured.conflicts as f64,
            duplicates: measured.duplicates as f64,
        }
    }
}

/// Measures, and prints.
pub async fn run(options: &Options) {
    let wanted = |part| options.parts.contains(&part);
    if wanted(Part::Ours) {
        beside_the_peer(options).await;
    }
    if wanted(Part::Whole) {
        whole::measure(options).await;
    }
    if wanted(Part::Rebuild) && options.events > 0 {
        let ours = Ours::start().await;
        let plain = rebuild::measure(&ours, options.events).await;
        sealed::measure(&ours, options.events, plain).await;
    }
}

async fn beside_the_peer(options: &Options) {
    let ours = Ours::start().await;
    let postgres = Postgres::start().await;
    for &clients in &options.clients {
        let mut samples: BTreeMap<Side, Vec<Sample>> = BTreeMap::new();
        for run in 0..options.runs {
            let load = Load {
                clients,
                rooms: ROOMS,
                seconds: options.seconds,
                seed: options.seed.wrapping_add(run as u64),
            };
            for side in SIDES {
                let measured = match side {
                    Side::Ours => ours.decide(load, Commits::InGroups).await,
                    Side::OneByOne => ours.decide(load, Commits::OneByOne).await,
                    Side::Bare => ours.publish(load).await,
                    Side::PeerEvents => peer::decide(&postgres, load, State::Events).await,
                    Side::PeerAggregate => peer::decide(&postgres, load, State::Aggregate).await,
                };
                samples
                    .entry(side)
                    .or_default()
                    .push(Sample::from(&measured));
            }
        }
        print(clients, &samples, options);
    }
}

fn print(clients: usize, samples: &BTreeMap<Side, Vec<Sample>>, options: &Options) {
    let median = |side, of: fn(&Sample) -> f64| {
        let of_each: Vec<f64> = samples[&side].iter().map(of).collect();
        report::percentile_of(&of_each, 50)
    };
    // The peer stands beside us in the way that is the faster one for it.
    let rate = |side| median(side, |sample: &Sample| sample.rate);
    let peer = if rate(Side::PeerEvents) > rate(Side::PeerAggregate) {
        Side::PeerEvents
    } else {
        Side::PeerAggregate
    };
    let name = match peer {
        Side::PeerEvents => "cqrs-es + postgres-es, all events read",
        _ => "cqrs-es + postgres-es, state kept",
    };
    let details = json!({ "clients": clients, "runs": options.runs, "seconds": options.seconds });
    let beside = |what: &str, unit, of: fn(&Sample) -> f64| {
        let name_of = format!("commands.{clients}.{what}");
        let (ours, theirs) = (median(Side::Ours, of), median(peer, of));
        report::beside(&name_of, unit, ours, name, theirs, details.clone());
    };
    beside("accepted", "commands/s", |sample| sample.rate);
    beside("p50", "ms", |sample| sample.p50);
    beside("p99", "ms", |sample| sample.p99);
    for (what, of) in [
        (
            "conflicts",
            (|sample| sample.conflicts) as fn(&Sample) -> f64,
        ),
        ("duplicates", |sample| sample.duplicates),
    ] {
        let mut details = details.clone();
        details["peer"] = name.into();
        details["peer_value"] = median(peer, of).into();
        report::row(
            &format!("commands.{clients}.{what}"),
            median(Side::Ours, of),
            "in a run",
            details,
        );
    }
    for (what, side, of) in [
        ("in-groups", Side::OneByOne, "each decision by itself"),
        ("of-the-limit", Side::Bare, "bare publishes, acknowledged"),
    ] {
        let name = format!("commands.{clients}.{what}");
        let (ours, other) = (rate(Side::Ours), rate(side));
        report::beside(&name, "commands/s", ours, of, other, details.clone());
    }
}
