//! Between the core, which does no I/O, and the platform, which does nothing else.

use std::cell::{RefCell, RefMut};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::core::Core;
use super::options::CredentialsProvider;
use crate::Platform;
use crate::proto::{Io, LoginId, Subject};

/// The client's inside, shared by its clones. Everything else that an application holds refers to it weakly: the client
/// is closed when the last clone goes.
pub(super) struct Inner {
    core: RefCell<Core>,
    platform: Box<dyn Platform>,
    provider: Option<CredentialsProvider>,
    inbox_prefix: Subject,
    request_timeout: Duration,
    drain_timeout: Duration,
}

/// The way back from a [`Platform`] to its client. It does nothing once the client is gone.
#[derive(Clone)]
pub struct Driver {
    inner: Weak<Inner>,
}

impl Inner {
    pub(super) fn start(
        core: Core,
        provider: Option<CredentialsProvider>,
        inbox_prefix: Subject,
        request_timeout: Duration,
        drain_timeout: Duration,
        platform: Box<dyn Platform>,
    ) -> Rc<Self> {
        let inner = Rc::new(Self {
            core: RefCell::new(core),
            platform,
            provider,
            inbox_prefix,
            request_timeout,
            drain_timeout,
        });
        inner.platform.attach(inner.driver());
        inner.drive(|_, _| {});
        inner
    }

    pub(super) fn inbox_prefix(&self) -> &Subject {
        &self.inbox_prefix
    }

    pub(super) fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    pub(super) fn drain_timeout(&self) -> Duration {
        self.drain_timeout
    }

    pub(super) fn now(&self) -> Duration {
        self.platform.now()
    }

    /// A new identifier.
    pub(super) fn nuid(&self) -> String {
        crate::nuid::encode(self.platform.random())
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&Core) -> T) -> T {
        look(&self.core.borrow())
    }

    /// Does something that is to be sent at the end of what runs now, together with everything else until then.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Core, Duration) -> T) -> T {
        let now = self.platform.now();
        self.write_timeless(|core| change(core, now))
    }

    /// Does something like that, whatever the time is: asking for it takes as long as publishing.
    pub(super) fn write_timeless<T>(&self, change: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.begin();
        let result = change(&mut core);
        self.flush_later(&mut core);
        result
    }

    /// Tells the core that something happened, and does everything that follows from it.
    pub(super) fn drive(self: &Rc<Self>, happened: impl FnOnce(&mut Core, Duration)) {
        let mut core = self.begin();
        let now = self.platform.now();
        happened(&mut core, now);
        self.follow(core, now);
    }
}

/// What comes before and after is the same whatever happens in between, so that the page has it once.
impl Inner {
    fn begin(&self) -> RefMut<'_, Core> {
        let mut core = self.core.borrow_mut();
        if core.session.is_socket_behind() {
            core.session.set_unsent(self.platform.unsent());
        }
        core
    }

    fn flush_later(&self, core: &mut Core) {
        if !core.flush_is_due {
            core.flush_is_due = true;
            self.platform.defer();
        }
    }

    fn follow(self: &Rc<Self>, mut core: RefMut<'_, Core>, now: Duration) {
        let mut sent = false;
        loop {
            core.process(now);
            core.session.transmit(|bytes| {
                sent = true;
                self.platform.send(bytes);
            });
            match core.session.poll_io() {
                Some(Io::Open) => {
                    let url = core.session.url().map(ToString::to_string);
                    if let Err(reason) = self.platform.open(&url.unwrap_or_default()) {
                        core.session.handle_refused(now, reason);
                    }
                }
                Some(Io::Authorize(id)) => self.authorize(id),
                Some(Io::Sign(id)) => self.sign(&core, id),
                Some(Io::Close) => self.platform.close(),
                None => break,
            }
        }
        // Asking the socket takes longer than reading a message, and most of what happens sends nothing.
        if sent || core.session.is_socket_behind() {
            core.session.set_unsent(self.platform.unsent());
        }
        self.platform.set_timer(core.poll_timeout());
    }

    /// Asks whoever has them for credentials.
    fn authorize(self: &Rc<Self>, id: LoginId) {
        let Some(provider) = self.provider.clone() else {
            return;
        };
        let driver = self.driver();
        self.platform.spawn(Box::pin(async move {
            let answer = provider.ask().await;
            driver.drive(|core, now| core.session.handle_credentials(now, id, answer));
        }));
    }

    fn sign(self: &Rc<Self>, core: &Core, id: LoginId) {
        let Some((signer, nonce)) = core.session.challenge() else {
            return;
        };
        let (signer, nonce, driver) = (Rc::clone(signer), nonce.to_owned(), self.driver());
        self.platform.spawn(Box::pin(async move {
            let answer = signer.sign(nonce.as_bytes()).await;
            driver.drive(|core, now| core.session.handle_signature(now, id, answer));
        }));
    }

    fn driver(self: &Rc<Self>) -> Driver {
        Driver {
            inner: Rc::downgrade(self),
        }
    }
}

impl Driver {
    /// The socket is open.
    pub fn opened(&self) {
        self.drive(|core, now| core.session.handle_open(now));
    }

    /// A binary message of `length` bytes arrived, which `fill` writes to where they are to be.
    pub fn received(&self, length: usize, fill: impl FnOnce(&mut [u8])) {
        self.drive(|core, now| core.session.handle_input_with(now, length, fill));
    }

    /// A text message arrived.
    pub fn received_text(&self) {
        self.drive(|core, now| core.session.handle_text(now));
    }

    /// The socket was closed by its peer, or could not be opened; code and reason are those of RFC 6455.
    pub fn closed(&self, code: u16, reason: &str) {
        self.drive(|core, now| core.session.handle_close(now, code, reason));
    }

    /// The timer has fired.
    pub fn timer(&self) {
        self.drive(|core, now| core.session.handle_timeout(now));
    }

    /// The page woke up or was shown, or its network came or went: the connection may be dead.
    pub fn woke(&self) {
        self.drive(|core, now| core.session.handle_wake(now));
    }

    /// What ran is at its end.
    pub fn flush(&self) {
        self.drive(|core, _| core.flush_is_due = false);
    }

    fn drive(&self, happened: impl FnOnce(&mut Core, Duration)) {
        if let Some(inner) = self.inner.upgrade() {
            inner.drive(happened);
        }
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("inbox_prefix", &self.inbox_prefix)
            .finish_non_exhaustive()
    }
}
