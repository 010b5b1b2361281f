//! The NATS client for JavaScript, esbuild, which makes one file for a browser of it, and the tools of the standards that
//! `contracts/` is held against.
//!
//! It lies beside the programs that import it, in `tests/peers/`, because that is where Node.js looks for it.

use super::{first_on_path, lock_tools};
use crate::{Context, console, error::Error};
use std::{
    fs,
    path::{Path, PathBuf},
};

const LOCK: &str = "package-lock.json";

/// The folder with the programs, once what they import is there in the versions that the lock file names.
pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let folder = context.workspace.path("tests/peers");
    if is_installed(&folder) {
        return Ok(folder);
    }
    let _lock = lock_tools(context).await?;
    // Whoever held the lock may have installed it.
    if !is_installed(&folder) {
        install(context, &folder).await?;
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
    context.family.watch(&mut command, |_| {}).await?;
    // The last step, so that an interrupted installation does not count.
    let stamp = stamp(folder);
    fs::copy(folder.join(LOCK), &stamp)
        .map_err(|source| Error::io(format!("write {}", stamp.display()), source))?;
    console::say("the peers on Node.js are installed");
    Ok(())
}

/// Whether what is there was installed from the lock file as it is now.
fn is_installed(folder: &Path) -> bool {
    let wanted = fs::read(folder.join(LOCK));
    let installed = fs::read(stamp(folder));
    matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
}

fn stamp(folder: &Path) -> PathBuf {
    folder.join("node_modules/.installed-from.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_from_another_lock_file_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        fs::create_dir(folder.join("node_modules")).expect("a folder");
        fs::write(folder.join(LOCK), "new").expect("a lock file");
        assert!(!is_installed(folder), "nothing is installed");
        fs::write(stamp(folder), "old").expect("a stamp");
        assert!(!is_installed(folder), "something else is installed");
        fs::write(stamp(folder), "new").expect("a stamp");
        assert!(is_installed(folder));
    }
}
