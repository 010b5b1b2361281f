//! A client that is not kept.

use std::rc::{Rc, Weak};

use super::driver::Inner;
use super::handle::Client;

/// What belongs to a client and does not keep it: the connection is closed when the application lets go of the last
/// [`Client`], whatever messages and streams it still holds.
#[derive(Debug, Clone)]
pub(crate) struct WeakClient(Weak<Inner>);

impl Client {
    pub(crate) fn downgrade(&self) -> WeakClient {
        WeakClient(Rc::downgrade(&self.inner))
    }
}

impl WeakClient {
    pub(crate) fn upgrade(&self) -> Option<Client> {
        self.0.upgrade().map(Client::new)
    }
}
