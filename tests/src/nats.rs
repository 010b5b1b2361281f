//! A nats-server on the repository's own `nats-server.conf`, in a folder and on ports of the test's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use async_nats::{Client, ConnectOptions};
use bcrypt::Version;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use vacancy_backend::hotels::folder::Folder;
use vacancy_backend::identity::callout::Keys;

use crate::certificates::{Certificates, HOST};
use crate::ports::Port;
use crate::process::Process;
use crate::{tools, wait};

/// The users of the configuration that have a password. In tests it is the user's name with `-secret` after it.
const USERS: [&str; 2] = ["backend", "sys"];

const CONF: &str = "nats-server.conf";
const PRODUCTION_CONF: &str = "nats-server.production.conf";

/// What a test may want to have otherwise on its server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Replacements in the configuration, for limits that are to be within reach.
    pub edits: &'a [(&'a str, &'a str)],
    /// By which keys backends let the staff in, if they are to be those of another server as well.
    pub callout: Option<&'a Keys>,
    /// With them it is a server of nats-server.production.conf.
    pub certificates: Option<&'a Certificates>,
}

/// With what a program of the hotel connects.
pub fn backend_options() -> ConnectOptions {
    ConnectOptions::with_user_and_password("backend".to_owned(), password("backend"))
}

/// The password of `user` on every test's server.
pub fn password(user: &str) -> String {
    format!("{user}-secret")
}

/// A nats-server that is killed when this is dropped.
#[derive(Debug)]
pub struct NatsServer {
    // Before the folder it writes to, since fields are dropped in this order.
    process: Option<Process>,
    folder: TempDir,
    callout: PathBuf,
    conf: &'static str,
    /// Whom to trust, when it speaks TLS alone.
    authority: Option<PathBuf>,
    clients: Port,
    websocket: Port,
}

impl NatsServer {
    /// Starts a server that lets in pages from `http://127.0.0.1:{page_port}`, and waits until it is ready.
    pub async fn start(page_port: u16, options: Options<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (clients, websocket) = (Port::lease(), Port::lease());
        let page = |host| format!("http://{host}:{page_port}");
        let mut text = fs::read_to_string(tools::nats_conf()).expect("nats-server.conf");
        let ours = [
            ("127.0.0.1:4222", clients.address()),
            ("127.0.0.1:9222", websocket.address()),
            ("http://127.0.0.1:8080", page("127.0.0.1")),
            ("http://localhost:8080", page("localhost")),
        ];
        let edits = options
            .edits
            .iter()
            .map(|(from, to)| (*from, (*to).to_owned()));
        for (from, to) in ours.into_iter().chain(edits) {
            assert!(
                text.contains(from),
                "nats-server.conf no longer says {from:?}"
            );
            text = text.replace(from, &to);
        }
        fs::write(folder.path().join(CONF), text).expect("a copy of the conf");
        fs::create_dir(folder.path().join(".run")).expect("a folder");
        let mut conf = CONF;
        if let Some(certificates) = options.certificates {
            conf = PRODUCTION_CONF;
            let original = tools::nats_conf().with_file_name(conf);
            fs::copy(original, folder.path().join(conf)).expect("a copy of the conf");
            let edge = edge_conf(certificates, &clients, &websocket, page_port);
            fs::write(folder.path().join(".run/edge.conf"), edge).expect("variables");
        }
        let passwords = passwords_conf();
        fs::write(folder.path().join(".run/passwords.conf"), passwords).expect("passwords");
        let run = folder.path().join(".run");
        let hotels = run.join("hotels");
        let none = Folder::at(&hotels).write_accounts();
        none.expect("the accounts of no other hotel");
        let callout = match options.callout {
            Some(keys) => keys.save(&run),
            None => Keys::generate().save(&run),
        };
        let callout = callout.expect("keys");
        let mut server = Self {
            process: None,
            folder,
            callout,
            conf,
            authority: options.certificates.map(Certificates::authority),
            clients,
            websocket,
        };
        server.restart().await;
        server
    }

