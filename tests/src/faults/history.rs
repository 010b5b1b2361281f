//! What clients note: what they asked for, and what they were told.

use std::collections::BTreeMap;
use std::time::Instant;

use shared::cloud_event::MessageId;
use shared::outcome::Outcome;

use super::plan::Fault;

/// A command from its sender's point of view.
#[derive(Debug, Clone)]
pub struct Entry {
    pub command: &'static str,
    /// The first acknowledgement by the stream: when it came, and the sequence in it. A rival has none.
    pub acknowledged: Option<(Instant, u64)>,
    /// How often it was published before that.
    pub tries: usize,
    /// Whether a stranger has sent a command with its id afterwards, and that was acknowledged.
    pub by_stranger: bool,
    /// Every outcome that its sender heard, and when.
    pub told: Vec<(Instant, Outcome)>,
}

/// All commands of a round by their ids.
pub type History = BTreeMap<MessageId, Entry>;

/// A fault as it was carried out.
#[derive(Debug, Clone, Copy)]
pub struct Happened {
    pub fault: Fault,
    pub at: Instant,
    /// When what had failed was there again.
    pub over: Instant,
}

/// How long after the fault somebody was told of the outcome of a command that was accepted after it. `None` if nobody was,
/// because the load had ended.
pub fn recovery(history: &History, happened: Happened) -> Option<std::time::Duration> {
    let accepted_after = history
        .values()
        .filter(|entry| entry.acknowledged.is_some_and(|(at, _)| at > happened.at));
    let first = accepted_after
        .filter_map(|entry| entry.told.first())
        .map(|(at, _)| *at)
        .min()?;
    Some(first - happened.at)
}
