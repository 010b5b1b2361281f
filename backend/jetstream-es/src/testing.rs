//! A real nats-server for tests: its own folder, a free port, and every write on the disk before it is acknowledged.
//!
//! Whatever goes wrong here is the end of the test, so it panics and says why.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use tempfile::TempDir;

use crate::Connection;

/// The environment variable that names the nats-server to test on.
pub const BINARY: &str = "VACANCY_NATS_SERVER";

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A nats-server with JetStream that is killed when this is dropped. It takes connections without a user, and those of the
/// users `backend` and `sys`, who is its operator, without a password.
#[derive(Debug)]
pub struct Server {
    // Before the folder it writes to, since fields are dropped in this order.
    process: Option<Process>,
    folder: TempDir,
    /// 0 until the server has chosen one.
    port: u16,
    syncs: Syncs,
}

/// When the server syncs what it acknowledges, and whether it tells so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    /// Each write before it is acknowledged.
    EachWrite,
    /// Each write before it is acknowledged, and the account may not ask about it.
    EachWriteAndDoesNotSay,
    /// Every two minutes, as nats-server does by default.
    Later,
}

impl Syncs {
    fn conf(self) -> (&'static str, &'static str) {
        match self {
            Self::EachWrite => ("always", QUESTION),
            Self::EachWriteAndDoesNotSay => ("always", ""),
            Self::Later => ("2m", QUESTION),
        }
    }
}

/// What lets the account ask how the server syncs: see [`durability`](crate::durability).
const QUESTION: &str =
    "imports: [{ service: { account: SYS, subject: \"$SYS.REQ.SERVER.PING.JSZ\" } }]";

#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Server {
    /// Starts a server in an empty folder and waits until it answers.
    ///
    /// # Panics
    /// When [`BINARY`] is not set, or the server does not start.
    pub async fn start() -> Self {
        Self::start_that(Syncs::EachWrite).await
    }

    /// Starts a server that syncs in this way.
    ///
    /// # Panics
    /// As [`start`](Self::start) does.
    pub async fn start_that(syncs: Syncs) -> Self {
        let mut server = Self {
            process: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
            port: 0,
            syncs,
        };
        server.restart().await;
        server
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts the server again on the port and the files it had, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        let binary = std::env::var_os(BINARY).unwrap_or_else(|| {
            panic!("{BINARY} does not name a nats-server: run `cargo xtask test`, which sets it")
        });
        let folder = self.folder.path();
        let port = match self.port {
            0 => "-1".to_owned(),
            port => port.to_string(),
        };
        let (sync_interval, imports) = self.syncs.conf();
        let conf = format!(
            "listen: \"127.0.0.1:{port}\"\nports_file_dir: {folder:?}\n\
             jetstream {{ store_dir: {folder:?}, sync_interval: {sync_interval} }}\n\
             accounts {{\n\
               APP {{ jetstream: enabled, users: [{{ user: backend }}], {imports} }}\n\
               SYS {{ users: [{{ user: sys }}], exports: [{{ service: \"$SYS.REQ.SERVER.PING.JSZ\", response_type: stream, accounts: [APP] }}] }}\n\
             }}\n\
             system_account: SYS\nno_auth_user: backend\n"
        );
        let conf_file = folder.join("nats-server.conf");
        fs::write(&conf_file, conf).expect("a file in the temporary folder");
        let log = fs::File::create(folder.join("nats-server.log")).expect("a log");
        let child = Command::new(&binary)
            .arg("-c")
            .arg(&conf_file)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{binary:?} does not start: {error}"));
        let ports = folder.join(format!("nats-server_{}.ports", child.id()));
        self.process = Some(Process(child));
        self.port = self.answering_port(&ports).await;
    }

    async fn answering_port(&mut self, ports: &Path) -> u16 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(port) = port(ports) {
                let url = format!("127.0.0.1:{port}");
                // JetStream answers a moment after the port does.
                if let Ok(client) = async_nats::connect(url).await
                    && async_nats::jetstream::new(client)
                        .query_account()
                        .await
                        .is_ok()
                {
                    return port;
                }
            }
            let ended = self.process.as_mut().map(|process| process.0.try_wait());
            let runs = matches!(ended, Some(Ok(None)));
            assert!(
                runs && Instant::now() < deadline,
                "nats-server did not start: {}",
                fs::read_to_string(self.folder.path().join("nats-server.log")).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The address to connect to.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where its files are, those of JetStream among them.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What each connection has subscribed to, as the server says it (`CONNZ`).
    ///
    /// # Panics
    /// When the server does not say.
    pub async fn subscriptions(&self) -> Vec<String> {
        let options = ConnectOptions::with_user_and_password("sys".to_owned(), String::new());
        let operator = options.connect(self.url()).await;
        let operator = operator.unwrap_or_else(|error| panic!("{error}"));
        let question = r#"{"subscriptions":true}"#.into();
        let answer = operator.request("$SYS.REQ.SERVER.PING.CONNZ", question);
        let answer = answer.await.unwrap_or_else(|error| panic!("{error}"));
        let answer: serde_json::Value =
            serde_json::from_slice(&answer.payload).expect("an answer in JSON");
        let connections = answer["data"]["connections"].as_array();
        let connections = connections.expect("connections").iter();
        let lists =
            connections.filter_map(|connection| connection["subscriptions_list"].as_array());
        lists
            .flatten()
            .filter_map(|subject| Some(subject.as_str()?.to_owned()))
            .collect()
    }

    /// A new connection.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connect(&self) -> Connection {
        let options = ConnectOptions::new()
            .request_timeout(Some(Duration::from_secs(5)))
            .reconnect_delay_callback(|_| Duration::from_millis(20));
        let connection = Connection::open(options, &self.url()).await;
        connection.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The port in the file that the server writes once it listens.
fn port(ports: &Path) -> Option<u16> {
    let text = fs::read_to_string(ports).ok()?;
    let ports: serde_json::Value = serde_json::from_str(&text).ok()?;
    let url = ports.get("nats")?.get(0)?.as_str()?;
    url.rsplit_once(':')?.1.parse().ok()
}
