//! Where a session connects, when, and as whom; with servers, signers and a clock in memory.
#![cfg(not(target_arch = "wasm32"))]

mod leaving;
mod login;
mod servers;
mod world;
