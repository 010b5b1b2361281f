//! The crate on a real nats-server: an account of a bank, in which no more is withdrawn than was deposited.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod across;
mod advisories;
mod bank;
mod breaker;
mod choices;
mod deadlines;
mod decisions;
mod declare;
mod durability;
mod feed;
mod group_commit;
mod group_commit_faults;
mod group_publisher;
mod guarded;
mod instances;
mod letters;
#[cfg(feature = "webhook")]
mod notice;
mod parking;
mod processor;
mod projector;
mod reaction;
mod rebuild;
mod recall;
mod records;
mod replay;
mod repository;
mod rests;
mod scenario;
#[cfg(feature = "shred")]
mod shred;
mod snapshots;
mod topic;
