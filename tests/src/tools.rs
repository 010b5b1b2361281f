//! The programs that the tests run, from the environment variables that `cargo xtask test` sets.

use std::env;
use std::path::PathBuf;

/// The path in the environment variable `name`.
fn path(name: &str) -> PathBuf {
    let value = env::var_os(name).unwrap_or_else(|| {
        panic!("{name} is not set. Run these tests by `cargo xtask test`, which builds and finds what they need.")
    });
    let path = PathBuf::from(value);
    assert!(
        path.exists(),
        "{name} says {}, which is not there",
        path.display()
    );
    path
}

/// The nats-server program.
pub fn nats_server() -> PathBuf {
    path("VACANCY_NATS_SERVER")
}

/// The repository's `nats-server.conf`.
pub fn nats_conf() -> PathBuf {
    path("VACANCY_NATS_CONF")
}

/// The backend, the program `vacancy`.
pub fn backend() -> PathBuf {
    path("VACANCY_BACKEND")
}

/// The folder of the built SPA.
pub fn spa() -> PathBuf {
    path("VACANCY_SPA")
}

/// The folder of the pages that measure the client.
pub fn client_pages() -> PathBuf {
    path("VACANCY_CLIENT_PAGES")
}

/// The folder with PostgreSQL's programs.
pub fn postgres() -> PathBuf {
    path("VACANCY_POSTGRES")
}

/// The program of `tests/peers/postgres`.
pub fn postgres_peer() -> PathBuf {
    path("VACANCY_POSTGRES_PEER")
}

/// Node.js.
pub fn node() -> PathBuf {
    path("VACANCY_NODE")
}

/// The folder with the programs for Node.js that are measured against, `tests/peers`.
pub fn peers() -> PathBuf {
    path("VACANCY_PEERS")
}

/// Schemathesis, which makes requests from an OpenAPI document.
pub fn schemathesis() -> PathBuf {
    path("VACANCY_SCHEMATHESIS")
}

pub fn chromium() -> PathBuf {
    path("VACANCY_CHROMIUM")
}

pub fn chromedriver() -> PathBuf {
    path("VACANCY_CHROMEDRIVER")
}

/// The folder for what a failed test leaves: `<target>/tmp/evidence`.
pub fn evidence() -> PathBuf {
    // A test's program is <target>/<profile>/deps/<name>, a binary's is <target>/<profile>/<name>.
    let program = env::current_exe().expect("the path of the running program");
    let target = program
        .ancestors()
        .skip(1)
        .find(|folder| {
            !["deps", "debug", "release"]
                .iter()
                .any(|name| folder.ends_with(name))
        })
        .expect("a folder above the program's");
    target.join("tmp").join("evidence")
}
