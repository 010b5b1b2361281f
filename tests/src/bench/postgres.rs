//! A PostgreSQL of the bench's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;
use crate::{tools, wait};

/// Durable, as PostgreSQL is by default. The rest is said to keep it from listening to a network, and to give the largest
/// run enough connections and shared memory.
const SETTINGS: [&str; 7] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "listen_addresses=",
    "max_connections=100",
    "shared_buffers=256MB",
    // A conflict is an error to it, and would be logged each time.
    "log_min_messages=fatal",
];

/// Who runs it when the bench is run by root, whom PostgreSQL refuses: the first of these that there is.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A server that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Postgres {
    // Before the folder it writes to, since fields are dropped in this order.
    _process: Process,
    folder: TempDir,
    user: String,
}

/// Whoever a program is to be run as.
#[derive(Debug)]
struct User {
    name: String,
    /// `None` for the one who runs the bench.
    ids: Option<(u32, u32)>,
}

impl Postgres {
    pub(super) async fn start() -> Self {
        let user = User::unprivileged();
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some((uid, gid)) = user.ids {
            chown(folder.path(), Some(uid), Some(gid)).expect("a folder to give away");
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
            .expect("a folder of our own");
        let data = folder.path().join("data");
        let mut initdb = user.command(&tools::postgres().join("initdb"), folder.path());
        initdb
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .stdout(Stdio::null());
        let status = initdb.status().expect("initdb to start");
        assert!(status.success(), "initdb ended with {status}");

        let mut postgres = user.command(&tools::postgres().join("postgres"), folder.path());
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path());
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let mut process = Process::start("postgres", postgres, &folder.path().join("postgres.log"));
        wait::until("PostgreSQL to be ready", async || {
            process.assert_running();
            let ready = Command::new(tools::postgres().join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(folder.path())
                .status();
            ready.expect("pg_isready to start").success().then_some(())
        })
        .await;
        Self {
            _process: process,
            folder,
            user: user.name,
        }
    }

    /// The folder with its socket, which stands for the host's name in an address.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The user to connect as.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// What a query says that asks for one value.
    pub(super) fn ask(&self, query: &str) -> String {
        let output = Command::new(tools::postgres().join("psql"))
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--dbname=postgres",
            ])
            .args(["--username", &self.user, "--command", query, "--host"])
            .arg(self.folder.path())
            .stderr(Stdio::inherit())
            .output()
            .expect("psql to start");
        assert!(output.status.success(), "psql ended with {}", output.status);
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim().to_owned()
    }
}

impl User {
    fn unprivileged() -> Self {
        if !rustix::process::geteuid().is_root() {
            let name = id("-un", None).expect("the name of the one who runs this");
            return Self { name, ids: None };
        }
        let found = USERS.iter().find_map(|name| {
            let (uid, gid) = (id("-u", Some(name))?, id("-g", Some(name))?);
            let ids = (uid.parse().ok()?, gid.parse().ok()?);
            Some(Self {
                name: (*name).to_owned(),
                ids: Some(ids),
            })
        });
        found
            .expect("PostgreSQL refuses to be run by root, and there is no user postgres or nobody")
    }

    /// A program that this user runs in `folder`.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = match self.ids {
            None => Command::new(program),
            Some((uid, gid)) => {
                let mut command = Command::new("setpriv");
                command
                    .args([format!("--reuid={uid}"), format!("--regid={gid}")])
                    .arg("--clear-groups")
                    .arg(program);
                command
            }
        };
        command.current_dir(folder);
        command
    }
}

/// What the program `id` says.
fn id(option: &str, user: Option<&str>) -> Option<String> {
    let output = Command::new("id").arg(option).args(user).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
