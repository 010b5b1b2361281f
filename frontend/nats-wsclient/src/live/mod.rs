//! The live watch: all keys of a bucket, from now on, without a consumer on the server.
//!
//! A consumer per watch costs the server state, and the client a machinery to find out that its consumer is gone. This
//! watch needs three things of the server that keep no state at all:
//!
//! - the bucket's stream **republishes** each write, `$KV.<bucket>.>` as `live.<bucket>.>`, with its sequence and time
//!   in headers;
//! - **direct get** answers "the next messages from sequence N on" (ADR-31);
//! - sequences are **contiguous**: every write has the next one, and every write is republished.
//!
//! So the watch subscribes, then pages what was there before, and merges both by sequence. A hole in the sequences of
//! what is republished means that something was missed. Then, and after each reconnect, the watch asks for what is newer
//! than the newest that it knows of.
//!
//! [`LiveMachine`] does this without I/O and without a clock.
//!
//! # Is it still the same bucket?
//! A bucket that was deleted and made again counts from one again, and what is known of it is worthless. The newest
//! message that is known is the **anchor**, and each catch-up begins with it: if the server still has it, with the same
//! time, it is the same stream. If it was overwritten since, the stream's first message decides: one that is older than
//! the anchor cannot be of a stream that was made after it. If it is not the same, a whole snapshot is taken and
//! delivered in one piece, with [`LiveUpdate::reset`].

mod config;
mod entry;
mod machine;
mod outbox;
mod page;

use std::time::Duration;

pub use config::{BucketNameError, LiveBucket};
pub use entry::{LiveEntry, Operation};
pub use machine::{LiveMachine, PageRequest};

/// What is new: everything since the last time it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUpdate {
    pub state: LiveState,
    /// What was delivered before is to be dropped: the bucket was made anew, or too long away to know what was deleted
    /// meanwhile. `entries` are all that is there.
    pub reset: bool,
    /// In the order of their arrival. Within a key revisions grow, and each is delivered once; older ones may be
    /// left out.
    pub entries: Vec<LiveEntry>,
}

/// How current what was delivered is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    /// Something may be missing, and is being fetched.
    Syncing,
    /// Everything that the bucket has was delivered, also if that is nothing, and changes follow as they happen.
    Live,
    /// There is no connection. What was delivered is as of `since`, on the clock that the machine is driven by.
    Stale { since: Duration },
}

/// Why a watch is not live. It tries again by itself unless [`is_final`](Self::is_final).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    #[error(
        "the bucket {bucket:?} cannot be read: it does not exist, does not allow direct get, or is not exported to this account"
    )]
    BucketMissing { bucket: String },
    #[error("the server did not answer in time when it was asked for the bucket {bucket:?}")]
    NoAnswer { bucket: String },
    #[error("watching needs the permission for {subject:?}: ask for it")]
    Denied { subject: String },
    #[error(
        "the server answered {code} {description:?} when it was asked for the bucket {bucket:?}"
    )]
    Unexpected {
        bucket: String,
        code: u16,
        description: String,
    },
    #[error(
        "a message on {subject:?} has not the headers of a revision: does the stream republish with its headers?"
    )]
    Malformed { subject: String },
}

impl LiveError {
    /// Whether the watch has given up.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }
}
