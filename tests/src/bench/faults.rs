//! `bench faults`: rounds of load in which servers and backends are killed, and what the checker says afterwards.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use serde_json::json;

use super::report;
use crate::faults::house::House;
use crate::faults::plan::Fault;
use crate::faults::{Plan, Report, SEED, Shape, round};

/// What can be said on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many rounds.
    #[arg(long, default_value_t = 200)]
    pub rounds: u64,
    /// The seed of the first round; each has the next number.
    #[arg(long, default_value_t = 20_261_121)]
    pub seed: u64,
    /// How many rounds at the same time.
    #[arg(long, default_value_t = 3)]
    pub abreast: usize,
}

/// What fails in a round; the rounds take turns.
const TURNS: [&[Fault]; 9] = [
    &[Fault::KillServer, Fault::KillServer],
    &[Fault::KillBackend, Fault::KillBackend],
    &[Fault::KillBoth],
    &[Fault::KillServer, Fault::KillBackend],
    &[Fault::KillBackend, Fault::KillBoth],
    &[Fault::HaltBackend],
    &[Fault::KillServer, Fault::KillServer, Fault::KillServer],
    &[Fault::KillServer, Fault::CutOff],
    &[Fault::HaltServer, Fault::KillBackend, Fault::CutOff],
];

/// All rounds together.
#[derive(Debug, Default)]
struct Sum {
    commands: usize,
    acknowledged: usize,
    sent_again: usize,
    conflicts: usize,
    violations: usize,
    /// Rounds that did not come to their end.
    unfinished: usize,
    recovered: BTreeMap<&'static str, Vec<f64>>,
}

/// Measures, and prints.
///
/// # Panics
/// After the last round, when anything was wrong in any.
pub async fn run(options: &Options) {
    let mut sum = Sum::default();
    let rounds = (0..options.rounds).map(|number| play(options.seed, number));
    let mut rounds = stream::iter(rounds).buffer_unordered(options.abreast.max(1));
    while let Some(played) = rounds.next().await {
        match played {
            Ok((report, in_cluster)) => sum.add(&report, in_cluster),
            Err(seed) => {
                eprintln!("{SEED}={seed}: the round did not come to its end: it is told above");
                sum.unfinished += 1;
            }
        }
    }
    sum.print(options);
    assert_eq!(sum.unfinished, 0, "unfinished: it is told above");
    assert_eq!(sum.violations, 0, "violations: they are told above");
}

/// Plays a round. The error is the seed of one that did not come to its end.
async fn play(seed: u64, number: u64) -> Result<(Report, bool), u64> {
    let seed = seed.wrapping_add(number);
    let faults = TURNS[usize::try_from(number).expect("some rounds") % TURNS.len()];
    let in_cluster = faults.contains(&Fault::CutOff);
    let shape = Shape {
        clients: 6,
        commands: 40,
        rooms: 4,
        backends: 2,
        faults: faults.into(),
    };
    let played = async {
        let house = match in_cluster {
            true => House::cluster(shape.backends).await,
            false => House::single(shape.backends).await,
        };
        round(&Plan::new(seed, shape), house).await
    };
    // The other rounds go on.
    let report = AssertUnwindSafe(played).catch_unwind().await;
    report.map(|report| (report, in_cluster)).map_err(|_| seed)
}

impl Sum {
    fn add(&mut self, report: &Report, in_cluster: bool) {
        self.commands += report.commands;
        self.acknowledged += report.acknowledged;
        self.sent_again += report.sent_again;
        self.conflicts += report.conflicts;
        self.violations += report.violations.len();
        for violation in &report.violations {
            eprintln!("{SEED}={}: {violation}", report.seed);
        }
        for (fault, took) in &report.recovered {
            let name = match (fault, in_cluster) {
                (Fault::KillServer, true) => "kill-one-of-three-servers",
                (Fault::KillBackend, true) => "kill-backend-of-three-servers",
                (fault, _) => fault.name(),
            };
            self.recovered
                .entry(name)
                .or_default()
                .push(milliseconds(*took));
        }
    }

    fn print(&self, options: &Options) {
        let details = json!({
            "seed": options.seed, "rounds": options.rounds, "abreast": options.abreast,
        });
        let count = |name: &str, value: usize| {
            report::row(
                &format!("faults.{name}"),
                value as f64,
                "in all",
                details.clone(),
            );
        };
        count("commands", self.commands);
        count("acknowledged", self.acknowledged);
        count("sent-again", self.sent_again);
        count("conflicts", self.conflicts);
        for (name, samples) in &self.recovered {
            let details = json!({ "n": samples.len() });
            for (what, percent) in [("p50", 50), ("max", 100)] {
                let value = report::percentile(samples, percent);
                let name = format!("faults.recovered.{name}.{what}");
                report::row(&name, value, "ms", details.clone());
            }
        }
        count("unfinished", self.unfinished);
        count("violations", self.violations);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
