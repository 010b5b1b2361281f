//! The loop of a command: recognise it, decide on it, append its events, and decide again when somebody was faster.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::append::{Append, Prepared, Section, append};
use crate::boundary::{Boundary, Folded};
use crate::cloud_event::{self, Cause, EncodeError};
use crate::decisions::{DecisionError, Eventless};
use crate::history;
use crate::publish::PublishError;
use crate::repository::{LoadError, Repository};

/// How often a command is decided before it gives way. Each time somebody else was faster, so a boundary that needs this
/// many is one that everybody writes to, which is a mistake in its filter.
pub(crate) const ATTEMPTS: usize = 16;

/// What became of a command that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Its events have been appended, the last one with this sequence.
    Now(u64),
    /// It had been done before, the last event of that has this sequence; nothing was appended.
    Before(u64),
    /// There was nothing to do, now or when the command came for the first time. The last event that this was decided on
    /// had this sequence, 0 if there was none.
    Nothing(u64),
}

impl Decided {
    /// The sequence of the last event in the state that the command has led to.
    pub fn sequence(self) -> u64 {
        match self {
            Self::Now(sequence) | Self::Before(sequence) | Self::Nothing(sequence) => sequence,
        }
    }
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// The decider refused it, on the newest state there is; now, or when the command came for the first time.
    #[error("refused")]
    Refused(R),
    /// The state is not known.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The events were not stored, or it is not known whether they were. The command may be tried again: if they were, it
    /// finds them.
    #[error(transparent)]
    Append(#[from] PublishError),
    /// An event cannot be written.
    #[error("an event could not be written: {0}")]
    Encode(#[from] EncodeError),
    /// Whether the command was refused before is not known, or that it is refused now could not be kept.
    #[error(transparent)]
    Decision(DecisionError),
    /// Another [actor](Cause::actor) has used the command's id, and nobody is told what came of the command of somebody else.
    #[error("another actor has sent a command with this id: each command needs an id of its own")]
    OfAnother,
    /// The decider decided on nothing, and there is nowhere to keep that.
    #[error(
        "the decision has no event, so the command would not be recognised when it comes again: \
         give the repository a bucket for such decisions (`Repository::deciding_once`)"
    )]
    NoEvent,
    /// A decision over several boundaries has events in some of them only. What was seen of the others would not be
    /// checked when they are appended.
    #[error(
        "a decision over several boundaries must have an event in each of them or none at all, and there is none \
         in {boundary}"
    )]
    Unguarded {
        /// The filter of the boundary without an event.
        boundary: String,
    },
    /// The same boundary was named twice.
    #[error("{boundary} is named twice: a command on one boundary is decided by `execute`")]
    NamedTwice {
        /// The filter of the boundary.
        boundary: String,
    },
    /// The event has a message id of its own ([`Boundary::options`]) that a message of another command has, too.
    #[error(
        "the stream has a message with this message id already, and it is of another command: \
         an id of `Boundary::options` must be used once"
    )]
    IdTaken,
    /// Others were faster each time.
    #[error("gave way after {ATTEMPTS} decisions, each overtaken by another writer of {boundary}")]
    Contended {
        /// The filter of the boundary.
        boundary: String,
    },
}

impl<R> From<DecisionError> for ExecuteError<R> {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::OfAnother => Self::OfAnother,
            error => Self::Decision(error),
        }
    }
}

impl<R> ExecuteError<R> {
    /// Whether the same command could be done a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Load(LoadError::Read(_)) | Self::Contended { .. } => true,
            Self::Append(error) => error.is_transient(),
            Self::Decision(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// A boundary that is being decided on.
pub(crate) struct Seen<'a, B: Boundary> {
    pub(crate) id: &'a B::Id,
    pub(crate) filter: String,
    pub(crate) folded: Folded<B>,
    pub(crate) at_hand: bool,
    /// Whether the state has been compared with the leader.
    pub(crate) newest: bool,
}

/// What a try at a command came to.
enum Try<R> {
    End(Result<Decided, ExecuteError<R>>),
    /// The states have to be brought up to date, and decided on again.
    Again,
    /// The same, and the newest states should have events of the command.
    Repeated,
}

impl<B: Boundary> Repository<B> {
    /// Decides on a command and appends its events; does so again when somebody else has appended meanwhile.
    ///
    /// `decide` is called with states that are newer and newer. A command whose events are there already is not decided
    /// at all, nor is one that is known to have been refused ([`deciding_once`](Repository::deciding_once)). An id belongs to the
    /// [actor](Cause::actor) who has used it first, if actors are told.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with what `decide` says, [`ExecuteError::OfAnother`] for the id of somebody else's command, and
    /// the ways in which storage fails.
    pub async fn execute<R: Serialize + DeserializeOwned>(
        &self,
        id: &B::Id,
        cause: &Cause,
        mut decide: impl FnMut(&B::State) -> Result<Vec<B::Event>, R>,
    ) -> Result<Decided, ExecuteError<R>> {
        if let Some(group) = self.group() {
            let decided = self.execute_in_group(group, id, cause, decide).await?;
            return self.of_its_actor(cause, decided).await;
        }
        let decide = |[state]: [&B::State; 1]| decide(state).map(|events| [events]);
        self.execute_across([id], cause, decide).await
    }

