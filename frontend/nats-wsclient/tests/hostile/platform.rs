//! A platform whose socket is the test's hand.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use nats_wsclient::{Client, ConnectOptions, Driver, Platform};

const GREETING: &[u8] = b"INFO {\"headers\":true,\"max_payload\":1048576}\r\n";

/// What the client did with its platform, and the way back.
#[derive(Default)]
pub(crate) struct Hand {
    driver: RefCell<Option<Driver>>,
    pub(crate) dials: Cell<usize>,
    pub(crate) is_open: Cell<bool>,
    /// Bytes that were given to the socket, and that it has not sent.
    pub(crate) unsent: Cell<usize>,
    /// Whether the peer reads what is sent.
    pub(crate) reads: Cell<bool>,
    /// What was sent last.
    sent: RefCell<Vec<u8>>,
    timer: Cell<Option<Duration>>,
    now: Cell<Duration>,
}

struct InHand(Rc<Hand>);

impl Platform for InHand {
    fn attach(&self, driver: Driver) {
        self.0.driver.replace(Some(driver));
    }

    fn now(&self) -> Duration {
        self.0.now.get()
    }

    fn random(&self) -> [u64; 2] {
        [1, 2]
    }

    fn open(&self, _url: &str) -> Result<(), String> {
        assert!(!self.0.is_open.replace(true), "one socket at a time");
        self.0.dials.set(self.0.dials.get() + 1);
        Ok(())
    }

    fn close(&self) {
        self.0.is_open.set(false);
        self.0.unsent.set(0);
    }

    fn send(&self, bytes: &[u8]) {
        assert!(self.0.is_open.get());
        self.0.sent.replace(bytes.to_vec());
        if !self.0.reads.get() {
            self.0.unsent.set(self.0.unsent.get() + bytes.len());
        }
    }

    fn spawn(&self, _future: Pin<Box<dyn Future<Output = ()>>>) {
        panic!("nothing here has a key to sign with");
    }

    fn unsent(&self) -> usize {
        self.0.unsent.get()
    }

    fn set_timer(&self, at: Option<Duration>) {
        self.0.timer.set(at);
    }

    fn defer(&self) {}
}

impl Hand {
    /// A client that is connected to it.
    pub(crate) fn connect(options: ConnectOptions) -> (Client, Rc<Self>) {
        let hand = Rc::new(Self::default());
        hand.reads.set(true);
        let mut connecting = pin!(options.connect_over("ws://hostile", InHand(Rc::clone(&hand))));
        assert!(connecting.as_mut().now_or_never().is_none());
        hand.accept();
        let client = connecting.now_or_never().expect("the handshake is over");
        (client.expect("a connection"), hand)
    }

    /// Plays the server's part of the handshake.
    pub(crate) fn accept(&self) {
        self.driver().opened();
        self.say(GREETING);
        self.say(b"PONG\r\nPONG\r\n");
    }

    pub(crate) fn say(&self, bytes: &[u8]) {
        self.driver()
            .received(bytes.len(), |space| space.copy_from_slice(bytes));
    }

    /// Where the last request that was published wants its answer.
    pub(crate) fn reply(&self) -> String {
        let sent = String::from_utf8_lossy(&self.sent.borrow()).into_owned();
        let inbox = sent.split(' ').rfind(|word| word.starts_with("_INBOX."));
        let inbox = inbox.filter(|inbox| !inbox.contains('*'));
        inbox.unwrap_or_else(|| panic!("{sent}")).to_owned()
    }

    /// Lets time pass until the timer fires.
    pub(crate) fn wait(&self) {
        self.now.set(self.timer.get().expect("a timer"));
        self.driver().timer();
    }

    /// What was asked for in this turn is done at its end.
    pub(crate) fn end_turn(&self) {
        self.driver().flush();
    }

    fn driver(&self) -> Driver {
        self.driver.borrow().clone().expect("attached")
    }
}
