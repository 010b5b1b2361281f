//! What the board knows and shows, in stories: natively, without a browser.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod board;
mod carry;
mod hotel;
