//! The end-to-end tests: real nats-server, real backend, real Chromium. `cargo xtask test` runs them.

// A helper that cannot go on fails its test, as the test itself does.
#![allow(clippy::unwrap_used)]

mod accessible;
mod accounts;
mod answers;
mod bad_http;
mod bad_messages;
mod clocks;
mod command_line;
mod contract;
mod day;
mod escapes;
mod full;
mod gate;
mod guest;
mod hotels;
mod housekeeping;
mod idempotency;
mod installed;
mod limits;
mod live;
mod matrix;
mod moves;
mod offline;
mod outage;
mod page;
mod parked;
mod presence;
mod printed;
mod privacy;
mod race;
mod refused;
mod room_types;
mod search;
mod secrets;
mod sessions;
mod signing_in;
mod stay;
mod storage;
mod tabs;
mod timeline;
mod tls;
mod views;
