//! The client: what an application holds.
//!
//! | file | what |
//! |---|---|
//! | `options` | how to connect |
//! | `handle` | [`Client`] and its methods |
//! | `core` | dispatches the session's events to those who wait for them |
//! | `driver` | between the core and its [`Platform`](crate::Platform) |
//! | `inbox` | one subscription for the answers to all requests |
//! | `publish`, `request`, `request_many`, `subscription`, `observe`, `live_watch` | futures and streams |

mod core;
mod driver;
mod handle;
mod inbox;
mod live_watch;
mod observe;
mod options;
mod publish;
mod request;
mod request_many;
mod subscription;

pub use driver::Driver;
pub use handle::Client;
pub use live_watch::LiveWatch;
pub use observe::{FlushError, ServerErrors, StatusChanges};
pub use options::{ConnectError, ConnectOptions};
pub use publish::{OutboundMessage, PublishPolicy, Published};
#[cfg(feature = "jetstream")]
pub(crate) use request::PendingAnswer;
pub use request::{Request, RequestError};
pub use request_many::{Answers, RequestMany};
pub use subscription::{SubscribeError, Subscription, SubscriptionError};
