//! The life of a connection, told byte by byte, with a server and a clock in memory.
#![cfg(not(target_arch = "wasm32"))]

mod attempts;
mod messages;
mod silence;
mod world;
