//! `cargo xtask bench NAME`: benchmarks on release builds. Standard output is the benchmark's own: one JSON object a line.

use crate::{
    Context, client_pages, error::Error, page, postgres_peer, screen_pages, setup,
    test::Environment,
};
use tokio::process::Command;

/// What can be said on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which benchmark.
    name: Name,
    /// What the benchmark is handed.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// The hotel: from a click to the bar in another browser; the size of the SPA; the time to the first board.
    Board,
    /// nats-wsclient beside nats.js and a bare WebSocket, in one browser; and what it adds to a page.
    Client,
    /// jetstream-es beside cqrs-es on PostgreSQL 15: commands a second, and how fast a million events become a view.
    Commands,
    /// From a command to its answer, at 1, 100 and 1,000 a second, beside Node.js with JetStream and PostgreSQL 15.
    Answers,
    /// The hotel under load while servers and backends are killed: what is lost, and how soon work goes on.
    Faults,
    /// The front desk beside two thousand guests and those who mean the hotel no good.
    Siege,
    /// The board beside the same board in SolidJS with the NATS client for JavaScript.
    Screen,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    let environment = match options.name {
        Name::Board | Name::Client | Name::Screen => in_a_browser(context, options.name).await?,
        Name::Commands => beside_postgres(context).await?,
        Name::Answers => beside_node(context, options.name).await?,
        Name::Faults | Name::Siege => without_pages(context).await?,
    };
    let mut bench = context
        .workspace
        .command(context.workspace.target("release/bench"));
    let name = match options.name {
        Name::Board => "board",
        Name::Client => "client",
        Name::Commands => "commands",
        Name::Answers => "answers",
        Name::Faults => "faults",
        Name::Siege => "siege",
        Name::Screen => "screen",
    };
    environment.apply(bench.arg(name).args(&options.args));
    context.family.run(&mut bench).await
}

/// Builds what is measured in a browser.
async fn in_a_browser(context: &Context, name: Name) -> Result<Environment, Error> {
    setup::for_the_page(context).await?;
    let nats_server = setup::nats_server(context).await?;
    let browser = setup::browser(context).await?;

    let mut build = bench_itself(context);
    if name != Name::Client {
        // In the same call, so that backend and benchmark agree on the features of what they share.
        build.args(["-p", "vacancy", "--bin", "vacancy"]);
    }
    context.family.run(&mut build).await?;
    if name == Name::Client {
        let pages = client_pages::build(context).await?;
        return Ok(Environment::for_the_client(nats_server, pages, browser));
    }
    let mut page = page::build(context).await?;
    if name == Name::Screen {
        page = screen_pages::build(context, &page).await?;
    }
    let backend = context.workspace.target("release/vacancy");
    Ok(Environment::new(
        context,
        nats_server,
        backend,
        page,
        browser,
    ))
}

/// Builds what is measured beside PostgreSQL.
async fn beside_postgres(context: &Context) -> Result<Environment, Error> {
    let postgres = setup::postgres(context)?;
    let nats_server = setup::nats_server(context).await?;
    let mut build = bench_itself(context);
    build.args(["-p", "vacancy", "--bin", "vacancy"]);
    context.family.run(&mut build).await?;
    let backend = context.workspace.target("release/vacancy");
    let peer = postgres_peer::build(context).await?;
    Ok(Environment::for_commands(
        context,
        nats_server,
        backend,
        postgres,
        peer,
    ))
}

/// Builds what is measured in a browser beside Node.js and PostgreSQL.
async fn beside_node(context: &Context, name: Name) -> Result<Environment, Error> {
    let postgres = setup::postgres(context)?;
    let node = setup::node(context)?;
    let peers = setup::peers(context).await?;
    let environment = in_a_browser(context, name).await?;
    Ok(environment.with_node(node, peers).with_postgres(postgres))
}

/// Builds what is killed.
async fn without_pages(context: &Context) -> Result<Environment, Error> {
    let nats_server = setup::nats_server(context).await?;
    let mut build = bench_itself(context);
    build.args(["-p", "vacancy", "--bin", "vacancy"]);
    context.family.run(&mut build).await?;
    let backend = context.workspace.target("release/vacancy");
    Ok(Environment::for_faults(context, nats_server, backend))
}

fn bench_itself(context: &Context) -> Command {
    let mut build = context.workspace.cargo();
    build
        .args(["build", "--release", "--bin", "bench"])
        .args(["-p", "vacancy-tests"]);
    build
}
