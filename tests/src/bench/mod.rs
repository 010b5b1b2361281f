//! The measurements of `cargo xtask bench NAME`.
//!
//! Each prints JSON objects, one a line, and asserts nothing about times: what is, is printed.
//!
//! ```text
//! report         the lines
//! board          NAME `board`: how fast the board lives, and how large it is
//! latency          from a click, or a publish, to the bar on the other screen
//! size             what a browser has to load
//! first_board      from the navigation to the first complete board
//! client         NAME `client`: nats-wsclient beside nats.js and a bare WebSocket
//! commands       NAME `commands`: jetstream-es beside cqrs-es on PostgreSQL
//! faults         NAME `faults`: what is left of a hotel whose parts are killed
//! ```

pub mod board;
pub mod client;
pub mod commands;
pub mod faults;
mod first_board;
mod latency;
pub mod report;
mod size;
