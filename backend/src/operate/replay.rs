//! `vacancy replay`: read models made anew, and old events once more.

use std::fmt;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jetstream_es::Connection;
use jetstream_es::rebuild::{Phase, Progress, RebuildError, Rebuilt};
use jetstream_es::replay::{self, ReplayError, Replayed, Selection};
use serde::Serialize;
use shared::subjects::Stream;
use tokio::sync::watch;

use super::output::{Reader, print_line};
use super::{OperateError, Operated, Output, REFUSED, connect};
use crate::cli::NatsOptions;
use crate::views::{self, View};

#[derive(Debug, Args)]
pub struct ReplayOptions {
    #[command(subcommand)]
    pub task: Task,
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make read models anew from all events, while the old values serve. No reaction hears of it.
    Views {
        /// Such as stays; all when none is named.
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(views::names()))]
        names: Vec<String>,
    },
    /// Print old events, each a CloudEvent on a line of its own. No consumer moves.
    Events {
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(Stream::ALL.map(Stream::name)))]
        stream: String,
        /// Only subjects that match this filter, such as `booking.1.>`.
        #[arg(long, value_name = "FILTER")]
        subject: Option<String>,
        /// Only events of this type, such as vacancy.booking.room-booked.v1. Can be given several times.
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// Only what happened at that time or later, as 2026-03-01T00:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: Option<SystemTime>,
        /// Only what happened before that time.
        #[arg(long, value_name = "TIME", value_parser = time)]
        until: Option<SystemTime>,
        /// Only what comes after this sequence of the stream.
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        after: u64,
    },
}

/// A read model that was made anew.
#[derive(Serialize)]
struct Line {
    view: &'static str,
    events: u64,
    unreadable: u64,
    values: u64,
    written: u64,
    deleted: u64,
    seconds: f64,
}

/// Makes read models anew, or prints events.
///
/// # Errors
/// When the server is away or refuses.
pub async fn replay(options: ReplayOptions) -> Operated {
    let connection = connect(&options.nats, "replay").await?;
    match &options.task {
        Task::Views { names } => rebuild(&connection, options.output, names).await,
        Task::Events {
            stream,
            subject,
            types,
            from,
            until,
            after,
        } => {
            let selection = Selection {
                filter: subject.clone(),
                types: types.clone(),
                from: *from,
                until: *until,
            };
            print_events(&connection, stream, &selection, *after).await
        }
    }
}

async fn rebuild(connection: &Connection, output: Output, names: &[String]) -> Operated {
    let mut code = ExitCode::SUCCESS;
    for view in views::all() {
        if !names.is_empty() && !names.iter().any(|name| name == view.name()) {
            continue;
        }
        let started = Instant::now();
        match rebuild_one(connection, view.as_ref()).await {
            Ok(rebuilt) => {
                let line = Line::of(view.name(), rebuilt, started.elapsed());
                if output.print(&line)? == Reader::Gone {
                    break;
                }
            }
            Err(error @ (RebuildError::Busy { .. } | RebuildError::Newer { .. })) => {
                tracing::error!("{error}");
                code = ExitCode::from(REFUSED);
            }
            Err(error) => return Err(OperateError::nats(error)),
        }
    }
    Ok(code)
}

/// Makes one read model anew, and shows how far it has come.
async fn rebuild_one(connection: &Connection, view: &dyn View) -> Result<Rebuilt, RebuildError> {
    let (sender, mut progress) = watch::channel(Progress::default());
    let bar = bar(view.name());
    let showing = {
        let bar = bar.clone();
        async move {
            while progress.changed().await.is_ok() {
                let Progress { phase, done, total } = *progress.borrow_and_update();
                bar.set_message(match phase {
                    Phase::Fill => "events",
                    Phase::Switch => "values",
                });
                bar.set_length(total.max(done));
                bar.set_position(done);
            }
        }
    };
    let rebuilding = async {
        let rebuilt = view.rebuild(connection, &sender).await;
        drop(sender);
        rebuilt
    };
    let (rebuilt, ()) = tokio::join!(rebuilding, showing);
    bar.finish_and_clear();
    rebuilt
}

async fn print_events(
    connection: &Connection,
    stream: &str,
    selection: &Selection,
    after: u64,
) -> Operated {
    /// Nobody reads on, or writing failed.
    enum End {
        Gone,
        Failed(OperateError),
    }
    let print = async |message: &jetstream_es::StoredMessage| {
        let event = String::from_utf8_lossy(&message.payload);
        match print_line(&event) {
            Ok(Reader::Reads) => Ok(()),
            Ok(Reader::Gone) => Err(End::Gone),
            Err(error) => Err(End::Failed(error)),
        }
    };
    let (progress, _) = watch::channel(Replayed::default());
    match replay::replay(connection, stream, selection, after, &progress, print).await {
        Ok(done) => {
            tracing::info!("{} of {} events", done.handled, done.read);
            Ok(ExitCode::SUCCESS)
        }
        Err(ReplayError::Handler {
            source: End::Gone, ..
        }) => Ok(ExitCode::SUCCESS),
        Err(ReplayError::Handler {
            source: End::Failed(error),
            ..
        }) => Err(error),
        Err(ReplayError::Read(error)) => Err(OperateError::nats(error)),
    }
}

/// A bar on standard error if somebody looks at it.
fn bar(name: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{prefix:>14} [{wide_bar}] {human_pos}/{human_len} {msg}");
    let bar =
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_prefix(name);
    match style {
        Ok(style) => bar.with_style(style),
        // The look of the bar is no reason not to work.
        Err(_) => bar,
    }
}

impl Line {
    fn of(view: &'static str, rebuilt: Rebuilt, took: Duration) -> Self {
        let Rebuilt {
            events,
            unreadable,
            values,
            written,
            deleted,
        } = rebuilt;
        Self {
            view,
            events,
            unreadable,
            values,
            written,
            deleted,
            seconds: took.as_secs_f64(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            view,
            events,
            unreadable,
            values,
            written,
            deleted,
            seconds,
        } = self;
        write!(
            f,
            "{view:<14} {values} values from {events} events in {seconds:.1} s: {written} written, {deleted} deleted"
        )?;
        if *unreadable > 0 {
            write!(f, ", {unreadable} events not understood")?;
        }
        Ok(())
    }
}

fn time(text: &str) -> Result<SystemTime, String> {
    let time: shared::Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    Ok(crate::clock::system_time(time))
}
