//! The crate on a real nats-server: an account of a bank, in which no more is withdrawn than was deposited.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod advisories;
mod across;
mod bank;
mod breaker;
mod deadlines;
mod decisions;
mod declare;
mod durability;
mod feed;
#[cfg(feature = "webhook")]
mod notice;
mod processor;
mod group_commit;
mod group_commit_faults;
mod projector;
mod rebuild;
mod replay;
mod repository;
mod scenario;
mod snapshots;
mod topic;
