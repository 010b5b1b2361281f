//! Removing many messages of a stream.

use super::Stream;
use crate::jetstream::JetStreamError;
use crate::json::json_object;

/// Which messages to remove: see [`Stream::purge`]. By default all.
///
/// ```
/// let purge = nats_wsclient::jetstream::stream::Purge::all().filter("orders.17.>").keep(1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purge {
    filter: Option<String>,
    sequence: u64,
    keep: u64,
}

json_object!(Purge {
    filter: "filter",
    sequence: "seq",
    keep: "keep",
});

impl Purge {
    /// Everything that the stream has, until [`filter`](Self::filter) and the others say less.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only those of a subject, which may have wildcards.
    #[must_use]
    pub fn filter(mut self, subject: impl Into<String>) -> Self {
        self.filter = Some(subject.into());
        self
    }

    /// Only those before this sequence. Not together with [`keep`](Self::keep).
    #[must_use]
    pub fn up_to(mut self, sequence: u64) -> Self {
        self.sequence = sequence;
        self
    }

    /// All but so many of the last ones. Not together with [`up_to`](Self::up_to).
    #[must_use]
    pub fn keep(mut self, messages: u64) -> Self {
        self.keep = messages;
        self
    }
}

/// How many were removed.
#[derive(Default)]
struct Purged {
    purged: u64,
}
json_object!(Purged { purged: "purged" });

impl Stream {
    /// Removes messages, and tells how many.
    ///
    /// # Errors
    /// When the stream does not allow it, both limits are given, or there is no such stream; see [`JetStreamError`].
    pub async fn purge(&self, what: Purge) -> Result<u64, JetStreamError> {
        let subject = format!("STREAM.PURGE.{}", self.name());
        let answer: Purged = self.js.request(&subject, Some(&what)).await?;
        Ok(answer.purged)
    }
}
