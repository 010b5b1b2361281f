//! `vacancy`: see the library for what it does.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use vacancy_backend::cli::{Cli, Task};
use vacancy_backend::{seed, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,async_nats=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(std::io::stderr)
        .init();
    let done: Result<(), Box<dyn std::error::Error>> = match Cli::parse().task {
        Task::Serve(options) => serve::serve(options).await.map_err(Box::from),
        Task::Seed(options) => seed::seed(options).await.map_err(Box::from),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
