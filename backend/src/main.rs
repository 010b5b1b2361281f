//! `vacancy`: see the library for what it does.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use vacancy_backend::cli::{Cli, Task};
use vacancy_backend::identity::callout::Keys;
use vacancy_backend::{contracts, operate, seed, serve};

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
    match run(Cli::parse().task).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<ExitCode, Box<dyn std::error::Error>> {
    Ok(match task {
        Task::Serve(options) => serve::serve(options).await.map(|()| ExitCode::SUCCESS)?,
        Task::Seed(options) => seed::seed(options).await.map(|()| ExitCode::SUCCESS)?,
        Task::Keys(options) => {
            let file = Keys::generate().save(&options.folder)?;
            tracing::info!("made {}", file.display());
            ExitCode::SUCCESS
        }
        Task::Streams(options) => operate::streams::streams(options).await?,
        Task::Audit(options) => operate::audit::audit(options).await?,
        Task::Dlq(options) => operate::dead_letters::dead_letters(options).await?,
        Task::Replay(options) => operate::replay::replay(options).await?,
        Task::Command(options) => operate::command::command(options).await?,
        Task::Guest(options) => operate::guest::guest(options).await?,
        Task::Staff(options) => operate::staff::staff(options).await?,
        Task::Hotel(options) => operate::hotel::hotel(options).await?,
        Task::Publish(options) => operate::publish::publish(options).await?,
        Task::Contracts(options) => contracts::write(&options).map(|()| ExitCode::SUCCESS)?,
        Task::Listen(options) => operate::listen::listen(options).await?,
    })
}
