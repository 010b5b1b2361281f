//! Schemathesis, which makes requests from an OpenAPI document and looks at the responses.
//!
//! It is installed into a virtual environment of its own, `.tools/schemathesis`, with all that it needs in the versions, and with
//! the hashes, that the requirements file names.

use super::{first_on_path, lock_tools, remove_if_there, stamp::Stamp};
use crate::{Context, console, error::Error};
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = "xtask/tools/schemathesis/requirements.txt";

/// The program, once it is there in the version that the requirements file names.
pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let folder = context.workspace.tools().join("schemathesis");
    let requirements = context.workspace.path(REQUIREMENTS);
    let stamp = Stamp::new(requirements.clone(), &folder);
    if !stamp.is_current() {
        let _lock = lock_tools(context).await?;
        // Whoever held the lock may have installed it.
        if !stamp.is_current() {
            install(context, &folder, &requirements).await?;
            stamp.set()?;
            console::say("Schemathesis is installed");
        }
    }
    Ok(folder.join("bin/schemathesis"))
}

async fn install(context: &Context, folder: &Path, requirements: &Path) -> Result<(), Error> {
    let Some(python) = first_on_path(context, &["python3", "python"]) else {
        return Err(Error::Missing {
            what: "Python is not on PATH, and Schemathesis is written in it".into(),
            remedy: "install Python 3.11 or newer with pip".into(),
        });
    };
    console::say(
        "Schemathesis is missing; it holds the HTTP adapter against its OpenAPI document; pip installs it, checked by its hashes",
    );
    // Programs of Python name the folder that they were installed to, so it cannot be moved there when it is complete.
    remove_if_there(folder)?;
    // Debian's Python has no pip to put into an environment, but one that can install into it.
    let mut venv = context.workspace.command(&python);
    venv.args(["-m", "venv", "--without-pip"]).arg(folder);
    context.family.watch(&mut venv, |_| {}).await?;
    let mut pip = context.workspace.command(&python);
    pip.args(["-m", "pip", "--python"])
        .arg(folder.join("bin/python"))
        .args(["install", "--no-input", "--disable-pip-version-check"])
        .args(["--no-deps", "--only-binary=:all:", "--require-hashes"])
        .arg("--requirement")
        .arg(requirements);
    context.family.watch(&mut pip, |_| {}).await
}
