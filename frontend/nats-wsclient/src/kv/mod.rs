//! Key-value buckets (ADR-8): names, revisions, watches.
//!
//! | file | what |
//! |---|---|
//! | `name` | the names of buckets |
//! | `entry` | a revision of a key |
//! | `watch` | what a watch tells; [`live`](crate::live) is the one without a consumer |

mod entry;
mod name;
mod watch;

pub use entry::{Entry, MarkerReason, Operation};
pub use name::BucketNameError;
pub(crate) use name::check_bucket;
pub(crate) use watch::Outbox;
pub use watch::{WatchError, WatchUpdate};
