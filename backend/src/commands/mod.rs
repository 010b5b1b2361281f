//! Commands: taken from the stream, read, decided by the handler of their flow, answered.
//!
//! Commands about the same room are decided one after the other, in the order in which the stream took them; those about
//! different rooms at the same time. The answer to one holds up no other. A command is acknowledged when its outcome is stored, so one that was interrupted
//! comes again, and finds its own event if it got that far.

pub mod backlog;
pub mod catalogue;
pub mod gate;
pub mod inbox;
pub mod look_up;
pub mod once;
pub mod outcomes;
pub mod pace;
mod read;
pub mod send;

pub use outcomes::{Answers, Outcomes};
