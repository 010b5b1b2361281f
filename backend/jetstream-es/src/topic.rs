//! Typed publishers and listeners for plain use: messages that are no events of a boundary, such as what other programs
//! are told.
//!
//! A [`Topic`] binds a place in a stream to the type of its payloads, an enum like that of a boundary's events. A
//! [`Publisher`] writes CloudEvents there and waits for the server to have stored them; a [`Listener`] is a durable
//! consumer whose messages are shared by all who open it under the same name (a queue group), each of them acknowledged
//! by itself, and delivered again if it is not.
//!
//! A listener's messages come in any order once one of them was delivered again. Whoever needs order has a
//! [`Feed`](crate::Feed).

mod listener;
mod publisher;

use std::fmt;
use std::marker::PhantomData;

pub use listener::{AckError, Heard, Listener, ListenerSpec};
pub use publisher::{Published, Publisher, SendError};

use crate::upcast::Upcaster;

/// What goes where: a stream, the subjects in it, and the type of what is written there. Meant for a constant.
///
/// ```
/// use jetstream_es::topic::Topic;
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # #[serde(tag = "type", content = "data")]
/// # enum Billing { #[serde(rename = "billing.invoice-sent.v1")] InvoiceSent { number: u64 } }
/// const BILLING: Topic<Billing> = Topic::new("billing", "billing.*", "/billing", |message| match message {
///     Billing::InvoiceSent { number } => format!("billing.{number}"),
/// });
/// ```
pub struct Topic<T> {
    stream: &'static str,
    filter: &'static str,
    source: &'static str,
    subject: fn(&T) -> String,
    upcasters: &'static [Upcaster],
    payload: PhantomData<fn() -> T>,
}

impl<T> Topic<T> {
    /// A topic in `stream`: all subjects that `filter` matches, written by programs that call themselves `source` (the
    /// CloudEvents attribute). `subject` says where a payload goes, which must be matched by the filter.
    pub const fn new(
        stream: &'static str,
        filter: &'static str,
        source: &'static str,
        subject: fn(&T) -> String,
    ) -> Self {
        Self {
            stream,
            filter,
            source,
            subject,
            upcasters: &[],
            payload: PhantomData,
        }
    }

    /// Lifts old versions of payloads when they are read.
    #[must_use]
    pub const fn lifted_by(mut self, upcasters: &'static [Upcaster]) -> Self {
        self.upcasters = upcasters;
        self
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Topic<T> {}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("stream", &self.stream)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
