//! Key-value buckets (ADR-8, ADR-48).
//!
//! A bucket is a stream, and a revision of a key is a message in it. A browser that may not ask how the stream is gets by
//! with [`JetStream::key_value`](crate::JetStream::key_value) and a [live watch](crate::live).
//!
//! | file | what |
//! |---|---|
//! | `config`, `manage`, `status` | buckets: made, changed, found, deleted |
//! | `store` | keys: read and written |
//! | `watch` | both watches, as a stream; [`live`](crate::live) is the one without a consumer, as a state machine |
//! | `entry`, `name`, `error` | revisions, names, and what goes wrong |

mod config;
mod entry;
mod error;
mod manage;
mod name;
mod status;
mod store;
mod watch;

pub use config::Config;
pub use entry::{Entry, MarkerReason, Operation};
pub use error::KvError;
pub(crate) use name::check_bucket;
pub use name::{BucketNameError, KeyError};
pub use status::Status;
pub use store::Store;
pub(crate) use watch::{OrderedWatch, Outbox, Start};
pub use watch::{Watch, WatchError, WatchOptions, WatchUpdate};
