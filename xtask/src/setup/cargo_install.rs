//! `cargo install` of the tools that are crates, and how far it is.

use super::remove_if_there;
use crate::{
    Context,
    console::{self, Progress},
    error::Error,
};

/// Which versions of its dependencies an installed crate is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// Those it was published with.
    ItsOwn,
    /// The newest that fit.
    None,
}

/// Compiles a crate's programs into `.tools/bin`. Cargo moves them there when they are complete, and what it has
/// compiled is kept until then, so an interrupted installation goes on where it was.
pub(super) async fn install(
    context: &Context,
    name: &'static str,
    version: &str,
    lock: Lock,
) -> Result<(), Error> {
    let build = context.workspace.target("tools");
    let mut command = context.workspace.cargo();
    command
        // --force: what cargo remembers to have installed may have been deleted or replaced since.
        .args([
            "install",
            "--force",
            "--version",
            &format!("={version}"),
            name,
        ])
        .arg("--root")
        .arg(context.workspace.tools())
        .arg("--target-dir")
        .arg(&build)
        // What they gain by being optimised across crates is not worth the minutes, on one core, that it takes.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        // Cargo counts its crates only in its progress bar, and shows it into a pipe only when told how wide it is.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    if lock == Lock::ItsOwn {
        command.arg("--locked");
    }
    let mut progress = Progress::new(name);
    let result = context.family.watch(&mut command, |line| {
        if let Some((done, all)) = progress_in(line) {
            progress.at(done, all);
        }
    });
    let result = result.await;
    progress.clear();
    result?;
    remove_if_there(&build)?;
    console::say(&format!("{name} {version} is installed"));
    Ok(())
}

/// `Building [====>    ] 12/345: libc, syn` says 12 of 345. Other lines say nothing.
fn progress_in(line: &str) -> Option<(usize, usize)> {
    let (_, bar) = line.split_once("Building")?;
    let (_, counts) = bar.split_once("] ")?;
    let (done, rest) = counts.split_once('/')?;
    let all = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((done.trim().parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::progress_in;

    #[test]
    fn the_progress_bar_is_understood() {
        let bar = "    Building [=======>                 ] 45/213: serde_core, libc";
        assert_eq!(progress_in(bar), Some((45, 213)));
        let coloured = "\u{1b}[1m\u{1b}[36m    Building\u{1b}[0m [>    ]   1/9: cc";
        assert_eq!(progress_in(coloured), Some((1, 9)));
    }

    #[test]
    fn other_lines_are_not_taken_for_it() {
        for line in [
            "",
            "   Compiling syn v3.0.9",
            "Building",
            "    Building [==] x/y",
        ] {
            assert_eq!(progress_in(line), None, "{line}");
        }
    }
}
