//! What a watch is to tell.

use crate::kv::name::{check_filter, matches, overlap};
use crate::kv::{Entry, KeyError};

/// Which keys are watched, from when on, and what is told of them.
///
/// ```
/// use nats_wsclient::kv::WatchOptions;
///
/// let options = WatchOptions::new().keys(["rooms.*", "prices.>"]).ignore_deletes();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// Filters of keys; none for all of them.
    keys: Vec<String>,
    pub(crate) start: Start,
    ignore_deletes: bool,
    pub(crate) headers_only: bool,
}

/// What a watch begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Start {
    /// The last revision of each key.
    #[default]
    Last,
    /// All revisions that the bucket keeps.
    History,
    /// What is written from now on.
    Updates,
    /// What was written from this revision on.
    Revision(u64),
}

impl WatchOptions {
    /// All keys, beginning with the last revision of each.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds filters: a key, or one in which `*` stands for a token and a final `>` for one or more.
    #[must_use]
    pub fn keys<K: Into<String>>(mut self, filters: impl IntoIterator<Item = K>) -> Self {
        self.keys.extend(filters.into_iter().map(Into::into));
        self
    }

    /// Begins with all revisions that the bucket keeps, and leaves none of them out.
    #[must_use]
    pub fn with_history(mut self) -> Self {
        self.start = Start::History;
        self
    }

    /// Tells only what is written from now on. The watch is complete at once.
    #[must_use]
    pub fn updates_only(mut self) -> Self {
        self.start = Start::Updates;
        self
    }

    /// Begins with the revisions from this one on, of all the keys.
    #[must_use]
    pub fn from_revision(mut self, revision: u64) -> Self {
        self.start = Start::Revision(revision);
        self
    }

    /// Leaves out what removes a key.
    #[must_use]
    pub fn ignore_deletes(mut self) -> Self {
        self.ignore_deletes = true;
        self
    }

    /// Leaves out the values.
    #[must_use]
    pub fn headers_only(mut self) -> Self {
        self.headers_only = true;
        self
    }

    pub(crate) fn check(&self) -> Result<(), KeyError> {
        self.keys.iter().try_for_each(|filter| check_filter(filter))
    }

    /// The filters for a consumer. Those of one may not overlap; then it delivers everything, and what is not wanted is left
    /// out here.
    pub(crate) fn server_filters(&self) -> &[String] {
        let keys = &self.keys;
        let clash = keys.iter().enumerate().any(|(index, filter)| {
            let others = keys.iter().skip(index + 1);
            others.into_iter().any(|other| overlap(filter, other))
        });
        if clash { &[] } else { keys }
    }

    /// Whether a reader wants it.
    pub(crate) fn wants(&self, entry: &Entry) -> bool {
        let of_key = |filter: &String| matches(filter, &entry.key);
        (entry.is_put() || !self.ignore_deletes)
            && (self.keys.is_empty() || self.keys.iter().any(of_key))
    }
}
