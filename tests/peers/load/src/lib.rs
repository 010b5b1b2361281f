//! What both sides of `cargo xtask bench commands` do: the same commands, decided by the same rules, drawn from the same
//! distribution, measured in the same way. Each side brings a [`Store`] that appends the events.
//!
//! ```text
//! room     the domain: a room whose nights are sold one after the other
//! dice     random numbers from a seed, and Zipf's distribution over the rooms
//! run      clients that each send one command after the other, and what came of it
//! ```

mod dice;
mod room;
mod run;

pub use dice::{Dice, Zipf};
pub use room::{Book, Event, Refusal, Room, sold_once};
pub use run::{Answer, Load, Measured, Store, Wish, run};
