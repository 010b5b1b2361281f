//! Builds the pages that measure nats-wsclient: with the SPA's profile and the SPA's tools.

use crate::{Context, error::Error, page, setup};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The page that is built with one feature after the other, to see what each adds.
const SIZE: &str = "vacancy-size-page";
const FEATURES: [(&str, &str); 6] = [
    ("empty", ""),
    ("core", "core"),
    ("core+nkeys", "nkeys"),
    ("core+jetstream", "jetstream"),
    ("core+jetstream+kv", "kv"),
    ("everything", "all"),
];

/// The folder with the page for the measurements in `client/`, and `size/<features>/` with each page that is measured
/// itself. The tools of [`setup::for_the_page`] have to be there.
pub(crate) async fn build(context: &Context) -> Result<PathBuf, Error> {
    let folder = context.workspace.target("client-pages");
    let peers = setup::peers(context).await?;
    let client = folder.join("client");
    wasm(context, "vacancy-client-page", &[], &client).await?;
    script(context, &peers, &client).await?;
    for (name, features) in FEATURES {
        let arguments = ["--no-default-features", "--features", features];
        wasm(context, SIZE, &arguments, &folder.join("size").join(name)).await?;
    }
    page::precompress(context, &folder).await?;
    Ok(folder)
}

/// Compiles a package, and leaves `client.js` and `client_bg.wasm` in the folder.
async fn wasm(
    context: &Context,
    package: &str,
    arguments: &[&str],
    folder: &Path,
) -> Result<(), Error> {
    const TARGET: &str = "wasm32-unknown-unknown";
    const PROFILE: &str = "wasm-release";

    let mut build = context.workspace.cargo();
    build
        .args(["build", "--lib", "--target", TARGET, "--profile", PROFILE])
        .args(["--package", package])
        .args(arguments);
    context.family.run(&mut build).await?;

    let name = package.replace('-', "_");
    let compiled = format!("{TARGET}/{PROFILE}/{name}.wasm");
    let mut bind = context.workspace.command("wasm-bindgen");
    bind.args(["--target", "web", "--no-typescript", "--out-name", "client"])
        .arg("--out-dir")
        .arg(folder)
        .arg(context.workspace.target(compiled));
    context.family.run(&mut bind).await?;

    let wasm = folder.join("client_bg.wasm");
    let mut optimise = context.workspace.command("wasm-opt");
    // As trunk does for the SPA.
    optimise.arg("-Oz").arg(&wasm).arg("--output").arg(&wasm);
    context.family.run(&mut optimise).await
}

/// Joins the scripts of the page, and the NATS client for JavaScript, into `page.js`.
async fn script(context: &Context, peers: &Path, folder: &Path) -> Result<(), Error> {
    let mut bundle = context
        .workspace
        .command(peers.join("node_modules/.bin/esbuild"));
    bundle
        .arg(peers.join("bench/page.js"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args(["--external:./client.js", "--log-level=warning"])
        .arg(format!("--outfile={}", folder.join("page.js").display()));
    context.family.run(&mut bundle).await?;
    let html = peers.join("bench/index.html");
    fs::copy(&html, folder.join("index.html"))
        .map(drop)
        .map_err(|source| Error::io(format!("copy {}", html.display()), source))
}
