//! What a watch is busy with.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    /// There is no connection.
    Offline,
    /// Nothing to do until it is checked whether something was missed.
    Idle {
        next_check: Duration,
    },
    Fetching(Page),
    Retrying {
        at: Duration,
    },
    /// Given up.
    Ended,
}

/// A page that is being received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) id: u64,
    pub(super) aim: Aim,
    /// The sequence of the last message of this page, 0 before the first.
    pub(super) last: u64,
    /// Something of it was delivered.
    pub(super) brought: bool,
    /// When the server last said something of this page.
    pub(super) heard: Duration,
}

/// What a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// Begins with the anchor, shows whether it is still there, and brings what comes after it.
    Verify,
    /// Began where the anchor was, which is no longer there. What it brings is put aside.
    Unproven,
    /// Is the very first message of the stream, and shows whether the stream is older than what is known of it.
    Probe,
    /// Is the newest message: what is there already is not wanted.
    Newest,
    /// Is what comes after the anchor, of the same stream.
    Continue,
}
