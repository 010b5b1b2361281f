//! wasm-opt, which makes the release SPA small. What distributions and crates.io carry is too old for the features of
//! WebAssembly that this rustc uses; the npm package `binaryen` is not.

use super::{NewFolder, Wanted, ensure as ensure_program, first_on_path};
use crate::{Context, console, error::Error, version::Version};
use std::{fs, path::Path};

/// The oldest that is known to work with this rustc's output.
const OLDEST: Version = Version(132, 0, 0);

pub(super) async fn ensure(context: &Context) -> Result<(), Error> {
    let wanted = Wanted {
        program: "wasm-opt",
        what: &format!("wasm-opt {}", OLDEST.0),
        why: "makes the release SPA small; npm installs the package binaryen",
        accepts: &|version| version >= OLDEST,
    };
    let install = async || install(context).await;
    ensure_program(context, wanted, install).await.map(drop)
}

async fn install(context: &Context) -> Result<(), Error> {
    let Some(npm) = first_on_path(context, &["npm"]) else {
        return Err(Error::Missing {
            what: "npm is not on PATH, and wasm-opt comes from there".into(),
            remedy: "install Node.js 20 or newer, or put wasm-opt 132 or newer on PATH".into(),
        });
    };
    let folder = NewFolder::begin(context, "wasm-opt")?;
    for file in ["package.json", "package-lock.json"] {
        let from = context.workspace.path("xtask/tools/wasm-opt").join(file);
        fs::copy(&from, folder.path().join(file))
            .map_err(|source| Error::io(format!("copy {}", from.display()), source))?;
    }
    let mut command = context.workspace.command(npm);
    command
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--no-update-notifier")
        .current_dir(folder.path());
    context.family.watch(&mut command, |_| {}).await?;
    folder.complete(context, "node_modules/binaryen/bin/wasm-opt")?;
    console::say("wasm-opt is installed");
    Ok(())
}

/// The version of a wasm-opt that lies in its npm package, without the third of a second that Node.js takes to start it.
pub(super) fn version_of_npm_package(program: &Path) -> Option<Version> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        name: String,
        version: String,
    }
    let real = program.canonicalize().ok()?;
    let manifest = fs::read(real.parent()?.parent()?.join("package.json")).ok()?;
    let manifest: Manifest = serde_json::from_slice(&manifest).ok()?;
    (manifest.name == "binaryen").then(|| Version::parse(&manifest.version))?
}
