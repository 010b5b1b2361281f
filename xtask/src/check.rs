//! `cargo xtask check`: formatting, lints and documentation, natively and for the browser, and which crates there are.

use crate::{
    Context, error::Error, postgres_peer, setup, steps::Steps, workspace::BROWSER_PACKAGES,
};
use tokio::process::Command;

/// What `nats-wsclient` is compiled with besides its default, which is everything.
const FEATURES_OF_THE_CLIENT: [(&str, &str); 4] = [
    ("lints, wasm, the client's core alone", ""),
    ("lints, wasm, the client with jetstream", "jetstream"),
    ("lints, wasm, the client with kv", "kv"),
    ("lints, wasm, the client with nkeys", "nkeys"),
];

/// What can be said on the command line.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// Asks RustSec, too, whether there are advisories about any crate. That needs the network, and time may change the answer.
    #[arg(long)]
    advisories: bool,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    setup::wasm_target(context).await?;
    let cargo_deny = setup::cargo_deny(context).await?;
    let cargo = || context.workspace.cargo();
    let mut steps = Steps::begin();

    let mut command = cargo();
    command.args(["fmt", "--all", "--check"]);
    steps
        .take("formatting", context.family.run(&mut command))
        .await;

    let mut command = postgres_peer::cargo(context, "fmt");
    command.arg("--check");
    steps
        .take(
            "formatting, the peer on PostgreSQL",
            context.family.run(&mut command),
        )
        .await;

    let mut command = context.workspace.command(&cargo_deny);
    command.args(["--locked", "check", "bans", "licenses", "sources"]);
    steps.take("crates", context.family.run(&mut command)).await;

    // It is distributed to nobody, so its licences are nobody's business.
    let mut command = context.workspace.command(&cargo_deny);
    command
        .args(["--locked", "--manifest-path", postgres_peer::MANIFEST])
        .args(["check", "bans", "sources"]);
    steps
        .take(
            "crates, the peer on PostgreSQL",
            context.family.run(&mut command),
        )
        .await;

    if options.advisories {
        let mut command = context.workspace.command(&cargo_deny);
        command.args(["--locked", "check", "advisories"]);
        steps
            .take("advisories", context.family.run(&mut command))
            .await;
    }

    let mut command = cargo();
    native(command.arg("clippy")).args(["--keep-going", "--all-targets", "--", "-D", "warnings"]);
    steps
        .take("lints, native", context.family.run(&mut command))
        .await;

    let mut command = postgres_peer::compile(context, "clippy");
    command.args(["--", "-D", "warnings"]);
    steps
        .take(
            "lints, the peer on PostgreSQL",
            context.family.run(&mut command),
        )
        .await;

    let mut command = cargo();
    for_browser(command.arg("clippy"));
    for test in context.workspace.browser_tests()? {
        command.args(["--test", &test.name]);
    }
    command.args(["--keep-going", "--lib", "--bins", "--", "-D", "warnings"]);
    steps
        .take("lints, wasm", context.family.run(&mut command))
        .await;

    for (step, features) in FEATURES_OF_THE_CLIENT {
        let mut command = cargo();
        command
            .args(["clippy", "--package", "nats-wsclient", "--lib"])
            .args(["--target", "wasm32-unknown-unknown"])
            .args(["--no-default-features", "--features", features])
            .args(["--", "-D", "warnings"]);
        steps.take(step, context.family.run(&mut command)).await;
    }

    let mut command = cargo();
    native(command.arg("doc"));
    // Natively half of these is not there, and links to it would be broken.
    for package in BROWSER_PACKAGES {
        command.args(["--exclude", package]);
    }
    documentation(&mut command);
    steps
        .take("documentation, native", context.family.run(&mut command))
        .await;

    let mut command = cargo();
    documentation(for_browser(command.arg("doc")));
    steps
        .take("documentation, wasm", context.family.run(&mut command))
        .await;

    steps.print();
    steps.finish()
}

/// Everything, compiled for this machine; of what is for the browser that is the part that can be. One selection of
/// packages in `check` and `test`, so that cargo decides the same on every crate's features and compiles nothing twice.
pub(crate) fn native(command: &mut Command) -> &mut Command {
    // Without its feature a test is not found, and its absence would be an error.
    command.args(["--workspace", "--features", "shared/schema"])
}

/// Everything that is compiled for the browser.
fn for_browser(command: &mut Command) -> &mut Command {
    for package in BROWSER_PACKAGES {
        command.args(["--package", package]);
    }
    command.args(["--target", "wasm32-unknown-unknown"])
}

fn documentation(command: &mut Command) -> &mut Command {
    command
        .args(["--no-deps", "--keep-going"])
        .env("RUSTDOCFLAGS", "-D warnings")
}
