//! Watches of buckets.
//!
//! | file | what |
//! |---|---|
//! | `options` | what a watch is to tell |
//! | `stream` | a watch as its reader holds it |
//! | `ordered`, `live` | the two kinds, as the client drives them |
//! | `outbox` | what waits for the reader |

mod live;
mod options;
mod ordered;
mod outbox;
mod stream;

pub(crate) use options::Start;
pub use options::WatchOptions;
pub(crate) use ordered::OrderedWatch;
pub(crate) use outbox::Outbox;
pub use stream::Watch;

use super::Entry;
use crate::SyncState;

/// What is new: everything since the last time it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchUpdate {
    pub state: SyncState,
    /// What was delivered before is to be dropped: the bucket was made anew, or too long away to know what was deleted
    /// meanwhile. `entries` are all that is there.
    pub reset: bool,
    /// In the order of their arrival. Within a key revisions grow, and each is delivered once; older ones may be
    /// left out.
    pub entries: Vec<Entry>,
}

/// Why a watch is not live. It tries again by itself unless [`is_final`](Self::is_final).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
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

impl WatchError {
    /// Whether the watch has given up.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }
}
