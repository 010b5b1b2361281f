//! The crate on a real nats-server: an account of a bank, in which no more is withdrawn than was deposited.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bank;
mod deadlines;
mod declare;
mod durability;
mod feed;
mod processor;
mod projector;
mod rebuild;
mod replay;
mod repository;
