//! The wasm-bindgen command line and its test runner. Their version has to be exactly that of the crate in Cargo.lock:
//! the two agree on a format that changes from release to release.

use super::{Wanted, cargo_install, ensure as ensure_program, lockfile};
use crate::{Context, error::Error, version::Version};

const CRATE: &str = "wasm-bindgen";

pub(super) async fn ensure(context: &Context) -> Result<(), Error> {
    let locked = lockfile::version_of(context, CRATE)?;
    let version = Version::parse(&locked).ok_or_else(|| Error::Malformed {
        what: "Cargo.lock".into(),
        why: format!("{locked} of {CRATE} is no version"),
    })?;
    let install = async || {
        // Its own lock file names crates that are older than the compiler that has to compile them.
        cargo_install::install(
            context,
            "wasm-bindgen-cli",
            &locked,
            cargo_install::Lock::None,
        )
        .await
    };
    for program in ["wasm-bindgen", "wasm-bindgen-test-runner"] {
        let wanted = Wanted {
            program,
            what: &format!("{program} {locked}, as in Cargo.lock,"),
            why: "joins wasm to JavaScript; `cargo install` compiles it, once, in about two minutes",
            accepts: &|found| found == version,
        };
        ensure_program(context, wanted, &install).await?;
    }
    Ok(())
}
