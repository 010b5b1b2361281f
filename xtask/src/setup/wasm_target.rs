//! The standard library for wasm32-unknown-unknown. rust-toolchain.toml brings it by itself where rustup is in charge;
//! this is for a toolchain that was chosen in another way.

use super::first_on_path;
use crate::{Context, console, error::Error, family::piped};
use std::path::Path;

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) async fn ensure(context: &Context) -> Result<(), Error> {
    if is_there(context).await? {
        return Ok(());
    }
    let Some(rustup) = first_on_path(context, &["rustup"]) else {
        return Err(Error::Missing {
            what: format!(
                "this Rust toolchain has no standard library for {TARGET}, and rustup is not on PATH"
            ),
            remedy: format!(
                "install rustup, or the package with {TARGET} that goes with your toolchain"
            ),
        });
    };
    console::say(&format!("the target {TARGET} is missing; rustup adds it"));
    let mut command = context.workspace.command(rustup);
    context
        .family
        .run(command.args(["target", "add", TARGET]))
        .await
}

async fn is_there(context: &Context) -> Result<bool, Error> {
    let mut command = context.workspace.command("rustc");
    let output = piped(command.args(["--print=target-libdir", "--target", TARGET]))
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| Error::Start {
            program: "rustc".into(),
            source,
        })?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(folder.trim()).is_dir())
}
