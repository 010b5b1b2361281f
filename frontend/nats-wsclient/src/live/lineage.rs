//! Whether what a server has is still the stream that everything delivered came from.

use crate::Timestamp;
use crate::kv::Entry;

/// Where a message stands in a stream, and when it came there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) sequence: u64,
    pub(super) time: Timestamp,
}

/// What is known of the stream.
///
/// A stream that is deleted and made again counts from one again. So a message that was heard, and has the next sequence,
/// may be of another stream, all of whose messages before it were lost. What was fetched is not: such a page begins with
/// the newest message that is known.
#[derive(Debug)]
pub(super) struct Lineage {
    /// Nothing before this sequence is wanted.
    start: u64,
    /// The newest message that was delivered; everything before it was, too.
    anchor: Option<Anchor>,
    /// The newest message that certainly is of the same stream as everything before it.
    proven: Option<Anchor>,
}

impl Anchor {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            sequence: entry.revision,
            time: entry.created,
        }
    }
}

impl Lineage {
    /// Nothing is known, and nothing before that sequence is wanted.
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            anchor: None,
            proven: None,
        }
    }

    pub(super) fn anchor(&self) -> Option<Anchor> {
        self.anchor
    }

    /// The sequence up to which everything that is wanted was delivered.
    pub(super) fn known(&self) -> u64 {
        self.anchor
            .map_or(self.start.saturating_sub(1), |anchor| anchor.sequence)
    }

    /// The stream has this message after the anchor, which it has too.
    pub(super) fn add_fetched(&mut self, found: Anchor) {
        if self.is_proven() {
            self.proven = Some(found);
        }
        self.anchor = Some(found);
    }

    /// This message was heard, and counts as the next one.
    pub(super) fn add_heard(&mut self, found: Anchor) {
        if self.anchor.is_none() {
            self.proven = Some(found);
        }
        self.anchor = Some(found);
    }

    /// Whether the anchor certainly is of the same stream as everything before it.
    pub(super) fn is_proven(&self) -> bool {
        self.proven == self.anchor
    }

    /// Whether a stream whose first message is this one is the stream of everything that was delivered: it is, if it is no
    /// younger than what is proven.
    pub(super) fn is_continued_by(&self, first: Anchor) -> bool {
        self.proven.is_some_and(|proven| {
            first == proven || (first.sequence < proven.sequence && first.time <= proven.time)
        })
    }

    /// Whether a stream whose first message is this one certainly is another one: it counts lower, and is younger.
    pub(super) fn is_contradicted_by(&self, first: Anchor) -> bool {
        self.proven.is_some_and(|proven| {
            first != proven && first.sequence <= proven.sequence && first.time >= proven.time
        })
    }

    /// The stream that has the anchor is the one of everything before it.
    pub(super) fn prove(&mut self) {
        self.proven = self.anchor;
    }
}
