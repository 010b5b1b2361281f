//! Several hotels on one server. Each has accounts, streams, buckets, staff and pages of its own, and they share nothing but the
//! programs (ADR 31). The first one is that of `nats-server.conf`; the keys of the others are in a folder.
//!
//! ```text
//! accounts    the accounts of a hotel, made from those of nats-server.conf
//! folder      the keys of the other hotels, and the file of theirs that the server includes
//! opening     from a connection to a hotel that works
//! identities  who the staff of each are, for the callout
//! others      opens the other hotels beside the first one, and those that are added meanwhile
//! errand      what an operator's tool asks of the backend about them
//! ```

pub mod accounts;
pub mod errand;
pub mod folder;
pub mod identities;
pub mod opening;
pub mod others;
