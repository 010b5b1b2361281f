//! Key-value buckets (ADR-8, ADR-48).
//!
//! A bucket is a stream, and a revision of a key is a message in it. A browser that may not ask how the stream is gets by
//! with `JetStream::key_value` and a [live watch](crate::live).
//!
//! | file | what |
//! |---|---|
//! | `config`, `manage`, `status` | buckets: made, changed, found, deleted |
//! | `store` | keys: read and written |
//! | `watch` | what a watch tells; [`live`](crate::live) is the one without a consumer |
//! | `entry`, `name`, `error` | revisions, names, and what goes wrong |

#[cfg(feature = "kv")]
mod config;
mod entry;
#[cfg(feature = "kv")]
mod error;
#[cfg(feature = "kv")]
mod manage;
mod name;
#[cfg(feature = "kv")]
mod status;
#[cfg(feature = "kv")]
mod store;
mod watch;

#[cfg(feature = "kv")]
pub use config::Config;
pub use entry::{Entry, MarkerReason, Operation};
#[cfg(feature = "kv")]
pub use error::KvError;
pub(crate) use name::check_bucket;
pub use name::{BucketNameError, KeyError};
#[cfg(feature = "kv")]
pub use status::Status;
#[cfg(feature = "kv")]
pub use store::Store;
#[cfg(feature = "kv")]
pub use watch::Watch;
pub(crate) use watch::{Outbox, Start};
pub use watch::{WatchError, WatchOptions, WatchUpdate};
