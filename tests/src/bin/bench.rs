//! `cargo xtask bench NAME`: measures, and prints a JSON object a line.

use clap::{Parser, ValueEnum};
use vacancy_tests::bench::board;

/// Measures Vacancy on this machine. One JSON object a line, each with `name`, `value` and `unit`.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure.
    name: Name,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// From a click to the bar in another browser; the size of the SPA; the time to the first board.
    Board,
}

#[tokio::main]
async fn main() {
    match Arguments::parse().name {
        Name::Board => board::run().await,
    }
}
