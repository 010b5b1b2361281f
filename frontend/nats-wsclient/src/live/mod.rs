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
//! delivered in one piece, with [`WatchUpdate::reset`](crate::kv::WatchUpdate::reset).
//!
//! A message that was heard and has the next sequence becomes the anchor without such a proof: all the messages with which
//! a new stream began may have been lost. So the check that asks from time to time whether anything was missed asks for
//! the stream's first message too, unless the anchor was fetched.

mod config;
mod lineage;
mod machine;
mod page;

pub use config::LiveBucket;
pub use machine::{LiveMachine, PageRequest};
