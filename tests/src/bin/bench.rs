//! `cargo xtask bench NAME`: measures, and prints a JSON object a line.

use clap::{Parser, Subcommand};
use vacancy_tests::bench::{answers, board, client, commands, faults, screen, siege};

/// Measures Vacancy on this machine. One JSON object a line, each with `name`, `value` and `unit`.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    name: Name,
}

/// What to measure.
#[derive(Debug, Subcommand)]
enum Name {
    /// From a click to the bar in another browser; the size of the SPA; the time to the first board.
    Board,
    /// nats-wsclient beside nats.js and a bare WebSocket, in one browser; and what it adds to a page.
    Client {
        /// Only the measurements whose name contains this.
        #[arg(default_value = "")]
        filter: String,
    },
    /// jetstream-es beside cqrs-es on PostgreSQL: commands a second, and how fast a million events become a view.
    Commands(commands::Options),
    /// From a command to its answer, beside Node.js with JetStream and PostgreSQL.
    Answers(answers::Options),
    /// The hotel under load while servers and backends are killed: what is lost, and how soon work goes on.
    Faults(faults::Options),
    /// The front desk beside two thousand guests, and those who flood, subscribe, never read, half-open and guess passwords.
    Siege(siege::Options),
    /// The board beside the same board in SolidJS with the NATS client for JavaScript.
    Screen(screen::Options),
}

#[tokio::main]
async fn main() {
    match Arguments::parse().name {
        Name::Board => board::run().await,
        Name::Client { filter } => client::run(&filter).await,
        Name::Commands(options) => commands::run(&options).await,
        Name::Answers(options) => answers::run(&options).await,
        Name::Faults(options) => faults::run(&options).await,
        Name::Siege(options) => siege::run(&options).await,
        Name::Screen(options) => screen::run(&options).await,
    }
}
