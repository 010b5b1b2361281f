//! How current what was delivered is.

use std::time::Duration;

/// How current what was delivered is: of a bucket by a watch, of a stream by an ordered consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// Not everything was delivered yet, for the first time.
    Syncing,
    /// Everything that there is was delivered, also if that is nothing, and changes follow as they happen.
    Live,
    /// There is no connection. What was delivered is as of `since`, on the [client's clock](crate::Client::now).
    Stale {
        /// When the server was last heard of, or when the connection was lost: the time since the Unix epoch.
        since: Duration,
    },
    /// What was delivered was complete once. Something may be missing since, and is being fetched.
    Resyncing,
}
