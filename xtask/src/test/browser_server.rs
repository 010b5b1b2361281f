//! A nats-server for the tests in the browser: these run in a page, which can start nothing.

use super::Environment;
use crate::{Context, error::Error, family::Member};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const CONFIG: &str = "frontend/nats-wsclient/tests/browser.conf";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server in a folder of its own, on ports that were free.
#[derive(Debug)]
pub(super) struct BrowserServer<'a> {
    member: Member<'a>,
    folder: PathBuf,
    websocket: String,
}

/// What nats-server writes down of where it listens.
#[derive(Debug, serde::Deserialize)]
struct Ports {
    websocket: Vec<String>,
}

impl<'a> BrowserServer<'a> {
    /// Starts it, and waits until it listens.
    pub(super) async fn start(
        context: &'a Context,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let folder = context
            .workspace
            .target(format!("browser-server-{}", process::id()));
        let made = fs::create_dir_all(&folder);
        made.map_err(|source| Error::io(format!("make {}", folder.display()), source))?;
        let program = environment.get("VACANCY_NATS_SERVER").cloned();
        let mut command = context.workspace.command(program.unwrap_or_default());
        command
            .arg("--config")
            .arg(context.workspace.path(CONFIG))
            .arg("--ports_file_dir")
            .arg(&folder)
            .args(["--log", "log"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let member = context.family.spawn(&mut command)?;
        let websocket = listening(&folder).await?;
        Ok(Self {
            member,
            folder,
            websocket,
        })
    }

    /// Where its WebSocket listens, as `HOST:PORT`.
    pub(super) fn websocket(&self) -> &str {
        &self.websocket
    }

    /// Its own, which goes with it.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) async fn end(self) -> Result<(), Error> {
        self.member.end().await?;
        let folder = self.folder;
        fs::remove_dir_all(&folder)
            .map_err(|source| Error::io(format!("remove {}", folder.display()), source))
    }
}

/// The address of the WebSocket, once the server listens there.
async fn listening(folder: &Path) -> Result<String, Error> {
    let begin = Instant::now();
    loop {
        if let Some(address) = address(folder) {
            return Ok(address);
        }
        let after = begin.elapsed();
        if after > PATIENCE {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(Error::NotReady {
                service: "nats-server",
                address: "its WebSocket".into(),
                last_answer: "does not listen".into(),
                after,
                last_lines: log.lines().map(str::to_owned).collect(),
            });
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// None while there is nothing to read, or not all of it.
fn address(folder: &Path) -> Option<String> {
    let mut files = fs::read_dir(folder).ok()?.flatten();
    let file = files.find(|file| file.path().extension().is_some_and(|name| name == "ports"))?;
    let ports: Ports = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
    let url = ports.websocket.first()?;
    url.strip_prefix("ws://").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_once_it_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("nats-server_7.ports");
        assert_eq!(address(folder.path()), None);
        fs::write(&path, "{\"nats\":[\"nats://127.0.0.1:1\"],\"webso").expect("half a file");
        assert_eq!(address(folder.path()), None);
        fs::write(&path, "{\"nats\":[],\"websocket\":[\"ws://127.0.0.1:2\"]}").expect("a file");
        assert_eq!(address(folder.path()).as_deref(), Some("127.0.0.1:2"));
    }
}
