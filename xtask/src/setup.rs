//! Finds what the commands need, or installs it into `.tools/`. A second call finds everything and installs nothing.
//!
//! `.tools/bin` stands before PATH, here and for every child. What counts is that the *first* hit is good: trunk, for
//! one, takes the first wasm-opt it meets, and downloads a wasm-bindgen of its own when the first is not the one that
//! Cargo.lock names. So a good one further down is linked into `.tools/bin`, and only if there is none, one is installed.

mod browser;
mod cargo_deny;
mod cargo_install;
mod lockfile;
mod nats_server;
mod peers;
mod pip;
mod postgres;
mod schemathesis;
mod stamp;
mod trunk;
mod wasm_bindgen;
mod wasm_opt;
mod wasm_target;

pub(crate) use browser::Browser;

use crate::{Context, console, error::Error, family::piped, version::Version};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What the SPA is built with: the wasm target, trunk, wasm-bindgen and wasm-opt. They are on every child's PATH.
pub(crate) async fn for_the_page(context: &Context) -> Result<(), Error> {
    // The quick ones first, so that what is missing for them is said before minutes are spent on the others.
    wasm_target::ensure(context).await?;
    wasm_opt::ensure(context).await?;
    wasm_bindgen::ensure(context).await?;
    trunk::ensure(context).await
}

/// The target of the SPA, for whoever only checks it.
pub(crate) async fn wasm_target(context: &Context) -> Result<(), Error> {
    wasm_target::ensure(context).await
}

/// The path of a nats-server that is new enough.
pub(crate) async fn nats_server(context: &Context) -> Result<PathBuf, Error> {
    nats_server::ensure(context).await
}

/// The path of the program that holds Cargo.lock against deny.toml.
pub(crate) async fn cargo_deny(context: &Context) -> Result<PathBuf, Error> {
    cargo_deny::ensure(context).await
}

/// Node.js, which brings brotli.
pub(crate) fn node(context: &Context) -> Result<PathBuf, Error> {
    first_on_path(context, &["node", "nodejs"]).ok_or_else(|| Error::Missing {
        what: "Node.js is not on PATH; it compresses the release SPA, and runs what is measured against".into(),
        remedy: "install Node.js 20 or newer".into(),
    })
}

/// A Chromium and the chromedriver that belongs to it.
pub(crate) async fn browser(context: &Context) -> Result<Browser, Error> {
    browser::ensure(context).await
}

/// The folder with the programs for Node.js that use the NATS client for JavaScript, which is installed beside them.
pub(crate) async fn peers(context: &Context) -> Result<PathBuf, Error> {
    peers::ensure(context).await
}

/// The program that makes requests from an OpenAPI document.
pub(crate) async fn schemathesis(context: &Context) -> Result<PathBuf, Error> {
    schemathesis::ensure(context).await
}

/// The folder with the programs of PostgreSQL 15.
pub(crate) fn postgres(context: &Context) -> Result<PathBuf, Error> {
    postgres::find(context)
}

/// A program, the versions of it that will do, and why it is needed.
struct Wanted<'a> {
    program: &'a str,
    /// As a person would ask for it: "trunk 0.21.14".
    what: &'a str,
    why: &'a str,
    accepts: &'a dyn Fn(Version) -> bool,
}

/// The path of the program; `install` is called when there is none that will do, and puts one into `.tools/bin`.
async fn ensure(
    context: &Context,
    wanted: Wanted<'_>,
    install: impl AsyncFnOnce() -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    if let Some(path) = find(context, &wanted).await? {
        return Ok(path);
    }
    let _lock = lock_tools(context).await?;
    // Whoever held the lock may have installed it.
    if let Some(path) = find(context, &wanted).await? {
        return Ok(path);
    }
    console::say(&format!("{} is missing; it {}", wanted.what, wanted.why));
    install().await?;
    find(context, &wanted)
        .await?
        .ok_or_else(|| Error::StillMissing {
            what: wanted.what.to_owned(),
        })
}

/// The path of a good one which is also the first on the PATH, once this has returned.
async fn find(context: &Context, wanted: &Wanted<'_>) -> Result<Option<PathBuf>, Error> {
    let mut bad_ones_before = false;
    for candidate in candidates(context, wanted.program) {
        match version(context, &candidate).await {
            Some(version) if (wanted.accepts)(version) => {
                if !bad_ones_before {
                    return Ok(Some(candidate));
                }
                let link = context.workspace.tools().join("bin").join(wanted.program);
                replace_link(&link, &candidate)?;
                return Ok(Some(link));
            }
            _ => bad_ones_before = true,
        }
    }
    Ok(None)
}

/// Every executable of that name, in the order of the search path.
fn candidates(context: &Context, program: &str) -> Vec<PathBuf> {
    let folders = context.workspace.search_path();
    let paths = folders.iter().map(|folder| folder.join(program));
    paths.filter(|path| is_executable(path)).collect()
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// What the program at `path` says of its version. None when it cannot be run or says nothing: then it will not do.
async fn version(context: &Context, path: &Path) -> Option<Version> {
    if let Some(version) = wasm_opt::version_of_npm_package(path) {
        return Some(version);
    }
    let mut command = context.workspace.command(path);
    let output = piped(command.arg("--version"))
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| Version::find(&text))?
}

/// The first of these programs that PATH has.
fn first_on_path(context: &Context, programs: &[&str]) -> Option<PathBuf> {
    let mut found = programs
        .iter()
        .flat_map(|program| candidates(context, program));
    found.next()
}

/// Makes `link` point to `to`, at once: nobody ever sees it missing.
fn replace_link(link: &Path, to: &Path) -> Result<(), Error> {
    let failed = |source| Error::io(format!("link {}", link.display()), source);
    let folder = link.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let new = link.with_extension("new");
    remove_if_there(&new)?;
    std::os::unix::fs::symlink(to, &new).map_err(failed)?;
    fs::rename(&new, link).map_err(failed)
}

/// An installation into a folder of its own: made elsewhere, and moved to `.tools/<name>` only when it is complete.
struct NewFolder {
    partial: PathBuf,
    complete: PathBuf,
}

impl NewFolder {
    fn begin(context: &Context, name: &str) -> Result<Self, Error> {
        let tools = context.workspace.tools();
        let partial = tools.join(format!("{name}.partial"));
        remove_if_there(&partial)?;
        fs::create_dir_all(&partial)
            .map_err(|source| Error::io(format!("make {}", partial.display()), source))?;
        Ok(Self {
            partial,
            complete: tools.join(name),
        })
    }

    fn path(&self) -> &Path {
        &self.partial
    }

    /// Moves it to its place and puts its `program` (a path within it) into `.tools/bin`.
    fn complete(self, context: &Context, program: &str) -> Result<(), Error> {
        remove_if_there(&self.complete)?;
        fs::rename(&self.partial, &self.complete)
            .map_err(|source| Error::io(format!("move {}", self.partial.display()), source))?;
        let program = self.complete.join(program);
        let name = program.file_name().unwrap_or_default();
        replace_link(&context.workspace.tools().join("bin").join(name), &program)
    }
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

/// Held while something is installed, for two commands may be started at the same time. Freed when dropped.
async fn lock_tools(context: &Context) -> Result<File, Error> {
    let failed = |source| Error::io("lock .tools", source);
    let tools = context.workspace.tools();
    fs::create_dir_all(&tools).map_err(failed)?;
    let file = File::create(tools.join(".lock")).map_err(failed)?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if said => {}
            Err(TryLockError::WouldBlock) => {
                console::say("waiting for another cargo xtask to install its tools");
                said = true;
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests;
