//! The NATS client for JavaScript, SolidJS with its compiler, esbuild, which makes one file for a browser of them, and the tools of
//! the standards that `contracts/` is held against.
//!
//! It lies beside the programs that import it, in `tests/peers/`, because that is where Node.js looks for it.

use super::{first_on_path, lock_tools, stamp::Stamp};
use crate::{Context, console, error::Error};
use std::path::{Path, PathBuf};

/// The folder with the programs, once what they import is there in the versions that the lock file names.
pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let folder = context.workspace.path("tests/peers");
    let stamp = Stamp::new(
        folder.join("package-lock.json"),
        &folder.join("node_modules"),
    );
    if stamp.is_current() {
        return Ok(folder);
    }
    let _lock = lock_tools(context).await?;
    // Whoever held the lock may have installed it.
    if !stamp.is_current() {
        install(context, &folder).await?;
        stamp.set()?;
        console::say("the peers on Node.js are installed");
    }
    Ok(folder)
}

async fn install(context: &Context, folder: &Path) -> Result<(), Error> {
    let Some(npm) = first_on_path(context, &["npm"]) else {
        return Err(Error::Missing {
            what: "npm is not on PATH, and the NATS client for JavaScript comes from there".into(),
            remedy: "install Node.js 20 or newer, which brings npm".into(),
        });
    };
    console::say(
        "the peers on Node.js are missing; they are what is compared with, and what talks with the hotel; npm installs them",
    );
    let mut command = context.workspace.command(npm);
    command
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--no-update-notifier")
        .current_dir(folder);
    context.family.watch(&mut command, |_| {}).await
}
