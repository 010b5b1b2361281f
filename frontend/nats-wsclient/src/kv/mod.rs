//! Key-value buckets (ADR-8): names, revisions, watches.
//!
//! | file | what |
//! |---|---|
//! | `name` | the names of buckets and keys |
//! | `entry` | a revision of a key |
//! | `watch` | what a watch tells; [`live`](crate::live) is the one without a consumer |

mod entry;
mod name;
mod watch;

pub use entry::{Entry, MarkerReason, Operation};
pub(crate) use name::check_bucket;
pub use name::{BucketNameError, KeyError};
pub(crate) use watch::{Outbox, Start};
pub use watch::{WatchError, WatchOptions, WatchUpdate};
