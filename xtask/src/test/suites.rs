//! The test suites, in the order in which they are run: the quick ones first.

use super::browser_server::BrowserServer;
use super::{Environment, Tally};
use crate::{Context, check::native, console, error::Error, workspace::Target};
use std::{fs, path::PathBuf};
use tokio::process::Command;

/// The package whose tests need everything, and are run last.
const END_TO_END: &str = "vacancy-tests";

/// One call of `cargo test`.
#[derive(Debug)]
pub(super) enum Suite<'a> {
    /// Unit tests, and the integration tests of every crate but [`END_TO_END`].
    Native { integration_tests: Vec<&'a str> },
    /// The examples in the documentation.
    Documentation,
    /// Tests in the browser, with a server for those that want one. Only where a crate has any.
    Browser { tests: Vec<&'a Target> },
    /// The whole, in real browsers.
    EndToEnd { tests: Vec<&'a str> },
}

/// Compiles the backend and every native test program, once, and as the suites want them.
pub(super) async fn build(context: &Context) -> Result<(), Error> {
    let mut command = context.workspace.cargo();
    native(command.arg("build")).arg("--all-targets");
    context.family.run(&mut command).await
}

pub(super) fn all(context: &Context) -> Result<Vec<Suite<'_>>, Error> {
    let workspace = &context.workspace;
    let mut integration_tests = Vec::new();
    let mut end_to_end = Vec::new();
    for package in workspace.packages() {
        let tests = package.targets.iter().filter(|target| target.is_test());
        let names = tests.map(|target| target.name.as_str());
        if package.name == END_TO_END {
            end_to_end.extend(names);
        } else {
            integration_tests.extend(names);
        }
    }
    let mut suites = vec![Suite::Native { integration_tests }, Suite::Documentation];
    let in_browser = workspace.browser_tests()?;
    if !in_browser.is_empty() {
        suites.push(Suite::Browser { tests: in_browser });
    }
    if !end_to_end.is_empty() {
        suites.push(Suite::EndToEnd { tests: end_to_end });
    }
    Ok(suites)
}

impl Suite<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Native { .. } => "unit and integration tests",
            Self::Documentation => "documentation's examples",
            Self::Browser { .. } => "tests in the browser",
            Self::EndToEnd { .. } => "end-to-end tests",
        }
    }

    /// Runs the suite, its output passed on and its results counted.
    pub(super) async fn run(
        &self,
        context: &Context,
        environment: &Environment,
        filters: &[String],
        tally: &mut Tally,
    ) -> Result<(), Error> {
        // wasm-bindgen's runner takes no more than one filter at a time.
        let at_a_time = match self {
            Self::Browser { .. } => 1,
            _ => filters.len().max(1),
        };
        if filters.is_empty() {
            return self.run_once(context, environment, &[], tally).await;
        }
        for filters in filters.chunks(at_a_time) {
            self.run_once(context, environment, filters, tally).await?;
        }
        Ok(())
    }

    async fn run_once(
        &self,
        context: &Context,
        environment: &Environment,
        filters: &[String],
        tally: &mut Tally,
    ) -> Result<(), Error> {
        let mut command = context.workspace.cargo();
        environment.apply(command.args(["test", "--no-fail-fast"]));
        let mut server = None;
        match self {
            Self::Native { integration_tests } => {
                native(&mut command).args(["--lib", "--bins", "--examples"]);
                tests(&mut command, integration_tests.iter().copied());
            }
            Self::Documentation => {
                native(&mut command).arg("--doc");
            }
            Self::Browser { tests: targets } => {
                let started = BrowserServer::start(context, environment).await?;
                in_browser(environment, &started, &mut command)?;
                server = Some(started);
                let names = targets.iter().map(|target| target.name.as_str());
                tests(&mut command, names);
            }
            Self::EndToEnd { tests: names } => {
                native(&mut command);
                tests(&mut command, names.iter().copied());
            }
        }
        let in_colour = console::colour_on_stdout();
        if in_colour {
            command.args(["--color", "always"]);
        }
        command.arg("--").args(filters);
        if in_colour && !matches!(self, Self::Browser { .. }) {
            command.args(["--color", "always"]);
        }
        let watched = context.family.watch(&mut command, |line| {
            console::print(line);
            tally.read(line);
        });
        // Its output was shown already, so its last lines need not be shown again.
        let result = watched.await.map_err(Error::without_last_lines);
        if let Some(server) = server {
            server.end().await?;
        }
        result
    }
}

fn tests<'a>(command: &mut Command, names: impl Iterator<Item = &'a str>) {
    for name in names {
        command.args(["--test", name]);
    }
}

/// Has the tests compiled for the browser and run there by wasm-bindgen's runner, through chromedriver.
fn in_browser(
    environment: &Environment,
    server: &BrowserServer<'_>,
    command: &mut Command,
) -> Result<(), Error> {
    for package in crate::workspace::BROWSER_PACKAGES {
        command.args(["--package", package]);
    }
    command
        .args(["--target", "wasm32-unknown-unknown"])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            "wasm-bindgen-test-runner",
        )
        .env(
            "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
            capabilities(environment, server)?,
        );
    if let Some(driver) = environment.get("VACANCY_CHROMEDRIVER") {
        command.env("CHROMEDRIVER", driver);
    }
    Ok(())
}

/// Writes down for the runner which browser to start, and how. Chromium's sandbox does not work for root.
fn capabilities(environment: &Environment, server: &BrowserServer<'_>) -> Result<PathBuf, Error> {
    // The tests are compiled once and know nothing of free ports: they dial a name, or the page's own host, whose cookies
    // they have.
    let websocket = server.websocket();
    let rules =
        format!("host-resolver-rules=MAP nats.test {websocket}, MAP 127.0.0.1:80 {websocket}");
    let mut arguments = vec![
        &*rules,
        "headless=new",
        "disable-gpu",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    ];
    if rustix::process::geteuid().is_root() {
        arguments.push("no-sandbox");
    }
    let chromium = environment
        .get("VACANCY_CHROMIUM")
        .map(|path| path.to_string_lossy());
    let capabilities = serde_json::json!({
        "goog:chromeOptions": { "binary": chromium, "args": arguments }
    });
    let path = server.folder().join("webdriver.json");
    fs::write(&path, capabilities.to_string())
        .map_err(|source| Error::io(format!("write {}", path.display()), source))?;
    Ok(path)
}