    /// Decides on a command that is about several boundaries, and appends its events to all of them or to none, in one
    /// atomic batch (ADR-50). Each boundary has to be as it was seen.
    ///
    /// `decide` gets the states in the order of `ids`, and says the events of each. The same command names them in the same
    /// order when it comes again: a refusal is kept under the first one. The stream must have been declared
    /// with `allow_atomic`, and a batch has at most 1,000 events.
    ///
    /// # Errors
    /// As [`execute`](Repository::execute); and [`ExecuteError::Unguarded`] when there are events for some of the
    /// boundaries only.
    pub async fn execute_across<R: Serialize + DeserializeOwned, const N: usize>(
        &self,
        ids: [&B::Id; N],
        cause: &Cause,
        decide: impl FnMut([&B::State; N]) -> Result<[Vec<B::Event>; N], R>,
    ) -> Result<Decided, ExecuteError<R>> {
        let decided = self.execute_in_turns(ids, cause, decide).await?;
        self.of_its_actor(cause, decided).await
    }

    /// What was done before, unless somebody else has done it: an id may be guessed, or used twice by mistake.
    async fn of_its_actor<R>(
        &self,
        cause: &Cause,
        decided: Decided,
    ) -> Result<Decided, ExecuteError<R>> {
        if let (Decided::Before(sequence), Some(_)) = (decided, &cause.actor) {
            let event = history::at(self.connection(), B::STREAM, sequence).await;
            // What cannot be read was understood when it was folded, so it has been deleted since.
            let event = event.map_err(LoadError::from)?;
            let metadata = event
                .and_then(|event| cloud_event::read_metadata(&event.headers, &event.payload).ok());
            let actor = metadata.and_then(|metadata| metadata.actor);
            if cause.is_of_another_than(actor.as_deref()) {
                return Err(ExecuteError::OfAnother);
            }
        }
        Ok(decided)
    }

    async fn execute_in_turns<R: Serialize + DeserializeOwned, const N: usize>(
        &self,
        ids: [&B::Id; N],
        cause: &Cause,
        mut decide: impl FnMut([&B::State; N]) -> Result<[Vec<B::Event>; N], R>,
    ) -> Result<Decided, ExecuteError<R>> {
        // Two commands on the same boundaries wait for each other in the same order.
        let mut in_order = ids.to_vec();
        in_order.sort_by_cached_key(|id| B::filter(id));
        in_order.dedup();
        let lines = self.group().into_iter().flat_map(|group| {
            let visit = |id| group.visit(self, id);
            in_order.iter().copied().map(visit)
        });
        let lines: Vec<_> = lines.collect();
        let mut quiet = Vec::with_capacity(lines.len());
        for line in &lines {
            quiet.push(line.quiet().await);
        }
        let mut seen = ids.map(|id| {
            let at_hand = self.cache.take(id);
            Seen::<B> {
                id,
                filter: B::filter(id),
                newest: false,
                at_hand: at_hand.is_some(),
                folded: at_hand.unwrap_or_default(),
            }
        });
        if let Some(twice) = named_twice(&seen) {
            return Err(ExecuteError::NamedTwice { boundary: twice });
        }
        for cold in seen.iter_mut().filter(|seen| !seen.at_hand) {
            cold.folded = self.load(cold.id).await?;
            cold.newest = true;
        }
        let mut repeated = false;
        for _ in 0..ATTEMPTS {
            match self.attempt(&mut seen, cause, &mut decide).await? {
                Try::End(end) => {
                    for seen in seen {
                        self.keep(seen.id, seen.folded);
                    }
                    return end;
                }
                Try::Repeated if repeated => return Err(ExecuteError::IdTaken),
                Try::Repeated => repeated = true,
                Try::Again => {}
            }
            for seen in &mut seen {
                self.bring_up_to_date(seen).await?;
            }
        }
        let boundaries = seen.map(|seen| seen.filter);
        Err(ExecuteError::Contended {
            boundary: boundaries.join(" and "),
        })
    }

