//! `bench answers`: how long it takes from a command to its answer, beside the usual way to build that: Node.js with a
//! front that publishes to JetStream and answers by Server-Sent Events, a worker that books in PostgreSQL, and core NATS
//! between them. Both sides take turns on one machine, with every write on the disk before it is acknowledged.
//!
//! ```text
//! load        an open loop: commands by the clock, counted from the moment at which each was to be sent
//! wishes      the bookings that are asked for, the same ones of both sides
//! click       from a click to its outcome on the page
//! ours        a hotel, asked over NATS and over HTTP
//! peer        the usual way, asked by requests with events, and by requests that wait
//! sse         a stream of Server-Sent Events
//! streams     a thousand of them
//! ```

mod click;
mod load;
mod ours;
mod peer;
mod sse;
mod streams;
mod wishes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::report;
use click::Clicks;
use load::{Answer, Load, Measured, offer};
use ours::Ours;
use peer::Peer;

/// What can be said on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How often each is measured; the median counts.
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// For how long commands are sent, each time.
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// Commands a second.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 1_000])]
    pub rates: Vec<u32>,
    /// How many streams of events are opened.
    #[arg(long, default_value_t = 1_000)]
    pub streams: usize,
    /// What is measured; all of it unless told otherwise.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Part::Commands, Part::Streams, Part::Clicks])]
    pub parts: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Over NATS, and over HTTP with responses that wait.
    Commands,
    /// Streams of events.
    Streams,
    /// From a click to what is painted.
    Clicks,
}

/// Over how many rooms the commands are spread.
const ROOMS: usize = 1_000;

/// How long somebody waits for an answer.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The same, said over HTTP.
const PREFER: &str = "wait=10";

/// At least so many commands are sent each time, however few there are in a second.
const LEAST: usize = 20;

/// Before anything is counted, each way is asked so often, at [`WARM_UP_RATE`]: compilers, pools and caches.
const WARM_UP: usize = 200;
const WARM_UP_RATE: f64 = 100.0;

/// The 95th percentile is to be at most this part of the peer's.
const AIM: f64 = 1.0 / 3.0;

/// The peer as the lines call it.
const NODE: &str = "Node.js, JetStream, PostgreSQL";

/// How somebody asks, and hears of the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Ours: a message, and a message back.
    Nats,
    /// Ours: a request whose response is the outcome.
    Http,
    /// The peer's: a request, and an event on a stream that was opened before.
    PeerEvents,
    /// The peer's: a request whose response is the outcome.
    PeerWait,
}

const WAYS: [Way; 4] = [Way::Nats, Way::PeerEvents, Way::Http, Way::PeerWait];

/// A way of ours, and the peer's that stands beside it.
#[derive(Debug)]
struct Pair {
    name: &'static str,
    ours: Way,
    theirs: Way,
    peer: &'static str,
}

const PAIRS: [Pair; 2] = [
    Pair {
        name: "nats",
        ours: Way::Nats,
        theirs: Way::PeerEvents,
        peer: "Node.js, JetStream, PostgreSQL: POST to event",
    },
    Pair {
        name: "http",
        ours: Way::Http,
        theirs: Way::PeerWait,
        peer: "Node.js, JetStream, PostgreSQL: POST that waits",
    },
];

/// Both sides.
#[derive(Debug)]
struct Sides {
    ours: Ours,
    peer: Peer,
}

type Samples = BTreeMap<Way, Vec<Measured>>;

type Count = fn(&Measured) -> usize;

/// Measures, and prints.
pub async fn run(options: &Options) {
    let sides = Arc::new(Sides {
        ours: Ours::start().await,
        peer: Peer::start().await,
    });
    eprintln!("warming up …");
    for way in WAYS {
        offer_to(&sides, way, WARM_UP_RATE, WARM_UP).await;
    }
    let wanted = |part| options.parts.contains(&part);
    if wanted(Part::Commands) {
        commands(&sides, options).await;
    }
    if wanted(Part::Streams) {
        streams::measure(&sides, options).await;
    }
    let mut clicks = Clicks::default();
    if wanted(Part::Clicks) {
        clicks = click::measure(&sides, options).await;
    }
    sides.ours.check(clicks.ours).await;
    sides.peer.check(clicks.peer);
}

