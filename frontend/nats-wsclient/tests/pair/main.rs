//! Sessions and a NATS server in memory, joined by a network that delays, splits, loses and lies, on a clock of its own.
//!
//! Nothing here depends on the machine: a schedule that fails is a seed that fails, every time.
#![cfg(not(target_arch = "wasm32"))]

mod network;
mod scenarios;
mod schedules;
mod server;
mod world;
