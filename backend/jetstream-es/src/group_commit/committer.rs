//! Takes the carriages that wait, stores them, and tells what became of each.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::mpsc;

use super::carriage::{Carriage, Fate, Load};
use super::{GroupCommit, gather};
use crate::Connection;
use crate::append::{Append, Section, append};
use crate::publish::PublishError;

/// One commit after the other.
pub(super) struct Committer {
    connection: Connection,
    waiting: mpsc::UnboundedReceiver<Arc<Carriage>>,
    settings: GroupCommit,
}

/// A carriage that has left.
struct Departed {
    carriage: Arc<Carriage>,
    load: Load,
}

impl Committer {
    pub(super) fn new(
        connection: Connection,
        waiting: mpsc::UnboundedReceiver<Arc<Carriage>>,
        settings: GroupCommit,
    ) -> Self {
        Self {
            connection,
            waiting,
            settings,
        }
    }

    /// Commits until there is nobody left who could have something to commit.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let mut carriages = vec![first];
            gather(&mut self.waiting, &mut carriages).await;
            let (mut together, mut alone) = (Vec::with_capacity(carriages.len()), Vec::new());
            let mut boundaries = HashSet::new();
            let mut events = 0;
            for carriage in carriages {
                let Some(load) = carriage.depart() else {
                    continue;
                };
                if load.alone {
                    alone.push(Departed { carriage, load });
                    continue;
                }
                events += load.section.messages.len();
                // Within a batch, the server compares all expectations of a filter with the state before the batch. A
                // boundary has a second carriage only if whoever boarded the first one has given up waiting for it.
                let again = !boundaries.insert(load.section.filter.clone());
                if again || events > self.settings.batch_up_to {
                    self.commit(std::mem::take(&mut together)).await;
                    boundaries = HashSet::from([load.section.filter.clone()]);
                    events = load.section.messages.len();
                }
                together.push(Departed { carriage, load });
            }
            future::join(self.commit(together), self.commit_each(alone)).await;
        }
    }

    /// Stores the carriages, which are of different boundaries, and tells each what became of it.
    fn commit(&self, mut departed: Vec<Departed>) -> BoxFuture<'_, ()> {
        async move {
            let events = departed.iter().map(|one| one.load.section.messages.len());
            if departed.len() < 2 || events.sum::<usize>() < self.settings.batch_from {
                return self.commit_each(departed).await;
            }
            let sections = departed.iter().map(|one| one.load.section.clone());
            // It has no message id, since there is one for each message only, so there are no repetitions either.
            match append(&self.connection, "", sections.collect()).await {
                Ok(Append::Stored(last)) => {
                    let mut next = last + 1;
                    for Departed { carriage, load } in departed.iter().rev() {
                        let events = load.section.messages.len();
                        next -= events as u64;
                        carriage.tell(Fate::stored(next, events));
                    }
                }
                Err(error) if error.is_transient() => {
                    for Departed { carriage, .. } in departed {
                        carriage.tell(Fate::Failed(error.clone()));
                    }
                }
                // One of them was overtaken, or is refused for another reason, and none is stored.
                Ok(Append::Overtaken | Append::Repeated) | Err(_) => {
                    let second_half = departed.split_off(departed.len() / 2);
                    self.commit(departed).await;
                    self.commit(second_half).await;
                }
            }
        }
        .boxed()
    }

    /// Stores the carriages at the same time, each by itself.
    async fn commit_each(&self, departed: Vec<Departed>) {
        let each = departed.into_iter().map(|one| self.commit_one(one));
        future::join_all(each).await;
    }

    async fn commit_one(&self, Departed { carriage, load }: Departed) {
        let Load {
            commands, section, ..
        } = load;
        let events = section.messages.len();
        if commands.len() == events && events < self.settings.batch_from {
            return carriage.tell(self.commit_in_turn(commands, section).await);
        }
        let command = commands.first().map(String::as_str).unwrap_or_default();
        let stored = append(&self.connection, command, vec![section]).await;
        carriage.tell(match stored {
            Ok(Append::Stored(last)) => Fate::stored(last + 1 - events as u64, events),
            other => unstored(other),
        });
    }

    /// Stores decisions of one event each, one after the other: for few of them that is faster than a batch.
    async fn commit_in_turn(&self, commands: Vec<String>, section: Section) -> Fate {
        let Section {
            filter,
            mut expected,
            messages,
        } = section;
        let mut sequences = Vec::with_capacity(messages.len());
        let mut rest = None;
        for (command, message) in commands.iter().zip(messages) {
            let section = Section {
                filter: filter.clone(),
                expected,
                messages: vec![message],
            };
            match append(&self.connection, command, vec![section]).await {
                Ok(Append::Stored(sequence)) => {
                    sequences.push(sequence);
                    expected = sequence;
                }
                other => {
                    rest = Some(Box::new(unstored(other)));
                    break;
                }
            }
        }
        match rest {
            Some(fate) if sequences.is_empty() => *fate,
            rest => Fate::Stored {
                sequences: sequences.into(),
                rest,
            },
        }
    }
}

/// The fate of what was not stored.
fn unstored(append: Result<Append, PublishError>) -> Fate {
    match append {
        Err(error) => Fate::Failed(error),
        Ok(Append::Repeated) => Fate::Repeated,
        Ok(Append::Overtaken | Append::Stored(_)) => Fate::Overtaken,
    }
}
