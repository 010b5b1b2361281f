//! The project's commands, each in a module of its name: `up` runs the hotel, `test` and `check` are what CI runs,
//! `bench` measures, `contracts` writes what other programs need to know. [`setup`] finds or installs what they need, a
//! module per tool; [`family`] sees to it that no process that was started here outlives the command.
//!
//! Unix only (Linux, macOS): process groups and signals are how children are ended.

mod bench;
mod check;
mod client_pages;
mod console;
mod contracts;
mod error;
mod family;
mod page;
mod postgres_peer;
mod screen_pages;
mod setup;
mod steps;
mod test;
mod up;
mod version;
mod workspace;

use clap::{Parser, Subcommand};
use error::Error;
use family::Family;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};
use workspace::Workspace;

/// Runs, tests and measures Vacancy.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Sets up what is missing and runs nats-server, the backend and the SPA until Ctrl-C.
    Up(up::Options),
    /// Sets up what is missing and runs every test.
    Test(test::Options),
    /// Checks formatting, lints, documentation, and which crates there are.
    Check(check::Options),
    /// Writes the schemas of all messages, AsyncAPI and OpenAPI into `contracts/`.
    Contracts,
    /// Runs one benchmark on release builds; prints a JSON object a line.
    Bench(bench::Options),
}

/// What every command is handed: where things are, and the processes it started.
#[derive(Debug)]
struct Context {
    workspace: Workspace,
    family: Family,
}

/// How a command ended.
enum End {
    Done(Result<(), Error>),
    /// Somebody asked for the end: Ctrl-C, SIGTERM, or the terminal went away.
    Asked,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.task)),
        Err(source) => Err(Error::io("start the async runtime", source)),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            console::failure(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<ExitCode, Error> {
    let mut signals = Signals::listen()?;
    let context = Context {
        workspace: Workspace::find().await?,
        family: Family::default(),
    };
    // For `up`, being asked to end is how it is meant to end.
    let code_when_asked = match task {
        Task::Up(_) => ExitCode::SUCCESS,
        Task::Test(_) | Task::Check(_) | Task::Contracts | Task::Bench(_) => ExitCode::from(130),
    };
    let end = tokio::select! {
        result = perform(&context, task) => End::Done(result),
        () = signals.next() => End::Asked,
    };
    if matches!(end, End::Asked) {
        console::say("ending; once more to end at once");
    }
    // An impatient second Ctrl-C drops the graceful end; dropping the family then kills what is left.
    tokio::select! {
        () = context.family.end() => {}
        () = signals.next() => {}
    }
    match end {
        End::Done(result) => result.map(|()| ExitCode::SUCCESS),
        End::Asked => Ok(code_when_asked),
    }
}

async fn perform(context: &Context, task: Task) -> Result<(), Error> {
    match task {
        Task::Up(options) => up::run(context, options).await,
        Task::Test(options) => test::run(context, options).await,
        Task::Check(options) => check::run(context, options).await,
        Task::Contracts => contracts::run(context).await,
        Task::Bench(options) => bench::run(context, options).await,
    }
}

/// The signals that ask for an orderly end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind).map_err(|source| Error::io("listen for Ctrl-C and SIGTERM", source))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
