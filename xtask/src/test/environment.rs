//! Tells test and benchmark programs where the real parts are.

use crate::{Context, setup::Browser};
use std::{ffi::OsString, path::PathBuf};
use tokio::process::Command;

/// The environment variables that the test harness reads; all are absolute paths.
#[derive(Debug)]
pub(crate) struct Environment {
    variables: Vec<(&'static str, OsString)>,
}

impl Environment {
    pub(crate) fn new(
        context: &Context,
        nats_server: PathBuf,
        backend: PathBuf,
        page: PathBuf,
        browser: Browser,
    ) -> Self {
        let conf = context.workspace.path("nats-server.conf");
        Self {
            variables: vec![
                ("VACANCY_NATS_SERVER", nats_server.into()),
                ("VACANCY_NATS_CONF", conf.into()),
                ("VACANCY_BACKEND", backend.into()),
                ("VACANCY_SPA", page.into()),
                ("VACANCY_CHROMIUM", browser.chromium.into()),
                ("VACANCY_CHROMEDRIVER", browser.driver.into()),
            ],
        }
    }

    /// The same with Node.js and the folder of the programs for it, which a hotel talks with and is measured beside.
    pub(crate) fn with_node(mut self, node: PathBuf, peers: PathBuf) -> Self {
        self.variables.extend([
            ("VACANCY_NODE", OsString::from(node)),
            ("VACANCY_PEERS", peers.into()),
        ]);
        self
    }

    /// The same with the program that makes requests from an OpenAPI document.
    pub(crate) fn with_schemathesis(mut self, schemathesis: PathBuf) -> Self {
        let variable = ("VACANCY_SCHEMATHESIS", schemathesis.into());
        self.variables.push(variable);
        self
    }

    /// The same with the folder of PostgreSQL's programs.
    pub(crate) fn with_postgres(mut self, postgres: PathBuf) -> Self {
        self.variables.push(("VACANCY_POSTGRES", postgres.into()));
        self
    }

    /// What the measurements of the client need. `pages` is the folder of [`crate::client_pages`].
    pub(crate) fn for_the_client(nats_server: PathBuf, pages: PathBuf, browser: Browser) -> Self {
        Self {
            variables: vec![
                ("VACANCY_NATS_SERVER", nats_server.into()),
                ("VACANCY_CLIENT_PAGES", pages.into()),
                ("VACANCY_CHROMIUM", browser.chromium.into()),
                ("VACANCY_CHROMEDRIVER", browser.driver.into()),
            ],
        }
    }

    /// What the measurement of commands needs. `postgres` is the folder of PostgreSQL's programs, `peer` the program that
    /// is measured on it.
    pub(crate) fn for_commands(
        context: &Context,
        nats_server: PathBuf,
        backend: PathBuf,
        postgres: PathBuf,
        peer: PathBuf,
    ) -> Self {
        let conf = context.workspace.path("nats-server.conf");
        Self {
            variables: vec![
                ("VACANCY_NATS_SERVER", nats_server.into()),
                ("VACANCY_NATS_CONF", conf.into()),
                ("VACANCY_BACKEND", backend.into()),
                ("VACANCY_POSTGRES", postgres.into()),
                ("VACANCY_POSTGRES_PEER", peer.into()),
            ],
        }
    }

    /// What rounds of faults need.
    pub(crate) fn for_faults(context: &Context, nats_server: PathBuf, backend: PathBuf) -> Self {
        let conf = context.workspace.path("nats-server.conf");
        Self {
            variables: vec![
                ("VACANCY_NATS_SERVER", nats_server.into()),
                ("VACANCY_NATS_CONF", conf.into()),
                ("VACANCY_BACKEND", backend.into()),
            ],
        }
    }

    /// Sets the variables.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)))
    }

    /// The value of one of them.
    pub(super) fn get(&self, wanted: &str) -> Option<&OsString> {
        let mut variables = self.variables.iter();
        variables.find_map(|(name, value)| (*name == wanted).then_some(value))
    }
}
