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
    /// How current everything is that was delivered, `entries` included.
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
    /// The watch begins, or goes on, once it can be read.
    #[error(
        "the bucket \"{bucket}\" cannot be read: it does not exist, does not allow direct get, or is not exported to this account"
    )]
    BucketMissing {
        /// Its name.
        bucket: String,
    },
    /// The request was sent, and is sent again.
    #[error("the server did not answer in time when it was asked for the bucket \"{bucket}\"")]
    NoAnswer {
        /// Its name.
        bucket: String,
    },
    /// The last item.
    #[error("watching needs the permission for \"{subject}\": ask for it")]
    Denied {
        /// What the client may not publish or subscribe to.
        subject: String,
    },
    /// The server refused a request for entries, or for a consumer.
    #[error(
        "the server answered {code} \"{description}\" when it was asked for the bucket \"{bucket}\""
    )]
    Unexpected {
        /// Its name.
        bucket: String,
        /// As in HTTP.
        code: u16,
        /// The server's reason.
        description: String,
    },
    /// Nothing was taken from it. The watch asks the bucket for what is missing.
    #[error(
        "a message on \"{subject}\" has not the headers of a revision: does the stream republish with its headers?"
    )]
    Malformed {
        /// What it came on.
        subject: String,
    },
}

impl WatchError {
    /// Whether the watch has given up.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }
}