    async fn attempt<R: Serialize + DeserializeOwned, const N: usize>(
        &self,
        seen: &mut [Seen<'_, B>; N],
        cause: &Cause,
        decide: &mut impl FnMut([&B::State; N]) -> Result<[Vec<B::Event>; N], R>,
    ) -> Result<Try<R>, ExecuteError<R>> {
        if let Some(sequence) = event_of(seen, &cause.command) {
            return Ok(Try::End(Ok(Decided::Before(sequence))));
        }
        // After the states were seen: whoever refuses the command elsewhere meanwhile has seen newer ones, and then this
        // decision is overtaken.
        if let Some(seen) = seen.first()
            && let Some(first) = self.decided_without_event(&seen.filter, cause).await?
        {
            return Ok(Try::End(answer(first)));
        }
        let events = match decide(seen.each_ref().map(|seen| &seen.folded.state)) {
            Ok(events) if events.iter().any(|events| !events.is_empty()) => events,
            _ if seen.iter().any(|seen| !seen.newest) => return Ok(Try::Again),
            Ok(_) => {
                let position = seen.iter().map(|seen| seen.folded.position).max();
                let nothing = Eventless::Nothing {
                    position: position.unwrap_or_default(),
                };
                let end = self.settle(seen, cause, nothing).await?;
                return Ok(Try::End(end));
            }
            Err(refusal) => {
                let refused = Eventless::Refused { refusal };
                let end = self.settle(seen, cause, refused).await?;
                return Ok(Try::End(end));
            }
        };

        let mut sections = Vec::with_capacity(N);
        let mut recorded = Vec::new();
        for (number, (seen, events)) in seen.iter().zip(events).enumerate() {
            let prepare = |event: &B::Event| Prepared::new::<B>(event, cause);
            let events = events.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
            let boundary = seen.filter.clone();
            if events.is_empty() {
                return Err(ExecuteError::Unguarded { boundary });
            }
            let (section, events) = Section::of(boundary, seen.folded.position, events);
            sections.push(section);
            recorded.extend(events.into_iter().map(|event| (number, event)));
        }
        let last = match append(self.connection(), &cause.command, sections).await? {
            Append::Overtaken => return Ok(Try::Again),
            Append::Repeated => return Ok(Try::Repeated),
            Append::Stored(last) => last,
        };
        let first = last + 1 - recorded.len() as u64;
        for ((number, event), sequence) in recorded.into_iter().zip(first..) {
            seen[number].folded.apply(&event, sequence);
        }
        Ok(Try::End(Ok(Decided::Now(last))))
    }

    /// The decision that was made on the command when it came before, if it left no event.
    pub(crate) async fn decided_without_event<R: DeserializeOwned>(
        &self,
        filter: &str,
        cause: &Cause,
    ) -> Result<Option<Eventless<R>>, DecisionError> {
        match self.decisions() {
            Some(decisions) => decisions.get(filter, cause).await,
            None => Ok(None),
        }
    }

    /// Keeps a decision that leaves no event. Another one that was there before is the answer, and so are events of the
    /// command that have come meanwhile.
    pub(crate) async fn settle<R: Serialize + DeserializeOwned>(
        &self,
        seen: &mut [Seen<'_, B>],
        cause: &Cause,
        decision: Eventless<R>,
    ) -> Result<Result<Decided, ExecuteError<R>>, ExecuteError<R>> {
        let (Some(decisions), Some(first)) = (self.decisions(), seen.first()) else {
            return Ok(match decision {
                Eventless::Refused { refusal } => Err(ExecuteError::Refused(refusal)),
                Eventless::Nothing { .. } => Err(ExecuteError::NoEvent),
            });
        };
        let kept = decisions.keep(&first.filter, cause, decision);
        let kept = kept.await?;
        for seen in &mut *seen {
            self.bring_up_to_date(seen).await?;
        }
        Ok(match event_of(seen, &cause.command) {
            Some(sequence) => Ok(Decided::Before(sequence)),
            None => answer(kept),
        })
    }

    async fn bring_up_to_date(&self, seen: &mut Seen<'_, B>) -> Result<(), LoadError> {
        self.catch_up(seen.id, &mut seen.folded).await?;
        seen.newest = true;
        Ok(())
    }
}

pub(crate) fn answer<R>(decision: Eventless<R>) -> Result<Decided, ExecuteError<R>> {
    match decision {
        Eventless::Refused { refusal } => Err(ExecuteError::Refused(refusal)),
        Eventless::Nothing { position } => Ok(Decided::Nothing(position)),
    }
}

/// The sequence of the last event that the command has led to in any of the boundaries.
fn event_of<B: Boundary>(seen: &[Seen<'_, B>], command: &str) -> Option<u64> {
    let sequences = seen.iter().filter_map(|seen| seen.folded.event_of(command));
    sequences.max()
}

fn named_twice<B: Boundary>(seen: &[Seen<'_, B>]) -> Option<String> {
    let twice = |(number, seen_one): (usize, &Seen<'_, B>)| {
        let before = &seen[..number];
        before.iter().any(|other| other.id == seen_one.id)
    };
    let mut all = seen.iter().enumerate();
    all.find(|one| twice(*one))
        .map(|(_, seen)| seen.filter.clone())
}
