//! The browser as a [`Platform`].
//!
//! It uses web-sys directly and not gloo-net: gloo-net's WebSocket hides `bufferedAmount`, makes a `Vec` and two
//! wake-ups of every message, and tells errors and closes apart in a way that a browser does not.

mod clock;
mod exception;
mod scope;
mod socket;
mod timer;
mod wake;
#[cfg(feature = "nkeys")]
mod web_crypto;

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use wasm_bindgen::closure::Closure;

use crate::client::Driver;
use crate::platform::Platform;
use clock::Clock;
use scope::Scope;
use socket::Socket;
use timer::Timer;
use wake::WakeListeners;

#[cfg(feature = "nkeys")]
pub(crate) use web_crypto::sign_with_seed;
#[cfg(feature = "nkeys")]
pub use web_crypto::{NonExtractableKey, WebCryptoError};

/// 22 letters and digits that nobody can guess and nobody else has: one token of a subject, or a message id.
///
/// # Panics
/// Where there is no `crypto.getRandomValues`, which every page and every worker has.
pub fn nuid() -> String {
    crate::nuid::encode(Scope::current().expect("a page or a worker").random())
}

/// 32 bytes that nobody can guess.
#[cfg(feature = "nkeys")]
pub(crate) fn random_seed() -> [u8; 32] {
    let scope = Scope::current().expect("a page or a worker");
    let mut seed = [0; 32];
    for half in seed.chunks_exact_mut(16) {
        let [first, second] = scope.random();
        half[..8].copy_from_slice(&first.to_le_bytes());
        half[8..].copy_from_slice(&second.to_le_bytes());
    }
    seed
}

/// A page, or a worker.
pub(crate) struct Browser {
    scope: Scope,
    clock: Clock,
    /// The one socket. Whatever takes its place drops it first.
    socket: RefCell<Option<Socket>>,
    attached: OnceCell<Attached>,
}

/// What exists once there is a driver to report to.
struct Attached {
    driver: Driver,
    timer: Timer,
    flush: Closure<dyn FnMut()>,
    _wake: WakeListeners,
}

impl Browser {
    /// `None` in neither a page nor a worker.
    pub(crate) fn new() -> Option<Self> {
        let scope = Scope::current()?;
        Some(Self {
            clock: Clock::new(&scope)?,
            scope,
            socket: RefCell::new(None),
            attached: OnceCell::new(),
        })
    }
}

impl Platform for Browser {
    fn attach(&self, driver: Driver) {
        self.attached.get_or_init(|| Attached {
            timer: Timer::new(self.scope.clone(), self.clock.clone(), driver.clone()),
            flush: Closure::new({
                let driver = driver.clone();
                move || driver.flush()
            }),
            _wake: WakeListeners::new(&self.scope, &driver),
            driver,
        });
    }

    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn random(&self) -> [u64; 2] {
        self.scope.random()
    }

    fn open(&self, url: &str) -> Result<(), String> {
        self.close();
        let attached = self.attached.get().ok_or("the platform is not attached")?;
        let socket = Socket::open(url, &attached.driver)?;
        self.socket.replace(Some(socket));
        Ok(())
    }

    fn close(&self) {
        self.socket.take();
    }

    fn send(&self, bytes: &[u8]) {
        if let Some(socket) = &*self.socket.borrow() {
            socket.send(bytes);
        }
    }

    fn unsent(&self) -> usize {
        self.socket.borrow().as_ref().map_or(0, Socket::unsent)
    }

    fn set_timer(&self, at: Option<Duration>) {
        if let Some(attached) = self.attached.get() {
            attached.timer.set(at);
        }
    }

    fn defer(&self) {
        if let Some(attached) = self.attached.get() {
            self.scope.queue_microtask(&attached.flush);
        }
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()>>>) {
        wasm_bindgen_futures::spawn_local(future);
    }
}
