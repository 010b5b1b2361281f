//! `cargo xtask contracts`: writes what other programs need to know into `contracts/`.
//!
//! The backend makes the documents, from the types that it reads and writes with, so this crate needs none of them.

use crate::{Context, error::Error};

pub(crate) async fn run(context: &Context) -> Result<(), Error> {
    let mut command = context.workspace.cargo();
    command
        .args(["run", "--quiet", "--package", "vacancy", "--", "contracts"])
        .arg(context.workspace.path("contracts"));
    context.family.run(&mut command).await
}