/// Both ways to send commands, at each rate.
async fn commands(sides: &Arc<Sides>, options: &Options) {
    for &rate in &options.rates {
        let mut samples = Samples::new();
        for run in 0..options.runs {
            eprintln!("{rate} commands a second, run {} …", run + 1);
            for (way, measured) in round(sides, rate.into(), options.seconds).await {
                samples.entry(way).or_default().push(measured);
            }
        }
        for pair in &PAIRS {
            print(rate, pair, &samples, options);
        }
    }
}

/// Each way once.
async fn round(sides: &Arc<Sides>, rate: f64, seconds: f64) -> Vec<(Way, Measured)> {
    let count = LEAST.max((rate * seconds) as usize);
    if rate > 1.0 {
        let mut measured = Vec::new();
        for way in WAYS {
            measured.push((way, offer_to(sides, way, rate, count).await));
        }
        return measured;
    }
    // The machine is idle between two commands, so the ways take turns within each second.
    let share = 1.0 / rate / WAYS.len() as f64;
    let turns = WAYS.into_iter().enumerate().map(async |(turn, way)| {
        let delay = Duration::from_secs_f64(turn as f64 * share);
        let load = Load { rate, count, delay };
        (way, ask(sides, way, load).await)
    });
    join_all(turns).await
}

/// Offers commands to one way while the others rest.
async fn offer_to(sides: &Arc<Sides>, way: Way, rate: f64, count: usize) -> Measured {
    let delay = Duration::ZERO;
    let measured = ask(sides, way, Load { rate, count, delay }).await;
    sides.ours.rest().await;
    measured
}

async fn ask(sides: &Arc<Sides>, way: Way, load: Load) -> Measured {
    let ask = || {
        let sides = Arc::clone(sides);
        async move { sides.ask(way).await }
    };
    offer(load, ask).await
}

impl Sides {
    async fn ask(&self, way: Way) -> Answer {
        match way {
            Way::Nats => self.ours.over_nats().await,
            Way::Http => self.ours.over_http().await,
            Way::PeerEvents => self.peer.by_events().await,
            Way::PeerWait => self.peer.by_wait().await,
        }
    }
}

/// Prints what one way of ours and its peer came to at a rate: medians of the runs.
fn print(rate: u32, pair: &Pair, samples: &Samples, options: &Options) {
    let [ours, theirs] = [pair.ours, pair.theirs].map(|way| &samples[&way]);
    let name = |what: &str| format!("answers.{}.{rate}.{what}", pair.name);
    let details = json!({
        "offered": rate, "runs": options.runs, "n": ours.iter().map(|run| run.took.len()).sum::<usize>(),
    });
    for percent in [50, 95, 99] {
        let [ours, theirs] = [ours, theirs].map(|runs| {
            median(runs, |run| match run.took.is_empty() {
                true => f64::NAN,
                false => report::percentile_of(&run.took, percent),
            })
        });
        let mut details = details.clone();
        if percent == 95 {
            details["aim"] = report::round(AIM).into();
            details["met"] = (ours <= AIM * theirs).into();
        }
        report::beside(
            &name(&format!("p{percent}")),
            "ms",
            ours,
            pair.peer,
            theirs,
            details,
        );
    }
    let [our_rate, their_rate] = [ours, theirs].map(|runs| median(runs, Measured::rate));
    let unit = "commands/s";
    report::beside(
        &name("answered"),
        unit,
        our_rate,
        pair.peer,
        their_rate,
        details.clone(),
    );
    let late = |run: &Measured| run.late;
    let turned_away = |run: &Measured| run.turned_away.len();
    for (what, count) in [("late", late as Count), ("turned-away", turned_away)] {
        let [ours, theirs] = [ours, theirs].map(|runs| runs.iter().map(count).sum::<usize>());
        let mut details = details.clone();
        details["peer"] = pair.peer.into();
        details["peer_value"] = theirs.into();
        report::row(&name(what), ours as f64, "in all runs", details);
    }
}

fn median(runs: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    let of_each: Vec<f64> = runs.iter().map(of).collect();
    report::percentile_of(&of_each, 50)
}
