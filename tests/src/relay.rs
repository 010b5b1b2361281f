//! A relay between a server and those who connect to it, for networks that fail without a word.
//!
//! A killed server closes its sockets, and every client hears of it at once. A network that is gone does not: the socket
//! stays open and nothing comes any more. Chromium's emulation of being offline leaves WebSockets alone that are open
//! already, so the silence has to be made here.

use tokio::io::{copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ports::Port;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Forwarding,
    Held,
    Deaf,
    Silent,
    Cut,
}

/// Forwards connections until it is silenced or cut. Everything is closed when this is dropped.
#[derive(Debug)]
pub struct Relay {
    port: Port,
    state: watch::Sender<State>,
    _connections: JoinSet<()>,
}

impl Relay {
    /// Forwards to `target`, which is `HOST:PORT`.
    pub async fn start(target: String) -> Self {
        let port = Port::lease();
        let listener = TcpListener::bind(port.address()).await;
        let listener = listener.expect("a leased port is free");
        let (state, _) = watch::channel(State::Forwarding);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, state.subscribe()));
        Self {
            port,
            state,
            _connections: tasks,
        }
    }

    /// From now on nothing is forwarded, and what was sent meanwhile arrives when it is [restored](Self::restore): a network that
    /// is gone for so short a time that nobody gives up a connection.
    pub fn hold(&self) {
        self.state.send_replace(State::Held);
    }

    /// From now on nothing is forwarded: open connections stay open and hang, new ones are closed at once.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// From now on the server hears what open connections say, and they hear nothing of the server. New ones are closed at
    /// once.
    pub fn deafen(&self) {
        self.state.send_replace(State::Deaf);
    }

    /// From now on open connections are closed, and new ones at once.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Forwards new connections again, and those that were held. Those that were silenced go on hanging, as they do after a real
    /// failure.
    pub fn restore(&self) {
        self.state.send_replace(State::Forwarding);
    }

    /// `HOST:PORT` to connect to.
    pub fn address(&self) -> String {
        self.port.address()
    }

    pub fn websocket_url(&self) -> String {
        format!("ws://{}", self.address())
    }
}

async fn accept(listener: TcpListener, target: String, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if matches!(*state.borrow(), State::Forwarding | State::Held) {
            connections.spawn(forward(client, target.clone(), state.clone()));
        }
    }
}

async fn forward(mut client: TcpStream, target: String, mut state: watch::Receiver<State>) {
    if held(&mut state).await != Some(State::Forwarding) {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        // Nobody listens there, and the client learns it by the end of its connection.
        return;
    };
    for side in [&client, &server] {
        // Browsers and servers set this on their sockets. Without it a small message waits for 40 ms for the one before.
        side.set_nodelay(true).expect("an open socket");
    }
    let failure = {
        let mut copying = std::pin::pin!(copy_bidirectional(&mut client, &mut server));
        loop {
            tokio::select! {
                // How it ended is for the two to know, whose sockets are closed now.
                _ = &mut copying => return,
                _ = state.wait_for(|state| *state != State::Forwarding) => {}
            }
            match held(&mut state).await {
                Some(State::Forwarding) => {}
                other => break other,
            }
        }
    };
    match failure {
        // The sockets stay open, and nobody reads them.
        Some(State::Silent) => std::future::pending().await,
        Some(State::Deaf) => {
            let (mut from_server, mut to_server) = server.split();
            let mut nowhere = tokio::io::sink();
            // Until it is cut, or one of the two has had enough.
            tokio::select! {
                _ = copy(&mut client, &mut to_server) => {}
                _ = copy(&mut from_server, &mut nowhere) => {}
                _ = state.wait_for(|state| *state == State::Cut) => {}
            }
        }
        _ => {}
    }
}

/// The state as soon as it is another one than [`State::Held`]; `None` when the relay is gone.
async fn held(state: &mut watch::Receiver<State>) -> Option<State> {
    let state = state.wait_for(|state| *state != State::Held).await;
    state.ok().map(|state| *state)
}
