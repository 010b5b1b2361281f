//! The rules of the hotel, as a hotelier would tell them.
//!
//! A test is a story of commands, written shortly: `book 1 12 3` is client 1 who books room 101 from 12 December 2022 for
//! three nights (`world.rs` has all of them). What has happened before is a story, too.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod any_room;
mod arrivals;
mod blocks;
mod booking;
mod changes;
mod erasing;
mod holds;
mod housekeeping;
mod staff;
mod undoing;
mod views;
mod whatever_happens;
mod world;
