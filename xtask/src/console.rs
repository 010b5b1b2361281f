//! What a person sees. A command's results go to standard output; what xtask itself has to say goes to standard
//! error, so that a benchmark's JSON can be piped.
//!
//! An error while writing is ignored on purpose: when the terminal or the pipe is gone, nobody is left to be told.

use crate::error::Error;
use std::{
    io::{IsTerminal, Write},
    sync::LazyLock,
};

/// Colours of the log's names, as ANSI codes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
}

static COLOUR_ON_STDOUT: LazyLock<bool> = LazyLock::new(|| wants_colour(&std::io::stdout()));
static COLOUR_ON_STDERR: LazyLock<bool> = LazyLock::new(|| wants_colour(&std::io::stderr()));

fn wants_colour(stream: &impl IsTerminal) -> bool {
    // https://no-color.org: set and not empty means none.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether results are shown in colour; children whose output is passed on are told the same.
pub(crate) fn colour_on_stdout() -> bool {
    *COLOUR_ON_STDOUT
}

/// The text in a colour, where standard output shows colours.
pub(crate) fn paint(colour: Colour, text: &str) -> String {
    painted(*COLOUR_ON_STDOUT, colour, text)
}

fn painted(on: bool, colour: Colour, text: &str) -> String {
    if on {
        format!("\x1b[{}m{text}\x1b[0m", colour as u8)
    } else {
        text.to_owned()
    }
}

/// A line of a result, on standard output.
pub(crate) fn print(line: &str) {
    _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line of the log that `up` keeps, after the name of who said it.
pub(crate) fn log(name: &str, colour: Colour, line: &str) {
    print(&format!(
        "{} {line}",
        paint(colour, &format!("{name:>7} │"))
    ));
}

/// A line of xtask's own, on standard error.
pub(crate) fn say(text: &str) {
    let name = painted(*COLOUR_ON_STDERR, Colour::Cyan, "  xtask │");
    _ = writeln!(std::io::stderr().lock(), "{name} {text}");
}

/// Why a command failed, what the culprit said last, and what to do.
pub(crate) fn failure(error: &Error) {
    let mut out = std::io::stderr().lock();
    for line in error.last_lines() {
        _ = writeln!(out, "        │ {line}");
    }
    let head = painted(*COLOUR_ON_STDERR, Colour::Red, "error:");
    _ = writeln!(out, "{head} {error}");
    if let Some(remedy) = error.remedy() {
        let head = painted(*COLOUR_ON_STDERR, Colour::Green, " help:");
        _ = writeln!(out, "{head} {remedy}");
    }
}

/// How far a long step is: one line that is written over on a terminal, a line per tenth elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    terminal: bool,
    tenths_said: usize,
}

impl Progress {
    pub(crate) fn new(what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            what,
            terminal,
            tenths_said: 0,
        }
    }

    /// `done` of `all` are done. Both may still grow.
    pub(crate) fn at(&mut self, done: usize, all: usize) {
        let text = format!("{}: {done} of {all} crates", self.what);
        if self.terminal {
            let mut out = std::io::stderr().lock();
            _ = write!(out, "\r\x1b[K        │ {text}");
            _ = out.flush();
            return;
        }
        let tenths = (done * 10).checked_div(all).unwrap_or(0);
        if tenths > self.tenths_said {
            self.tenths_said = tenths;
            say(&text);
        }
    }

    /// Takes the line off the terminal again, before something else is written.
    pub(crate) fn clear(&self) {
        if self.terminal {
            _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_left_out_when_it_is_off() {
        assert_eq!(painted(false, Colour::Red, "nats"), "nats");
        assert_eq!(painted(true, Colour::Red, "nats"), "\x1b[31mnats\x1b[0m");
    }
}
