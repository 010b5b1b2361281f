//! `vacancy command`: asks the hotel for something, by flags, and tells what became of it.
//!
//! ```text
//! flags    the flags of a command, made from the JSON Schema of its data
//! told     what became of a command, for people and for programs
//! ```

mod flags;
mod told;

use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use serde_json::Value;
use serde_json::value::RawValue;
use shared::cloud_event::MessageId;
use shared::outcome::Refusal;

use super::order::{self, Asked, How};
use super::{OperateError, Operated, Output, REFUSED, WRONG, connect};
use crate::cli::NatsOptions;
use crate::commands::catalogue::{self, CATALOGUE, Entry, Wish};
use crate::invalid;
use flags::{DATA, Flags, HEADING};
use told::Told;

#[derive(Debug, Args)]
pub struct CommandOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    #[command(subcommand)]
    pub order: Order,
}

/// A command with its data, as the command line says it.
#[derive(Debug)]
pub struct Order {
    entry: &'static Entry,
    data: Data,
    how: How,
}

/// Where the data of a command is.
#[derive(Debug, PartialEq)]
enum Data {
    /// In flags.
    Flags(Value),
    /// In `--data`.
    Text(String),
    /// In the standard input.
    Input,
}

impl Order {
    /// The command with this name and data.
    pub(super) fn of(name: &str, data: Value, how: How) -> Result<Self, OperateError> {
        let no_such = || OperateError::input("the command", format!("there is no {name}"));
        let entry = catalogue::find(name).ok_or_else(no_such)?;
        let data = Data::Flags(data);
        Ok(Self { entry, data, how })
    }
}

impl Subcommand for Order {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(CATALOGUE.iter().map(subcommand))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        catalogue::find(name).is_some()
    }
}

fn subcommand(entry: &Entry) -> Command {
    let flags = Flags::of(entry);
    let data = Arg::new(DATA)
        .long(DATA)
        .value_name("JSON")
        .help_heading(HEADING)
        .help("All of its data as JSON; - reads it from the standard input");
    let command = Command::new(entry.name)
        .about(flags.about.clone())
        .override_usage(flags.usage(entry.name))
        .args(flags.args());
    How::augment_args(command.arg(data))
}

impl FromArgMatches for Order {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let entry = catalogue::find(name).ok_or_else(missing)?;
        let data = match matches.get_one::<String>(DATA) {
            None => Data::Flags(Flags::of(entry).data(matches)),
            Some(text) if text == "-" => Data::Input,
            Some(text) => Data::Text(text.clone()),
        };
        let how = How::from_arg_matches(matches)?;
        Ok(Self { entry, data, how })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Sends the command, and waits for its outcome if that is asked for.
///
/// # Errors
/// When the standard input cannot be read, or the command is not known to be safe.
pub async fn command(options: CommandOptions) -> Operated {
    let Order { entry, data, how } = options.order;
    let id = how.id()?;
    let text = match data {
        Data::Flags(data) => data.to_string(),
        Data::Text(text) => text,
        Data::Input => io::read_to_string(io::stdin())
            .map_err(|error| OperateError::input("the standard input", error))?,
    };
    let wish = match understood(entry, &id, &text) {
        Ok(wish) => wish,
        Err(refusal) => {
            tracing::error!("{}", correction(entry, &refusal));
            return Ok(ExitCode::from(WRONG));
        }
    };
    // As this version writes it, with what was left out, so that it can be compared when it comes again.
    let event = order::event(entry, id.clone(), wish.data()?);
    let connection = connect(&options.nats, "command").await?;
    let wait = how.wait();
    let name = order::token(entry.name)?;
    let outcome = match how.ask(&connection, &name, &event, wait).await? {
        Asked::Answered(outcome) => outcome,
        Asked::Reused(error) => {
            tracing::error!("{error}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let code = match wait {
        Some(_) => order::exit_code(outcome.as_ref()),
        None => ExitCode::SUCCESS,
    };
    options.output.print(&Told::new(entry, id, outcome, wait))?;
    Ok(code)
}

/// Reads the command as the hotel will, which says the same of it as every other edge.
fn understood(entry: &Entry, id: &MessageId, data: &str) -> Result<Wish, Refusal> {
    let whole = |error| invalid::refusal("", format!("this is not JSON: {error}"));
    let data: &RawValue = serde_json::from_str(data).map_err(whole)?;
    let payload = serde_json::to_vec(&order::event(entry, id.clone(), data)).map_err(whole)?;
    Ok((entry.read)(&payload)?.wish)
}

/// What is wrong with the data, where, and how it is said.
fn correction(entry: &Entry, refusal: &Refusal) -> String {
    let Refusal { message, field, .. } = refusal;
    let help = format!("`vacancy command {} --help` has all flags", entry.name);
    let Some(field) = field else {
        return format!("{message}; {help}");
    };
    match Flags::of(entry).at(field) {
        Some(flag) => format!("{field}: {message}; it is said by {flag}, and {help}"),
        None => format!("{field}: {message}; {help}"),
    }
}

#[cfg(test)]
mod tests;
