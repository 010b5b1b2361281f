//! The backend as a program, on a real nats-server: commands in, events, views and answers out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod faults;
mod hotel;
mod mutations;
mod seed;
mod spa;
mod views;
