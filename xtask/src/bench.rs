//! `cargo xtask bench NAME`: benchmarks on the release backend and the optimised SPA. Standard output is the
//! benchmark's own: one JSON object a line.

use crate::{Context, error::Error, page, setup, test::Environment};

/// What can be said on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which benchmark.
    name: String,
    /// What the benchmark is handed.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    setup::for_the_page(context).await?;
    let nats_server = setup::nats_server(context).await?;
    let browser = setup::browser(context).await?;

    // One call, so that backend and benchmark agree on the features of what they share.
    const PACKAGES: [&str; 5] = ["--release", "-p", "vacancy", "-p", "vacancy-tests"];
    let mut build = context.workspace.cargo();
    build.arg("build").args(PACKAGES).arg("--bins");
    context.family.run(&mut build).await?;
    let page = page::build(context).await?;

    let backend = context.workspace.target("release/vacancy");
    let environment = Environment::new(context, nats_server, backend, page, browser);
    let mut bench = context
        .workspace
        .command(context.workspace.target("release/bench"));
    environment.apply(bench.arg(&options.name).args(&options.args));
    context.family.run(&mut bench).await
}
