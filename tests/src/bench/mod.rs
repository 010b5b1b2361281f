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
//! answers        NAME `answers`: from a command to its answer, beside the usual way on Node.js and PostgreSQL
//! faults         NAME `faults`: what is left of a hotel whose parts are killed
//! siege          NAME `siege`: how a hotel bears those who mean it no good
//! screen         NAME `screen`: the board beside the same board in SolidJS
//! desk           a client of the hotel that sends many commands at the same time
//! ledger         who waits for the outcome of which command
//! painted        when something that was clicked, or has changed, is painted
//! metrics        what Chromium counts for a page
//! memory         how much of it a process has
//! postgres       a PostgreSQL of a bench's own
//! ```

pub mod answers;
pub mod board;
pub mod client;
pub mod commands;
mod desk;
pub mod faults;
mod first_board;
mod latency;
mod ledger;
mod memory;
mod metrics;
mod painted;
mod postgres;
pub mod report;
pub mod screen;
pub mod siege;
mod size;
