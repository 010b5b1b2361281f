//! Builds the folder with the SPA and, beside it, the same board in SolidJS: both come from one server, in the same way.

use crate::{Context, error::Error, page, setup};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder with both. `spa` is that of the SPA.
pub(crate) async fn build(context: &Context, spa: &Path) -> Result<PathBuf, Error> {
    let folder = context.workspace.target("screen-pages");
    copy(spa, &folder)
        .map_err(|source| Error::io(format!("copy the SPA to {}", folder.display()), source))?;
    let (node, peers) = (setup::node(context)?, setup::peers(context).await?);
    let mut build = context.workspace.command(node);
    build
        .arg(peers.join("screen/build.mjs"))
        .arg(context.workspace.path("frontend/style"))
        .arg(&folder);
    context.family.run(&mut build).await?;
    page::precompress(context, &folder).await?;
    Ok(folder)
}

/// Makes the folder anew with the files of another one.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
