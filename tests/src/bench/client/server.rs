//! A nats-server with the least in its configuration.

use std::fs;
use std::process::Command;

use async_nats::Client;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::ports::Port;
use crate::process::Process;
use crate::{tools, wait};

/// It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    // Before the folder it writes to, since fields are dropped in this order.
    process: Process,
    _folder: TempDir,
    clients: Port,
    websocket: Port,
}

impl Server {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (clients, websocket) = (Port::lease(), Port::lease());
        // A page that is slower than the publisher is what is measured here, and no reason to disconnect it.
        let text = format!(
            "listen: \"{}\"
            max_pending: 1GB
            write_deadline: \"60s\"
            websocket {{ listen: \"{}\", no_tls: true }}
            jetstream {{ store_dir: \"store\" }}",
            clients.address(),
            websocket.address()
        );
        fs::write(folder.path().join("nats-server.conf"), text).expect("a configuration");
        let mut command = Command::new(tools::nats_server());
        command
            .args(["-c", "nats-server.conf"])
            .current_dir(folder.path());
        let log = folder.path().join("nats-server.log");
        let mut server = Self {
            process: Process::start("nats-server", command, &log),
            _folder: folder,
            clients,
            websocket,
        };
        wait::until("nats-server to be ready", async || {
            server.process.assert_running();
            TcpStream::connect(server.websocket.address()).await.ok()
        })
        .await;
        server
    }

    /// Connects over TCP.
    pub(super) async fn connect(&self) -> Client {
        let url = format!("nats://{}", self.clients.address());
        async_nats::connect(url).await.expect("a connection")
    }

    /// Where the page connects to.
    pub(super) fn websocket_url(&self) -> String {
        format!("ws://{}", self.websocket.address())
    }

    /// `HOST:PORT` of the same.
    pub(super) fn websocket_address(&self) -> String {
        self.websocket.address()
    }
}
