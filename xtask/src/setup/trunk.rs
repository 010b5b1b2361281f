//! trunk builds and serves the SPA.

use super::{Wanted, cargo_install, ensure as ensure_program};
use crate::{Context, error::Error, version::Version};

/// 0.22 wants a newer rustc than rust-toolchain.toml names.
const PINNED: &str = "0.21.14";

pub(super) async fn ensure(context: &Context) -> Result<(), Error> {
    let wanted = Wanted {
        program: "trunk",
        what: &format!("trunk {PINNED}"),
        why: "builds and serves the SPA; `cargo install` compiles it, once, in about five minutes",
        accepts: &accepts,
    };
    let install = async || {
        cargo_install::install(context, "trunk", PINNED, cargo_install::Lock::ItsOwn).await
    };
    ensure_program(context, wanted, install).await.map(drop)
}

/// Trunk.toml asks for the same.
fn accepts(version: Version) -> bool {
    version >= Version(0, 21, 14) && version < Version(0, 22, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_accepted_and_the_next_series_is_not() {
        assert!(accepts(Version::parse(PINNED).expect("a version")));
        assert!(!accepts(Version(0, 22, 0)));
        assert!(!accepts(Version(0, 21, 13)));
    }
}
