//! Consumers: what a stream remembers for those who read it.
//!
//! | file | what |
//! |---|---|
//! | `config`, `info` | how a consumer is to be, and how it is |
//! | `manage` | making, changing, finding and deleting consumers |
//! | `handle` | [`Consumer`]: a consumer by its name |
//! | [`ordered`] | [`OrderedConsumer`]: the messages of a stream in their order, for one reader |
//! | `pull` | [`Messages`] that a consumer is asked for |

mod config;
mod handle;
mod info;
mod manage;
pub mod ordered;
mod pull;

pub use config::{AckPolicy, Config, DeliverPolicy, PriorityPolicy, ReplayPolicy};
pub use handle::Consumer;
pub use info::{Info, PriorityGroupState, SequenceInfo};
pub use manage::Paused;
pub use ordered::{
    OrderedConfig, OrderedConsumer, OrderedConsumerError, OrderedError, OrderedEvent,
    OrderedMessage,
};
pub use pull::{Messages, Pull, PullError};
