//! The client: what an application holds.
//!
//! | file | what |
//! |---|---|
//! | `options` | how to connect |
//! | `handle` | [`Client`] and its methods |
//! | `core` | dispatches the session's events to those who wait for them |
//! | `driver` | between the core and its [`Platform`](crate::Platform) |
//! | `engine`, `engine_handle` | state machines that the core drives without knowing them: watches, consumers |
//! | `inbox` | one subscription for the answers to all requests |
//! | `mailbox`, `latest` | what a subscription received and nobody has read |
//! | `drain` | the end of a client that loses nothing |
//! | `weak` | a client that is not kept |
//! | `publish`, `request`, `request_many`, `subscription`, `observe` | futures and streams |

mod core;
mod drain;
mod driver;
#[cfg_attr(not(feature = "jetstream"), allow(dead_code))]
mod engine;
#[cfg(feature = "jetstream")]
mod engine_handle;
mod handle;
mod inbox;
mod latest;
mod mailbox;
mod observe;
mod options;
mod publish;
mod request;
mod request_many;
mod subscription;
#[cfg(feature = "jetstream")]
mod weak;

pub use drain::DrainError;
pub use driver::Driver;
#[cfg(feature = "jetstream")]
pub(crate) use engine::{Engine, Outgoing, ReplyTo};
#[cfg(feature = "jetstream")]
pub(crate) use engine_handle::EngineHandle;
pub use handle::Client;
pub use observe::{ClientEvent, Events, FlushError, StatusChanges};
pub use options::{ConnectError, ConnectOptions};
pub use publish::{OutboundMessage, PublishPolicy, Published};
#[cfg(feature = "jetstream")]
pub(crate) use request::PendingAnswer;
pub use request::{Request, RequestError};
pub use request_many::{Answers, RequestMany};
pub use subscription::{
    SlowConsumerPolicy, SubscribeError, SubscribeOptions, Subscription, SubscriptionError,
};
#[cfg(feature = "jetstream")]
pub(crate) use weak::WeakClient;
