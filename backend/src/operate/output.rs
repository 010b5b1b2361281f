//! Text for people, or a JSON object a line for programs.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use clap::Args;
use serde::Serialize;

use super::OperateError;

/// How results are written to standard output.
#[derive(Debug, Clone, Copy, Args)]
pub struct Output {
    /// Print a JSON object a line instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Reads,
    /// The other end of the pipe is closed, as `head` does: enough has been printed.
    Gone,
}

impl Output {
    /// Prints one result.
    ///
    /// # Errors
    /// When it cannot be written, for another reason than that nobody reads on.
    pub fn print<T: Serialize + Display>(self, item: &T) -> Result<Reader, OperateError> {
        if self.json {
            print_line(&serde_json::to_string(item)?)
        } else {
            print_line(&item.to_string())
        }
    }
}

/// Prints a line, which is there at once for whoever reads.
///
/// # Errors
/// When it cannot be written, for another reason than that nobody reads on.
pub(super) fn print_line(line: &str) -> Result<Reader, OperateError> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Reads),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error.into()),
    }
}
