//! Builds the optimised SPA into the target folder, where it does not disturb what `trunk serve` keeps in `dist/`.

use crate::{Context, console, error::Error, setup};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// How many bytes a browser may have to load, whichever page it shows, everything in brotli where that is smaller. Raise it
/// knowingly: the aim is 120,000 (docs/adr/0035-what-a-page-weighs-at-least.md).
const BUDGET: u64 = 409_000;

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

/// Says what a browser has to load, and fails beyond the [`BUDGET`].
pub(crate) fn weigh(folder: &Path) -> Result<(), Error> {
    let bytes =
        transfer(folder).map_err(|error| Error::io(format!("read {}", folder.display()), error))?;
    console::say(&format!(
        "The SPA is {bytes} bytes to load, of {BUDGET} that it may be."
    ));
    if bytes > BUDGET {
        return Err(Error::TooHeavy {
            bytes,
            budget: BUDGET,
        });
    }
    Ok(())
}

/// The lengths of all files in the folder, of each the brotli form where there is one.
fn transfer(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let mut compressed = path.clone().into_os_string();
        compressed.push(".br");
        // That one is counted in its place.
        if !Path::new(&compressed).exists() {
            bytes += fs::metadata(&path)?.len();
        }
    }
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_weighs_what_its_brotli_form_does() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: usize| {
            fs::write(folder.path().join(name), vec![0; bytes]).unwrap();
        };
        write("board.wasm", 1_000);
        write("board.wasm.br", 300);
        write("favicon.svg", 20);
        assert_eq!(transfer(folder.path()).unwrap(), 320);
    }
}
