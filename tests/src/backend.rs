//! The backend: `vacancy serve`, with the built SPA.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::certificates::{self, Certificates, HOST};
use crate::nats::{self, NatsServer};
use crate::ports::Port;
use crate::process::Process;
use crate::{tools, wait};

/// A backend that is killed when this is dropped.
#[derive(Debug)]
pub struct Backend {
    process: Option<Process>,
    folder: TempDir,
    http: Port,
    nats_url: String,
    /// Whom to trust, when everything goes by TLS alone.
    authority: Option<PathBuf>,
    /// The file with the keys of the callout.
    callout: PathBuf,
    /// The folder with the keys of the other hotels.
    hotels: PathBuf,
    /// What else `vacancy serve` is told.
    options: Vec<OsString>,
    /// What else stands in the environment.
    variables: Vec<(&'static str, String)>,
}

impl Backend {
    /// A backend for `nats` that listens on `http`, and whose pages find the server at `websocket_url`. It does not run
    /// yet.
    pub fn new(http: Port, nats: &NatsServer, websocket_url: String) -> Self {
        Self::with_board(http, nats, websocket_url, &tools::spa())
    }

    /// The same, with the board in the folder `spa`.
    pub fn with_board(http: Port, nats: &NatsServer, websocket_url: String, spa: &Path) -> Self {
        let pages = [
            "--spa".into(),
            spa.into(),
            "--nats-websocket".into(),
            websocket_url.into(),
        ];
        Self::with(http, nats, pages.into())
    }

    /// A backend for `nats` that listens on `http` by TLS alone, by the name [`HOST`].
    pub fn over_tls(http: Port, nats: &NatsServer, certificates: &Certificates) -> Self {
        let websocket = nats.websocket_address();
        let port = websocket.rsplit(':').next().unwrap_or_default();
        let options = [
            "--spa".into(),
            tools::spa().into(),
            "--nats-websocket".into(),
            format!("wss://{HOST}:{port}").into(),
            "--tls-cert".into(),
            certificates.certificate().into(),
            "--tls-key".into(),
            certificates.key().into(),
        ];
        Self::with(http, nats, options.into())
    }

    /// A backend for `nats` on a port of its own that keeps `replicas` copies of each stream, and has no board.
    pub fn without_pages(nats: &NatsServer, replicas: usize) -> Self {
        let copies = ["--replicas".into(), replicas.to_string().into()];
        Self::with(Port::lease(), nats, copies.into())
    }

    /// A backend for `nats` that listens on `http`, with these options of `vacancy serve`.
    pub fn with(http: Port, nats: &NatsServer, options: Vec<OsString>) -> Self {
        Self {
            process: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
            http,
            nats_url: nats.url(),
            authority: nats.authority().map(Path::to_owned),
            callout: nats.callout().to_owned(),
            hotels: nats.hotels(),
            options,
            variables: Vec::new(),
        }
    }

    /// Puts something into the environment of this backend and of the tools that are run beside it.
    pub fn set_variable(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    /// Tells it these options of `vacancy serve` from its next start.
    pub fn add_options(&mut self, options: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        let options = options.into_iter();
        self.options
            .extend(options.map(|option| option.as_ref().to_owned()));
    }

    /// Starts the backend and waits until it says that it is ready.
    pub async fn start(&mut self) {
        self.launch();
        self.ready().await;
    }

    /// Starts the backend. It may have to wait for others before it is ready.
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "the backend runs already");
        let mut command = self.command();
        command
            .args(["serve", "--nats", &self.nats_url])
            .args(["--http", &self.http.address()])
            // One address asks for everybody here.
            .args(["--http-rate", "0"])
            .arg("--callout")
            .arg(&self.callout)
            .args(&self.options);
        let log = self.log();
        self.process
            .replace(Process::start("the backend", command, &log));
    }

