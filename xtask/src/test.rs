//! `cargo xtask test`: every test there is, on the real nats-server, the real backend and a real Chromium.

mod browser_server;
mod environment;
mod suites;
mod tally;

pub(crate) use environment::Environment;

use crate::{Context, console, error::Error, page, setup, steps::Steps};
use tally::Tally;

/// What can be said on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Runs only the tests whose name contains one of these.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    setup::for_the_page(context).await?;
    let nats_server = setup::nats_server(context).await?;
    let browser = setup::browser(context).await?;
    // The other end of the tests of interoperability.
    let node = setup::node(context)?;
    let peers = setup::peers(context).await?;
    let schemathesis = setup::schemathesis(context).await?;

    let mut steps = Steps::begin();
    let mut tally = Tally::default();
    let built = steps
        .take("build backend and tests", suites::build(context))
        .await;
    let page = steps
        .take("build the optimised SPA", page::build(context))
        .await;
    if let Some(page) = &page {
        steps
            .take("weigh the SPA", async { page::weigh(page) })
            .await;
    }
    if let (Some(()), Some(page)) = (built, page) {
        let backend = context.workspace.target("debug/vacancy");
        let environment = Environment::new(context, nats_server, backend, page, browser);
        let environment = environment.with_node(node, peers);
        let environment = environment.with_schemathesis(schemathesis);
        for suite in suites::all(context)? {
            let name = suite.name();
            let run = suite.run(context, &environment, &options.filters, &mut tally);
            steps.take(name, run).await;
        }
    }
    steps.print();
    console::print(&tally.to_string());
    steps.finish()?;
    if tally.ran() == 0 {
        return Err(Error::NoTests {
            filters: options.filters,
        });
    }
    Ok(())
}
