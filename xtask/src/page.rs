//! Builds the optimised SPA into the target folder, where it does not disturb what `trunk serve` keeps in `dist/`.

use crate::{Context, console, error::Error, setup};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The folder with the optimised and precompressed SPA. The tools of [`setup::for_the_page`] have to be there.
pub(crate) async fn build(context: &Context) -> Result<PathBuf, Error> {
    let folder = context.workspace.target("spa");
    let mut build = trunk(context);
    build
        .args(["build", "--release", "--dist"])
        .arg(&folder)
        // Standard output belongs to the command's results; trunk tells there how it gets on.
        .stdout(std::io::stderr());
    context.family.run(&mut build).await?;

    precompress(context, &folder).await?;
    Ok(folder)
}

/// Writes the brotli form of each file in the folder beside it.
pub(crate) async fn precompress(context: &Context, folder: &Path) -> Result<(), Error> {
    let node = setup::node(context)?;
    let mut precompress = context.workspace.command(node);
    precompress
        .arg(context.workspace.path("xtask/tools/precompress.mjs"))
        .arg(folder);
    context.family.run(&mut precompress).await
}

/// A call of trunk, which takes NO_COLOR for an option of its own and fails when it is 1.
pub(crate) fn trunk(context: &Context) -> Command {
    let colour = if console::colour_on_stdout() {
        "always"
    } else {
        "never"
    };
    let mut trunk = context.workspace.command("trunk");
    trunk.env_remove("NO_COLOR").args(["--color", colour]);
    trunk
}
