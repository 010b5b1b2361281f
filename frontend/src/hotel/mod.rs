//! The session with the server: log-in, watches, commands. It drives `nats-wsclient` and knows no component.
//!
//! ```text
//! http       requests to the server that the page came from
//! log_in     from a password or a one-time link to a session
//! place      of which hotel the page is
//! ticket     how long the session is good, its renewal, its end
//! session    the connection, and who has it
//! link_fault why there is none
//! feeds      the watches of the read models
//! errands    commands, on their way; keep and hearsay: over a reload, and from tab to tab
//! presence   who looks at which stay
//! snapshots  what the board knows, for a start without a connection
//! staff      what a manager asks for about the staff
//! ```

mod clock;
mod errands;
mod feeds;
mod hearsay;
mod http;
mod keep;
mod link_fault;
mod log_in;
mod place;
mod presence;
mod session;
mod snapshots;
mod staff;
mod ticket;

pub(crate) use clock::{local_day_and_time, local_time, milliseconds_to_midnight, now, today};
pub(crate) use errands::{Elsewhere, Sending, new_id, random_client};
pub(crate) use feeds::{FeedUpdate, View};
pub(crate) use hearsay::Hearsay;
pub(crate) use keep::{keep_hold, kept_hold};
pub(crate) use link_fault::LinkFault;
pub(crate) use log_in::{
    LogInError, enter_as_guest, forget_session, log_in, redeem, resume, whose,
};
pub(crate) use session::Session;
pub(crate) use ticket::Over;
