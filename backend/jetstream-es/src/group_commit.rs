//! Group commit: what many commands decide at the same time becomes durable together.
//!
//! A server that syncs each write takes one message for each turn of the disk. An atomic batch (ADR-50) costs a few turns,
//! however many messages it has. So while one commit is under way, the decisions that are made meanwhile gather, and go
//! together when that one is done: few of them each by itself, many as one batch.
//!
//! ```text
//! line        the decisions on one boundary, in this process one after the other
//! carriage    the decisions on one boundary that are stored together, one built on the other
//! committer   takes the carriages that wait, stores them, and tells what became of each
//! execute     the loop of a command: decide, board, wait for the fate
//! publisher   messages without a condition, such as answers, stored together
//! ```
//!
//! It changes nothing of what is promised. Each carriage expects the last sequence of its boundary's filter, as an append
//! of its own would. There is at most one carriage of a boundary in a batch, so no expectation depends on another one.
//! When one of them is not met, nothing of the batch is stored, and its carriages go again in halves, in the end each by
//! itself, so that only those who were overtaken have to decide again. When the answer to a batch is lost, that is the
//! answer to each of its commands, and a command that comes again finds its events, or that there are none.

mod carriage;
mod committer;
mod execute;
mod line;
mod publisher;

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::Connection;
use crate::boundary::Boundary;
use crate::repository::Repository;
use carriage::{Carriage, Load};
use committer::Committer;
use line::{Lines, Visit};
pub use publisher::GroupPublisher;

/// When decisions are stored together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCommit {
    /// So many events go as one batch; fewer go each by itself. On one replica that syncs each write, a batch takes about as
    /// long as ten single messages, because the server puts it into a store of its own first.
    pub batch_from: usize,
    /// A batch has at most so many events; 1,000 is what the server takes unless told otherwise.
    pub batch_up_to: usize,
}

impl Default for GroupCommit {
    fn default() -> Self {
        Self {
            batch_from: 12,
            batch_up_to: 1_000,
        }
    }
}

/// What a repository needs to commit in groups.
pub(crate) struct Group<B: Boundary> {
    lines: Lines<B>,
    departures: mpsc::UnboundedSender<Arc<Carriage>>,
    settings: GroupCommit,
}

impl<B: Boundary> Group<B> {
    /// Starts the committer, which ends with the group.
    pub(crate) fn start(connection: &Connection, settings: GroupCommit) -> Self {
        // Never longer than there are commands at the same time, since each of them waits for the fate of its carriage.
        let (departures, waiting) = mpsc::unbounded_channel();
        let committer = Committer::new(connection.clone(), waiting, settings);
        tokio::spawn(committer.run());
        Self {
            lines: Lines::default(),
            departures,
            settings,
        }
    }

    /// A use of the boundary's line.
    pub(crate) fn visit<'a>(
        &'a self,
        repository: &'a Repository<B>,
        id: &'a B::Id,
    ) -> Visit<'a, B> {
        self.lines.visit(repository, id)
    }

    fn is_full(&self, load: &Load) -> bool {
        load.alone || load.section.messages.len() >= self.settings.batch_up_to
    }
}

impl<B: Boundary> fmt::Debug for Group<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Waits for as long as each turn of the other tasks brings another one. Those whose commit has just ended come again at once
/// with what is next, and would otherwise find that the first of them has left alone.
async fn gather<T>(waiting: &mut mpsc::UnboundedReceiver<T>, gathered: &mut Vec<T>) {
    loop {
        tokio::task::yield_now().await;
        let before = gathered.len();
        while let Ok(another) = waiting.try_recv() {
            gathered.push(another);
        }
        if gathered.len() == before {
            return;
        }
    }
}
