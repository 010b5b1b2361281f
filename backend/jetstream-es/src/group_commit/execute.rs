//! The loop of a command: decide, board, wait for the fate.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Group;
use super::carriage::{Carriage, Fate, Load};
use super::line::{Boarded, Working};
use crate::append::{Prepared, Section};
use crate::boundary::Boundary;
use crate::cloud_event::Cause;
use crate::decisions::Eventless;
use crate::execute::{ATTEMPTS, Decided, ExecuteError, Seen, answer};
use crate::publish::PublishError;
use crate::repository::{LoadError, Repository};

/// What a turn in the line came to.
enum Turn<R> {
    End(Result<Decided, ExecuteError<R>>),
    /// The decision is in a carriage.
    Boarded(Ticket),
}

/// Where a decision is.
struct Ticket {
    carriage: Arc<Carriage>,
    /// How many events there are in it up to the last one of the decision.
    up_to: usize,
}

/// What came of deciding.
enum Decision<R> {
    Boarded(Ticket),
    /// The carriage has left, is full, or must not be shared. The decision has to be made again after it.
    Missed,
    WithoutEvent(Eventless<R>),
}

impl<B: Boundary> Repository<B> {
    /// Decides on a command, and has its events stored with those of others.
    pub(crate) async fn execute_in_group<R: Serialize + DeserializeOwned>(
        &self,
        group: &Group<B>,
        id: &B::Id,
        cause: &Cause,
        mut decide: impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
    ) -> Result<Decided, ExecuteError<R>> {
        let visit = group.visit(self, id);
        let mut repeated = false;
        for _ in 0..ATTEMPTS {
            let turn = {
                let mut working = visit.turn().await;
                self.take_turn(group, &mut working, id, cause, &mut decide)
                    .await?
            };
            let Ticket { carriage, up_to } = match turn {
                Turn::End(end) => return end,
                Turn::Boarded(ticket) => ticket,
            };
            let fate = match carriage.arrival().await {
                Fate::Stored { sequences, rest } => match sequences.get(up_to - 1) {
                    Some(last) => return Ok(Decided::Now(*last)),
                    None => rest.map_or(Fate::Overtaken, |rest| *rest),
                },
                fate => fate,
            };
            match fate {
                Fate::Overtaken | Fate::Stored { .. } => {}
                Fate::Repeated if repeated => return Err(ExecuteError::IdTaken),
                Fate::Repeated => repeated = true,
                Fate::Failed(error) => return Err(error.into()),
            }
        }
        let boundary = B::filter(id);
        Err(ExecuteError::Contended { boundary })
    }

    /// Decides while nobody else in this process decides on the boundary.
    async fn take_turn<R: Serialize + DeserializeOwned>(
        &self,
        group: &Group<B>,
        working: &mut Working<B>,
        id: &B::Id,
        cause: &Cause,
        decide: &mut impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
    ) -> Result<Turn<R>, ExecuteError<R>> {
        let filter = B::filter(id);
        let mut newest = false;
        loop {
            if working.has_left() || working.has_boarded(&cause.command) {
                working.arrival().await;
            }
            newest |= self.know(working, id).await?;
            if let Some(sequence) = working.event_of(&cause.command) {
                return Ok(Turn::End(Ok(Decided::Before(sequence))));
            }
            // After the state was seen: whoever refuses the command elsewhere meanwhile has seen a newer one, and then
            // this decision is overtaken.
            if let Some(first) = self.decided_without_event(&filter, cause).await? {
                return Ok(Turn::End(answer(first)));
            }
            let decision = match board(group, working, &filter, cause, decide)? {
                Decision::Boarded(ticket) => return Ok(Turn::Boarded(ticket)),
                Decision::Missed => {
                    working.arrival().await;
                    continue;
                }
                Decision::WithoutEvent(decision) => decision,
            };
            if !newest || working.boarded.is_some() {
                // It may rest on what will not become events, or on yesterday's state.
                working.arrival().await;
                working.stale = true;
                continue;
            }
            let mut seen = [Seen {
                id,
                filter,
                folded: working.folded.take().unwrap_or_default(),
                at_hand: true,
                newest: true,
            }];
            let end = self.settle(&mut seen, cause, decision).await?;
            let [seen] = seen;
            working.folded = Some(seen.folded);
            return Ok(Turn::End(end));
        }
    }

    /// Sees to it that the state is known; says whether it has just been compared with the leader.
    async fn know(&self, working: &mut Working<B>, id: &B::Id) -> Result<bool, LoadError> {
        let Some(folded) = &mut working.folded else {
            let at_hand = self.cache.take(id);
            let newest = at_hand.is_none();
            working.folded = Some(match at_hand {
                Some(folded) => folded,
                None => self.load(id).await?,
            });
            return Ok(newest);
        };
        if working.boarded.is_none() {
            self.take_snapshot_if_due(id, folded);
        }
        if !working.stale {
            return Ok(false);
        }
        self.catch_up(id, folded).await?;
        working.stale = false;
        Ok(true)
    }
}

/// Decides on what is known and on what is in the carriage, and boards it, or a new one.
fn board<B: Boundary, R>(
    group: &Group<B>,
    working: &mut Working<B>,
    filter: &str,
    cause: &Cause,
    decide: &mut impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
) -> Result<Decision<R>, ExecuteError<R>> {
    let boarded = working.boarded.as_ref();
    let carriage = boarded.map(|boarded| Arc::clone(&boarded.carriage));
    // Held while deciding, so that it does not leave meanwhile.
    let mut open = carriage.as_ref().map(|carriage| carriage.load());
    if let Some(open) = &open
        && open.as_ref().is_none_or(|load| group.is_full(load))
    {
        return Ok(Decision::Missed);
    }
    working.build_on_boarded();
    let folded = working.folded.get_or_insert_default();
    let events = match decide(&folded.state) {
        Ok(events) if events.is_empty() => {
            let position = folded.position;
            return Ok(Decision::WithoutEvent(Eventless::Nothing { position }));
        }
        Ok(events) => events,
        Err(refusal) => return Ok(Decision::WithoutEvent(Eventless::Refused { refusal })),
    };
    let prepare = |event: &B::Event| Prepared::new::<B>(event, cause);
    let events = events.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let (section, recorded) = Section::of(filter.to_owned(), folded.position, events);
    let alone = section.asks_more_than_a_batch_gives();

    if let (Some(Some(load)), Some(boarded), Some(carriage)) =
        (open.as_deref_mut(), &mut working.boarded, &carriage)
    {
        if alone {
            return Ok(Decision::Missed);
        }
        // The expectation of the first decision in the carriage stands for all.
        load.commands.push(cause.command.clone());
        load.section.messages.extend(section.messages);
        boarded.events.extend(recorded);
        return Ok(Decision::Boarded(Ticket {
            carriage: Arc::clone(carriage),
            up_to: boarded.events.len(),
        }));
    }
    let carriage = Arc::new(Carriage::new(Load {
        commands: vec![cause.command.clone()],
        section,
        alone,
    }));
    let up_to = recorded.len();
    working.boarded = Some(Boarded::new(Arc::clone(&carriage), recorded));
    if group.departures.send(Arc::clone(&carriage)).is_err() {
        carriage.tell(Fate::Failed(PublishError::Refused {
            subject: filter.to_owned(),
            reason: "the task that commits has ended".to_owned(),
        }));
    }
    Ok(Decision::Boarded(Ticket { carriage, up_to }))
}
