//! Messages that a consumer is asked for (ADR-13, ADR-37, ADR-42).
//!
//! | file | what |
//! |---|---|
//! | `options` | [`Pull`]: how much is asked for, and for how long |
//! | `machine` | asks, counts what arrives, and asks again; without I/O and without a clock |
//! | `status` | what the consumer answers in place of messages |
//! | `error` | [`PullError`] |
//! | `messages` | [`Messages`]: the stream that an application reads |

mod error;
mod machine;
mod messages;
mod options;
mod status;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use error::PullError;
pub use messages::Messages;
pub use options::Pull;