    /// Waits until the backend says that it is ready.
    pub async fn ready(&mut self) {
        const PATH: &str = "/health/ready";
        let (health, address) = (self.url(PATH), self.http.address());
        let process = self.process.as_mut().expect("a backend that runs");
        let authority = self.authority.as_deref();
        wait::until("the backend to be ready", async || {
            process.assert_running();
            let status = match authority {
                None => reqwest::get(&health).await.ok()?.status().as_u16(),
                Some(authority) => {
                    let answer = certificates::get(&address, authority, HOST, PATH).await;
                    answer.ok()?.status
                }
            };
            (status == 200).then_some(())
        })
        .await;
    }

    /// Asks the backend to end, and waits until it has, in good order.
    pub async fn stop(&mut self) {
        let process = self.process.take().expect("a backend that runs");
        let status = process.terminate().await;
        assert!(
            status.success(),
            "the backend ended with {status} after SIGTERM"
        );
    }

    /// Ends the backend in the middle of whatever it does (SIGKILL).
    pub fn kill(&mut self) {
        let process = self.process.take();
        process.expect("a backend that runs").kill();
    }

    /// Halts the backend: commands are accepted by the server, and nobody decides them.
    pub fn pause(&self) {
        self.process.as_ref().expect("a backend that runs").pause();
    }

    /// Lets a halted backend go on.
    pub fn resume(&self) {
        self.process.as_ref().expect("a backend that runs").resume();
    }

    /// The process that runs.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("a backend that runs").id()
    }

    /// Fails when the backend has ended by itself.
    pub fn assert_running(&mut self) {
        let process = self.process.as_mut();
        process.expect("a backend that runs").assert_running();
    }

    /// Fills the hotel with rooms, and stays of `nights` nights around today, by `vacancy seed`.
    pub async fn seed(&self, rooms: u32, nights: u32) {
        self.seeder().run(rooms, nights).await;
    }

    /// A seeder for this backend, for use while the backend itself is stopped and started.
    pub fn seeder(&self) -> Seeder {
        let mut command = self.command();
        command.args(["seed", "--nats", &self.nats_url]);
        Seeder { command }
    }

    /// Runs `vacancy TASK ARGUMENTS` on the same server, to its end.
    pub async fn run(&self, task: &str, arguments: &[&str]) -> Output {
        let mut command = self.command();
        command
            .args([task, "--nats", &self.nats_url])
            .args(arguments);
        let mut command = tokio::process::Command::from(command);
        let output = command.kill_on_drop(true).output().await;
        output.expect("`vacancy` to start")
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        match &self.authority {
            None => format!("http://{}{path}", self.http.address()),
            Some(_) => format!("https://{HOST}:{}{path}", self.http.number()),
        }
    }

    /// `HOST:PORT` where it listens.
    pub fn address(&self) -> String {
        self.http.address()
    }

    /// Everything that the backend has logged, over all its starts.
    pub fn logged(&self) -> String {
        let bytes = std::fs::read(self.log()).expect("a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("backend.log")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(tools::backend());
        command
            .env("VACANCY_NATS_PASSWORD", nats::password("backend"))
            .env("VACANCY_HOTELS", &self.hotels)
            .env("NO_COLOR", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path());
        if let Some(authority) = &self.authority {
            command.env("VACANCY_NATS_CA", authority);
        }
        command
    }
}

/// `vacancy seed`, about to be started.
#[derive(Debug)]
pub struct Seeder {
    command: Command,
}

impl Seeder {
    /// Seeds `rooms` rooms and their stays over `nights` nights, and returns when everything is decided.
    pub async fn run(mut self, rooms: u32, nights: u32) {
        self.command
            .args(["--rooms", &rooms.to_string()])
            .args(["--nights", &nights.to_string()]);
        let mut command = tokio::process::Command::from(self.command);
        let output = command.kill_on_drop(true).output().await;
        let output = output.expect("`vacancy seed` to start");
        assert!(
            output.status.success(),
            "`vacancy seed` ended with {}: {}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
