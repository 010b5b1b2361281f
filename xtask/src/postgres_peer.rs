//! cqrs-es on PostgreSQL, beside which `bench commands` measures. It is a workspace of its own with its own lock file,
//! because nothing else here needs an SQL client.

use crate::{Context, error::Error};
use std::path::PathBuf;
use tokio::process::Command;

pub(crate) const MANIFEST: &str = "tests/peers/postgres/Cargo.toml";

/// The program, built.
pub(crate) async fn build(context: &Context) -> Result<PathBuf, Error> {
    let mut build = compile(context, "build");
    build.arg("--release");
    context.family.run(&mut build).await?;
    Ok(folder(context).join("release/vacancy-postgres-peer"))
}

/// A call of cargo that compiles it, into a folder of its own, so that it does not wait for the others' builds.
pub(crate) fn compile(context: &Context, command: &str) -> Command {
    let mut cargo = cargo(context, command);
    cargo
        .args(["--locked", "--target-dir"])
        .arg(folder(context));
    cargo
}

/// A call of cargo about it.
pub(crate) fn cargo(context: &Context, command: &str) -> Command {
    let mut cargo = context.workspace.cargo();
    cargo.args([command, "--manifest-path", MANIFEST]);
    cargo
}

fn folder(context: &Context) -> PathBuf {
    context.workspace.target("postgres-peer")
}
