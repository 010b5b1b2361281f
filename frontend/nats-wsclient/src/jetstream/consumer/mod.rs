//! Consumers: what a stream remembers for those who read it.

mod config;
mod info;
mod manage;

pub use config::{AckPolicy, Config, DeliverPolicy, PriorityPolicy, ReplayPolicy};
pub use info::{Info, PriorityGroupState, SequenceInfo};
pub use manage::Paused;
