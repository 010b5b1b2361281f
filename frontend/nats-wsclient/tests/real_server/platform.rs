//! A [`Platform`] on tokio and a real WebSocket, for one thread.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use nats_wsclient::{Driver, Platform};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_local};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};

pub(crate) struct Tokio {
    driver: OnceCell<Driver>,
    started: (Duration, Instant),
    socket: RefCell<Option<Socket>>,
    timer: RefCell<Option<JoinHandle<()>>>,
    cookies: Cookies,
}

/// What a browser sends along with each handshake, as the header `Cookie` has it: none, if it is empty.
pub(crate) type Cookies = Rc<RefCell<String>>;

/// Dropping it closes the socket, after what was sent before, and lets nothing of it be reported any more.
struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    current: Rc<Cell<bool>>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.current.set(false);
    }
}

impl Tokio {
    pub(crate) fn new() -> Self {
        Self::with_cookies(Cookies::default())
    }

    pub(crate) fn with_cookies(cookies: Cookies) -> Self {
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        Self {
            driver: OnceCell::new(),
            started: (epoch, Instant::now()),
            socket: RefCell::new(None),
            timer: RefCell::new(None),
            cookies,
        }
    }

    fn driver(&self) -> Driver {
        self.driver.get().expect("attached").clone()
    }
}

impl Platform for Tokio {
    fn attach(&self, driver: Driver) {
        assert!(self.driver.set(driver).is_ok(), "attached twice");
    }

    fn now(&self) -> Duration {
        self.started.0 + self.started.1.elapsed()
    }

    fn random(&self) -> [u64; 2] {
        [0; 2].map(|_| getrandom::u64().expect("entropy"))
    }

    fn open(&self, url: &str) -> Result<(), String> {
        let (outgoing, incoming) = mpsc::unbounded_channel();
        let current = Rc::new(Cell::new(true));
        spawn_local(run(
            url.to_owned(),
            self.cookies.borrow().clone(),
            self.driver(),
            incoming,
            Rc::clone(&current),
        ));
        let before = self.socket.replace(Some(Socket { outgoing, current }));
        let is_over = before.is_none_or(|before| !before.current.get());
        assert!(is_over, "there was a socket already");
        Ok(())
    }

    fn close(&self) {
        self.socket.take();
    }

    fn send(&self, bytes: &[u8]) {
        if let Some(socket) = &*self.socket.borrow() {
            // The task that sends may have ended with its socket.
            let _ = socket.outgoing.send(Message::binary(bytes.to_vec()));
        }
    }

    fn unsent(&self) -> usize {
        0
    }

    fn set_timer(&self, at: Option<Duration>) {
        let timer = at.map(|at| {
            let (driver, delay) = (self.driver(), at.saturating_sub(self.now()));
            spawn_local(async move {
                tokio::time::sleep(delay).await;
                // The timer is dropped, and this task with it, when it is set anew.
                spawn_local(async move { driver.timer() });
            })
        });
        if let Some(before) = self.timer.replace(timer) {
            before.abort();
        }
    }

    fn defer(&self) {
        let driver = self.driver();
        spawn_local(async move { driver.flush() });
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()>>>) {
        spawn_local(future);
    }
}

impl Drop for Tokio {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.abort();
        }
    }
}

async fn run(
    url: String,
    cookies: String,
    driver: Driver,
    mut outgoing: mpsc::UnboundedReceiver<Message>,
    current: Rc<Cell<bool>>,
) {
    let tell = |happened: &dyn Fn()| {
        if current.get() {
            happened();
        }
    };
    let closed = |code, reason: &str| {
        if current.replace(false) {
            driver.closed(code, reason);
        }
    };
    let mut request = url.into_client_request().expect("an address");
    if !cookies.is_empty() {
        let value = HeaderValue::from_str(&cookies).expect("a header");
        request.headers_mut().insert(header::COOKIE, value);
    }
    let Ok((socket, _)) = connect_async(request).await else {
        closed(1006, "");
        return;
    };
    let (mut sink, mut stream) = socket.split();
    tell(&|| driver.opened());
    loop {
        tokio::select! {
            message = outgoing.recv() => {
                let sent = match message {
                    Some(message) => sink.send(message).await,
                    None => {
                        // The client let go of the socket.
                        let _ = sink.close().await;
                        return;
                    }
                };
                if sent.is_err() {
                    closed(1006, "");
                    return;
                }
            }
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    tell(&|| driver.received(bytes.len(), |space| space.copy_from_slice(&bytes)));
                }
                Some(Ok(Message::Text(_))) => tell(&|| driver.received_text()),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                    closed(code, &reason);
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    closed(1006, "");
                    return;
                }
            }
        }
    }
}
