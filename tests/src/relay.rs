//! A relay between browsers and the server's WebSocket, for networks that fail without a word.
//!
//! A killed server closes its sockets, and every client hears of it at once. A network that is gone does not: the socket
//! stays open and nothing comes any more. Chromium's emulation of being offline leaves WebSockets alone that are open
//! already, so the silence has to be made here.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ports::Port;

/// Forwards connections until it is silenced. Everything is closed when this is dropped.
#[derive(Debug)]
pub struct Relay {
    port: Port,
    silent: watch::Sender<bool>,
    _connections: JoinSet<()>,
}

impl Relay {
    /// Forwards to `target`, which is `HOST:PORT`.
    pub async fn start(target: String) -> Self {
        let port = Port::lease();
        let listener = TcpListener::bind(port.address()).await;
        let listener = listener.expect("a leased port is free");
        let (silent, _) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, silent.subscribe()));
        Self {
            port,
            silent,
            _connections: tasks,
        }
    }

    /// From now on nothing is forwarded: open connections stay open and hang, new ones are closed at once.
    pub fn silence(&self) {
        self.silent.send_replace(true);
    }

    /// Forwards new connections again. Those that hang go on hanging, as they do after a real failure.
    pub fn restore(&self) {
        self.silent.send_replace(false);
    }

    pub fn websocket_url(&self) -> String {
        format!("ws://{}", self.port.address())
    }
}

async fn accept(listener: TcpListener, target: String, silent: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((browser, _)) = listener.accept().await {
        if !*silent.borrow() {
            connections.spawn(forward(browser, target.clone(), silent.clone()));
        }
    }
}

async fn forward(mut browser: TcpStream, target: String, mut silent: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        // Nobody listens there, and the browser learns it by the end of its connection.
        return;
    };
    let silenced = tokio::select! {
        // How it ended is for the two to know, whose sockets are closed now.
        _ = copy_bidirectional(&mut browser, &mut server) => false,
        silent = silent.wait_for(|silent| *silent) => silent.is_ok(),
    };
    if silenced {
        // The sockets stay open, and nobody reads them.
        std::future::pending::<()>().await;
    }
}
