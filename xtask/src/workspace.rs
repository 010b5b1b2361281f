//! Where things are, and how a program is called here.

use crate::error::Error;
use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

/// What is compiled for the browser: the SPA, the client that it talks through, an example of that, and the pages that
/// measure it.
pub(crate) const BROWSER_PACKAGES: [&str; 5] = [
    "vacancy-board",
    "nats-wsclient",
    "nats-wsclient-chat",
    "vacancy-client-page",
    "vacancy-size-page",
];

/// The workspace's folders and packages.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
}

/// Something that cargo builds from a package.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

impl Target {
    /// Whether it is an integration test.
    pub(crate) fn is_test(&self) -> bool {
        self.kind.iter().any(|kind| kind == "test")
    }
}

/// The part of `cargo metadata` that is used here.
#[derive(Debug, serde::Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo, who alone knows how CARGO_TARGET_DIR and its configuration files work together.
    pub(crate) async fn find() -> Result<Self, Error> {
        // Cargo says at run time where this package is; the path at compile time may be another clone's.
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(&here)
            .stderr(Stdio::inherit())
            .output()
            .await
            .map_err(|source| Error::Start {
                program: "cargo metadata".into(),
                source,
            })?;
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| Error::Malformed {
                what: "what `cargo metadata` says".into(),
                why: error.to_string(),
            })?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            packages: metadata.packages,
        })
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path in the folder into which cargo builds.
    pub(crate) fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    /// Where what was installed for this project alone is kept.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path(".tools")
    }

    /// The members of the workspace.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The integration tests that run in a browser: those of [`BROWSER_PACKAGES`] that are compiled for wasm alone.
    pub(crate) fn browser_tests(&self) -> Result<Vec<&Target>, Error> {
        let packages = self.packages.iter();
        let packages = packages.filter(|package| BROWSER_PACKAGES.contains(&package.name.as_str()));
        let mut tests = Vec::new();
        for target in packages
            .flat_map(|package| &package.targets)
            .filter(|target| target.is_test())
        {
            let source = fs::read_to_string(&target.src_path).map_err(|source| {
                Error::io(format!("read {}", target.src_path.display()), source)
            })?;
            if is_for_wasm_alone(&source) {
                tests.push(target);
            }
        }
        Ok(tests)
    }

    /// The folders that are searched for programs, here and by every child: what was installed for this project comes
    /// first.
    pub(crate) fn search_path(&self) -> Vec<PathBuf> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let mut folders = vec![self.tools().join("bin")];
        folders.extend(env::split_paths(&inherited));
        folders
    }

    /// A call of cargo in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        self.command(cargo())
    }

    /// A call of a program in the workspace's root, with no standard input.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        // A folder with a colon in its name cannot be in a PATH; then the inherited one has to do.
        if let Ok(path) = env::join_paths(self.search_path()) {
            command.env("PATH", path);
        }
        // Cargo's words about xtask. To a nested cargo they would look like a changed environment, and crates whose
        // build scripts look at them would be compiled again.
        for (name, _) in env::vars_os() {
            if is_about_xtask(&name) {
                command.env_remove(name);
            }
        }
        command
    }
}

fn is_for_wasm_alone(source: &str) -> bool {
    source
        .lines()
        .any(|line| line.trim() == r#"#![cfg(target_arch = "wasm32")]"#)
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn is_about_xtask(variable: &OsStr) -> bool {
    let Some(name) = variable.to_str() else {
        return false;
    };
    name.starts_with("CARGO_PKG_")
        || matches!(
            name,
            "CARGO_MANIFEST_DIR"
                | "CARGO_MANIFEST_PATH"
                | "CARGO_CRATE_NAME"
                | "CARGO_BIN_NAME"
                | "CARGO_PRIMARY_PACKAGE"
        )
}

#[cfg(test)]
impl Workspace {
    /// The same with another root, for tests that write below it.
    pub(crate) fn moved_to(self, root: &Path) -> Self {
        let root = root.to_owned();
        Self { root, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cargo_tells_where_things_are() {
        let workspace = Workspace::find().await.expect("cargo metadata");
        assert!(workspace.path("xtask/src/workspace.rs").is_file());
        assert!(
            workspace
                .packages()
                .iter()
                .any(|package| package.name == "xtask")
        );
        assert_eq!(workspace.search_path()[0], workspace.path(".tools/bin"));
    }

    #[test]
    fn a_test_for_the_browser_says_so_in_its_first_lines() {
        assert!(is_for_wasm_alone(
            "//! Of the DOM.\n#![cfg(target_arch = \"wasm32\")]\n"
        ));
        assert!(!is_for_wasm_alone(
            "#![cfg(not(target_arch = \"wasm32\"))]\n"
        ));
    }

    #[test]
    fn only_what_cargo_says_of_xtask_is_kept_from_children() {
        assert!(is_about_xtask(OsStr::new("CARGO_PKG_VERSION")));
        assert!(is_about_xtask(OsStr::new("CARGO_MANIFEST_DIR")));
        assert!(!is_about_xtask(OsStr::new("CARGO_HOME")));
        assert!(!is_about_xtask(OsStr::new("CARGO_TARGET_DIR")));
        assert!(!is_about_xtask(OsStr::new("CARGO_TERM_COLOR")));
    }
}