    /// Ends the server as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        let process = self.process.take();
        process.expect("a server that runs").kill();
    }

    /// Halts the server, as a machine does that is too busy, or whose network is gone (SIGSTOP).
    pub fn pause(&self) {
        self.process.as_ref().expect("a server that runs").pause();
    }

    /// Lets a halted server go on.
    pub fn resume(&self) {
        self.process.as_ref().expect("a server that runs").resume();
    }

    /// Starts the server again, on the same ports and on what it stored, and waits until it is ready.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        let mut command = Command::new(tools::nats_server());
        command
            .args(["-c", self.conf])
            .current_dir(self.folder.path());
        let log = self.folder.path().join("nats-server.log");
        let process = self
            .process
            .insert(Process::start("nats-server", command, &log));
        wait::until("nats-server to be ready", async || {
            process.assert_running();
            // It greets programs when all of its doors are open.
            let mut programs = TcpStream::connect(self.clients.address()).await.ok()?;
            programs.read_u8().await.ok()?;
            TcpStream::connect(self.websocket.address()).await.ok()
        })
        .await;
        if self.authority.is_none() {
            let system = self.connect("sys").await.expect("a connection");
            wait::until("nats-server to be healthy", async || {
                is_healthy(&system).await.then_some(())
            })
            .await;
        }
    }

    /// How many connections the server has cut because they did not read.
    pub async fn slow_consumers(&self) -> u64 {
        let system = self.connect("sys").await.expect("a connection");
        let answer = system.request("$SYS.REQ.SERVER.PING", "".into()).await;
        let payload = answer.expect("the server's answer").payload;
        let answer: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
        // It is left out as long as there is none.
        answer["statsz"]["slow_consumers"].as_u64().unwrap_or(0)
    }

    /// The file with the keys by which a backend lets the staff in.
    pub fn callout(&self) -> &Path {
        &self.callout
    }

    /// The process that runs.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("a server that runs").id()
    }

    /// The folder with the keys of the other hotels, whose accounts the server includes.
    pub fn hotels(&self) -> PathBuf {
        self.folder.path().join(".run/hotels")
    }

    pub fn url(&self) -> String {
        let scheme = match &self.authority {
            Some(_) => "tls",
            None => "nats",
        };
        format!("{scheme}://{}", self.clients.address())
    }

    /// Whom to trust, when it speaks TLS alone.
    pub fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// `HOST:PORT` of the listener for programs.
    pub fn address(&self) -> String {
        self.clients.address()
    }

    /// `HOST:PORT` of the listener for browsers.
    pub fn websocket_address(&self) -> String {
        self.websocket.address()
    }

    pub fn websocket_url(&self) -> String {
        format!("ws://{}", self.websocket.address())
    }

    /// Connects over TCP, which is for the users `backend` and `sys` alone.
    pub async fn connect(&self, user: &str) -> Result<Client, async_nats::ConnectError> {
        ConnectOptions::with_user_and_password(user.to_owned(), password(user))
            .connect(self.url())
            .await
    }
}

/// Whether the server says that it is healthy: one of a cluster is when it knows who leads.
async fn is_healthy(system: &Client) -> bool {
    let subject = format!("$SYS.REQ.SERVER.{}.HEALTHZ", system.server_info().server_id);
    let Ok(answer) = system.request(subject, "".into()).await else {
        return false;
    };
    let answer: serde_json::Value = serde_json::from_slice(&answer.payload).expect("JSON");
    answer["data"]["status"] == "ok"
}

/// The variables of nats-server.production.conf.
fn edge_conf(
    certificates: &Certificates,
    clients: &Port,
    browsers: &Port,
    page_port: u16,
) -> String {
    format!(
        "CLIENTS: \"{}\"\nBROWSERS: \"{}\"\nPAGES: [\"https://{HOST}:{page_port}\"]\nCERTIFICATE: {:?}\nKEY: {:?}\n",
        clients.address(),
        browsers.address(),
        certificates.certificate(),
        certificates.key()
    )
}

/// The cost of the passwords' hashes. They guard nothing in a test, so it is the lowest there is.
const COST: u32 = 4;

/// The file that the configuration includes: bcrypt hashes.
fn passwords_conf() -> String {
    let line = |user: &str| {
        let hash = bcrypt::hash_with_result(password(user), COST).expect("a hash");
        let hash = hash.format_for_version(Version::TwoA);
        format!("{}_PASSWORD: \"{hash}\"\n", user.to_uppercase())
    };
    USERS.map(line).concat()
}
