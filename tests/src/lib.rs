//! The harness of the end-to-end tests: everything real, everything on loopback, everything gone afterwards.
//!
//! ```text
//! hotel       a nats-server and a backend of a test's own, with rooms in it
//! another     a second hotel on the same server
//! nats        nats-server on the repository's nats-server.conf, which can be killed and restarted
//! backend     `vacancy serve`, which can be stopped and restarted
//! built       a copy of the built board, which a test may change
//! certificates  an authority of a test's own, for hotels that are reached by TLS alone
//! browser     a Chromium with its driver; leaves a screenshot and the console's log when the test fails
//! evidence    what a failed browser test leaves to look at
//! pointer     mouse, finger and keys on a page
//! board       the pages of the SPA as a person uses them
//! tour        every page in every state, for whoever looks at all of them
//! wire        a WebSocket that speaks bare NATS protocol: what a hostile page could send
//! stored      all messages of a stream
//! relay       a network between browsers and server that can fail without a word
//! tools       where the programs are, as `cargo xtask test` says
//! ports       port numbers that no other test takes
//! process     child processes that end with the test, however it ends
//! wait        conditions with a deadline
//! faults      a hotel under load while its parts are killed, and a checker of what is left
//! bench       the measurements of `cargo xtask bench`
//! ```
//!
//! This crate is test code through and through, so its functions panic where an assertion would: with what was
//! expected, what came, and where the evidence is.

// What a failed test has to show goes to standard error, where the test runner captures it.
#![allow(clippy::print_stderr)]

pub mod another;
pub mod backend;
pub mod bench;
pub mod board;
pub mod browser;
pub mod built;
pub mod certificates;
mod evidence;
pub mod faults;
pub mod hotel;
pub mod nats;
pub mod pointer;
pub mod ports;
pub mod process;
pub mod relay;
mod stored;
pub mod tools;
pub mod tour;
pub mod wait;
pub mod wire;
