//! A network that fails: between a client and a server, below the WebSocket.
//!
//! It cuts, delays, splits into single bytes, and goes silent in one direction without anybody being told, as a network
//! that is gone does: the socket stays open, what is sent disappears.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, spawn_local};

/// Forwards connections until it is dropped.
pub(crate) struct Proxy {
    port: u16,
    weather: Rc<Weather>,
    accepting: JoinHandle<()>,
}

/// How the network is. What changes while a connection lives changes it, too.
#[derive(Default)]
struct Weather {
    /// New connections are closed at once.
    refuses: Cell<bool>,
    /// Bytes are forwarded one by one.
    splits: Cell<bool>,
    /// How long it takes until what was read is sent.
    delay: Cell<Duration>,
    connections: RefCell<Vec<Connection>>,
}

struct Connection {
    forwarding: [JoinHandle<()>; 2],
    /// What is sent in this direction disappears: to the client, to the server.
    silent: [Rc<Cell<bool>>; 2],
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    ToClient,
    ToServer,
}

impl Proxy {
    /// Forwards to a server on this machine.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let weather = Rc::new(Weather::default());
        let accepting = spawn_local(accept(listener, target, Rc::clone(&weather)));
        Self {
            port,
            weather,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Breaks every connection.
    pub(crate) fn cut(&self) {
        for connection in self.weather.connections.take() {
            connection.cut();
        }
    }

    /// From now on, what is sent over the connections that there are disappears on this way.
    pub(crate) fn silence(&self, way: Way) {
        for connection in &*self.weather.connections.borrow() {
            connection.silent[way as usize].set(true);
        }
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        self.weather.refuses.set(refuses);
    }

    pub(crate) fn split(&self, splits: bool) {
        self.weather.splits.set(splits);
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.weather.delay.set(delay);
    }

    /// From now on new connections work as they should. Those that hang go on hanging.
    pub(crate) fn heal(&self) {
        self.refuse(false);
        self.split(false);
        self.delay(Duration::ZERO);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Connection {
    fn cut(self) {
        for forwarding in self.forwarding {
            forwarding.abort();
        }
    }
}

async fn accept(listener: TcpListener, target: u16, weather: Rc<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        if weather.refuses.get() {
            continue;
        }
        // Nobody listens there: the client learns it by the end of its connection.
        let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
            continue;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("pieces are sent at once");
        }
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let silent = [(); 2].map(|()| Rc::new(Cell::new(false)));
        let forward = |from, to, way| {
            let silent = Rc::clone(&silent[way as usize]);
            spawn_local(forward(from, to, silent, Rc::clone(&weather)))
        };
        let forwarding = [
            forward(from_server, to_client, Way::ToClient),
            forward(from_client, to_server, Way::ToServer),
        ];
        let connection = Connection { forwarding, silent };
        weather.connections.borrow_mut().push(connection);
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    silent: Rc<Cell<bool>>,
    weather: Rc<Weather>,
) {
    let mut buffer = vec![0; 16 * 1_024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delay = weather.delay.get();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let piece = if weather.splits.get() { 1 } else { length };
        for piece in buffer[..length].chunks(piece) {
            // The other end may have gone; its own direction tells.
            if !silent.get() && to.write_all(piece).await.is_err() {
                return;
            }
        }
    }
    if silent.get() {
        // The end disappears, too: both halves stay as they are until the connection is cut.
        std::future::pending::<()>().await;
    }
}
