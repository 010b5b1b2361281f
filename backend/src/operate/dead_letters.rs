//! `vacancy dlq`: what could not be worked on, and what is to become of it.

use std::fmt;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jetstream_es::dead_letters::{DeadLetterError, LetterName};
use jetstream_es::{DeadLetter, DeadLetters};
use serde::Serialize;
use serde_json::Value;
use shared::text::Token;

use super::output::Reader;
use super::{OperateError, Operated, Output, REFUSED, connect};
use crate::cli::NatsOptions;

#[derive(Debug, Args)]
pub struct DeadLetterOptions {
    #[command(subcommand)]
    pub task: Task,
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    /// Who asks. It is written into the letter.
    #[arg(long, global = true, default_value = "cli", value_name = "USER")]
    pub user: Token,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// The letters that wait for somebody, or for one before them.
    List {
        /// Only those of this consumer.
        #[arg(long, value_name = "NAME")]
        consumer: Option<String>,
        /// Also those that have ended within the last 14 days.
        #[arg(long)]
        all: bool,
    },
    /// A letter with all that is known of it, and its message.
    Show { letter: LetterName },
    /// Ask its consumer to try again. What waits behind it follows when that succeeds.
    Retry {
        #[arg(required = true)]
        letters: Vec<LetterName>,
    },
    /// Give a message up. What waits behind it is worked on next.
    Discard {
        #[arg(required = true)]
        letters: Vec<LetterName>,
    },
}

/// A letter as a line.
#[derive(Serialize)]
struct Line<'a> {
    name: String,
    #[serde(flatten)]
    letter: &'a DeadLetter,
}

/// A letter with its message.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    /// What it is about, as JSON if it is that, else as text; missing if its stream has forgotten it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
}

/// Lists, shows and changes dead letters.
///
/// # Errors
/// When the server is away or refuses.
pub async fn dead_letters(options: DeadLetterOptions) -> Operated {
    let connection = connect(&options.nats, "dlq").await?;
    let letters = DeadLetters::new(&connection);
    let (output, by) = (options.output, options.user.as_str());
    let done = match &options.task {
        Task::List { consumer, all } => list(&letters, output, consumer.as_deref(), *all).await,
        Task::Show { letter } => show(&letters, output, letter).await,
        Task::Retry { letters: names } => {
            let retried = async |name: &LetterName| letters.retry(name, by).await;
            change(output, names, retried).await
        }
        Task::Discard { letters: names } => {
            let discarded = async |name: &LetterName| letters.discard(name, by).await;
            change(output, names, discarded).await
        }
    };
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Undone::Letter(error)) if is_refusal(&error) => {
            tracing::error!("{error}");
            Ok(ExitCode::from(REFUSED))
        }
        Err(Undone::Letter(error)) => Err(OperateError::nats(error)),
        Err(Undone::Output(error)) => Err(error),
    }
}

/// Why a task was not done.
enum Undone {
    Letter(DeadLetterError),
    Output(OperateError),
}

impl From<DeadLetterError> for Undone {
    fn from(error: DeadLetterError) -> Self {
        Self::Letter(error)
    }
}

impl From<OperateError> for Undone {
    fn from(error: OperateError) -> Self {
        Self::Output(error)
    }
}

/// Whether the letter is not there, or not in a state in which this can be done.
fn is_refusal(error: &DeadLetterError) -> bool {
    matches!(
        error,
        DeadLetterError::Unknown(_)
            | DeadLetterError::State { .. }
            | DeadLetterError::Waits { .. }
            | DeadLetterError::Changed(_)
    )
}

async fn list(
    letters: &DeadLetters,
    output: Output,
    consumer: Option<&str>,
    all: bool,
) -> Result<(), Undone> {
    for filed in letters.list(consumer).await? {
        let ended = filed.letter.state.is_end();
        if (all || !ended) && output.print(&Line::of(&filed.letter))? == Reader::Gone {
            break;
        }
    }
    Ok(())
}

async fn show(letters: &DeadLetters, output: Output, name: &LetterName) -> Result<(), Undone> {
    let letter = letters.show(name).await?.letter;
    let message = letters.message(&letter).await?;
    let message = message.map(|message| {
        let json = serde_json::from_slice(&message.payload);
        json.unwrap_or_else(|_| String::from_utf8_lossy(&message.payload).into())
    });
    let line = Line::of(&letter);
    output.print(&Whole { line, message })?;
    Ok(())
}

async fn change(
    output: Output,
    names: &[LetterName],
    change: impl AsyncFn(&LetterName) -> Result<DeadLetter, DeadLetterError>,
) -> Result<(), Undone> {
    for name in names {
        let letter = change(name).await?;
        output.print(&Line::of(&letter))?;
    }
    Ok(())
}

impl<'a> Line<'a> {
    fn of(letter: &'a DeadLetter) -> Self {
        let name = letter.name().to_string();
        Self { name, letter }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = self.letter;
        write!(f, "{}  {}", self.name, letter.state)?;
        if let Some(event_type) = &letter.event_type {
            write!(f, "  {event_type}")?;
        }
        match letter.attempts.last() {
            Some(last) => write!(
                f,
                "  after {}: {}",
                attempts(letter.attempts.len()),
                last.error
            ),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = self.line.letter;
        writeln!(f, "{}  {}", self.line.name, letter.state)?;
        let pointer = &letter.pointer;
        writeln!(
            f,
            "    message {} of {}, on {}",
            pointer.sequence, pointer.stream, pointer.subject
        )?;
        for attempt in &letter.attempts {
            writeln!(f, "    {}  {}", time(attempt.time), attempt.error)?;
        }
        for change in &letter.changes {
            writeln!(
                f,
                "    {}  {} by {}",
                time(change.time),
                change.state,
                change.by
            )?;
        }
        match &self.message {
            Some(message) => write!(f, "    {message}"),
            None => write!(f, "    its stream has forgotten the message"),
        }
    }
}

fn attempts(count: usize) -> String {
    match count {
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    }
}

fn time(time: std::time::SystemTime) -> shared::Timestamp {
    crate::clock::timestamp(time)
}
