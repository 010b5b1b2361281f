//! `bench faults`: rounds of load in which servers and backends are killed, and what the checker says afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

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
}

/// What fails in a round; the rounds take turns. A cluster comes last, since it takes the longest.
const TURNS: [&[Fault]; 8] = [
    &[Fault::KillServer, Fault::KillServer],
    &[Fault::KillBackend, Fault::KillBackend],
    &[Fault::KillBoth],
    &[Fault::KillServer, Fault::KillBackend],
    &[Fault::KillBackend, Fault::KillBoth],
    &[Fault::HaltBackend],
    &[Fault::KillServer, Fault::KillServer, Fault::KillServer],
    CLUSTER,
];

/// What fails in a cluster: one server is killed, another one is cut off.
const CLUSTER: &[Fault] = &[Fault::KillServer, Fault::HaltServer];

/// All rounds together.
#[derive(Debug, Default)]
struct Sum {
    commands: usize,
    acknowledged: usize,
    sent_again: usize,
    conflicts: usize,
    violations: usize,
    recovered: BTreeMap<&'static str, Vec<f64>>,
}

/// Measures, and prints.
///
/// # Panics
/// After the last round, when anything was wrong in any.
pub async fn run(options: &Options) {
    let mut sum = Sum::default();
    for number in 0..options.rounds {
        let faults = TURNS[usize::try_from(number).expect("some rounds") % TURNS.len()];
        let in_cluster = faults == CLUSTER;
        let shape = Shape {
            clients: 6,
            commands: 40,
            rooms: 4,
            backends: 2,
            faults: faults.into(),
        };
        let house = match in_cluster {
            true => House::cluster(shape.backends).await,
            false => House::single(shape.backends).await,
        };
        let plan = Plan::new(options.seed.wrapping_add(number), shape);
        sum.add(&round(&plan, house).await, in_cluster);
    }
    sum.print(options);
    assert_eq!(sum.violations, 0, "violations: they are told above");
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
                (fault, _) => fault.name(),
            };
            self.recovered
                .entry(name)
                .or_default()
                .push(milliseconds(*took));
        }
    }

    fn print(&self, options: &Options) {
        let details = json!({ "seed": options.seed, "rounds": options.rounds });
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
        count("violations", self.violations);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
