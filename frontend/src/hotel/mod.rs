//! The session with the server: log-in, watches, commands. It drives `nats-wsclient` and knows no component.

mod clock;
mod errands;
mod feeds;
mod hearsay;
mod keep;
mod log_in;
mod role;
mod session;

pub(crate) use clock::{local_time, milliseconds_to_midnight, now, today};
pub(crate) use errands::{Elsewhere, Sending, new_id, random_client};
pub(crate) use feeds::{FeedUpdate, View};
pub(crate) use hearsay::Hearsay;
pub(crate) use log_in::{LogInError, log_in};
pub(crate) use role::Role;
pub(crate) use session::Session;
