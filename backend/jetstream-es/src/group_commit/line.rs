//! The decisions on one boundary, in this process one after the other, so that they do not overtake each other.

use std::collections::HashMap;
use std::sync::{self, Arc, PoisonError};

use tokio::sync::{Mutex, MutexGuard};

use super::carriage::{Carriage, Fate};
use crate::boundary::{Boundary, Folded, Recorded};
use crate::repository::Repository;

/// The boundaries that commands are working on.
pub(super) struct Lines<B: Boundary> {
    lines: sync::Mutex<HashMap<B::Id, Arc<Line<B>>>>,
}

/// A boundary that commands are working on. Whoever holds the lock decides next.
struct Line<B: Boundary>(Mutex<Working<B>>);

/// What is known of the boundary.
pub(crate) struct Working<B: Boundary> {
    /// `None` when it has to be taken from what is at hand, or to be loaded.
    pub(super) folded: Option<Folded<B>>,
    /// Whether `folded` lacks events that there may be.
    pub(super) stale: bool,
    /// The carriage that decisions are in whose fate has not been noted yet.
    pub(super) boarded: Option<Boarded<B>>,
}

/// The decisions in a carriage.
pub(super) struct Boarded<B: Boundary> {
    pub(super) carriage: Arc<Carriage>,
    /// In their order.
    pub(super) events: Vec<Recorded<B::Event>>,
    /// How many of the events are in the state already: those that a later decision was made on.
    folded: usize,
}

/// A user of a line. The last one puts the state back.
pub(crate) struct Visit<'a, B: Boundary> {
    lines: &'a Lines<B>,
    repository: &'a Repository<B>,
    id: &'a B::Id,
    line: Arc<Line<B>>,
}

impl<B: Boundary> Default for Lines<B> {
    fn default() -> Self {
        Self {
            lines: sync::Mutex::default(),
        }
    }
}

impl<B: Boundary> Lines<B> {
    pub(super) fn visit<'a>(
        &'a self,
        repository: &'a Repository<B>,
        id: &'a B::Id,
    ) -> Visit<'a, B> {
        let line = Arc::clone(self.lock().entry(id.clone()).or_default());
        Visit {
            lines: self,
            repository,
            id,
            line,
        }
    }

    fn lock(&self) -> sync::MutexGuard<'_, HashMap<B::Id, Arc<Line<B>>>> {
        // A panic of another holder has left the map whole: it is changed by its own methods alone.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Boundary> Default for Line<B> {
    fn default() -> Self {
        Self(Mutex::new(Working {
            folded: None,
            stale: false,
            boarded: None,
        }))
    }
}

impl<B: Boundary> Visit<'_, B> {
    /// Waits for its turn.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Working<B>> {
        self.line.0.lock().await
    }

    /// Waits for its turn, and until nothing is under way. What is known is at hand for everybody then, and nobody decides
    /// by this line while the guard is held.
    pub(crate) async fn quiet(&self) -> MutexGuard<'_, Working<B>> {
        let mut working = self.turn().await;
        working.arrival().await;
        self.put_back(&mut working);
        working
    }

    fn put_back(&self, working: &mut Working<B>) {
        if let Some(folded) = working.folded.take() {
            self.repository.keep(self.id, folded);
        }
    }
}

impl<B: Boundary> Drop for Visit<'_, B> {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        // Ours and that of the map: nobody else is here, and nobody comes while the map is locked.
        if Arc::strong_count(&self.line) > 2 {
            return;
        }
        lines.remove(self.id);
        let Ok(mut working) = self.line.0.try_lock() else {
            return;
        };
        if let Some(boarded) = working.boarded.take() {
            match boarded.carriage.fate() {
                Some(fate) => working.note(boarded, &fate),
                // Whoever boarded has given up waiting. What has been stored will be read.
                None => return,
            }
        }
        self.put_back(&mut working);
    }
}

impl<B: Boundary> Boarded<B> {
    pub(super) fn new(carriage: Arc<Carriage>, events: Vec<Recorded<B::Event>>) -> Self {
        Self {
            carriage,
            events,
            folded: 0,
        }
    }
}

impl<B: Boundary> Working<B> {
    /// Whether the carriage takes nothing more.
    pub(super) fn has_left(&self) -> bool {
        let boarded = self.boarded.as_ref();
        boarded.is_some_and(|boarded| boarded.carriage.load().is_none())
    }

    /// Whether a decision on this command is in the carriage.
    pub(super) fn has_boarded(&self, command: &str) -> bool {
        let mut events = self.boarded.iter().flat_map(|boarded| &boarded.events);
        events.any(|event| event.command() == Some(command))
    }

    /// The sequence of the last event that the command has led to.
    pub(super) fn event_of(&self, command: &str) -> Option<u64> {
        self.folded.as_ref()?.event_of(command)
    }

    /// Brings the decisions that are in the carriage into the state, so that the next one is made on them.
    pub(super) fn build_on_boarded(&mut self) {
        if let (Some(folded), Some(boarded)) = (&mut self.folded, &mut self.boarded) {
            for event in &boarded.events[boarded.folded..] {
                folded.fold(event);
            }
            boarded.folded = boarded.events.len();
        }
    }

    /// Waits until it is known what became of the carriage, and notes it.
    pub(super) async fn arrival(&mut self) {
        if let Some(boarded) = &self.boarded {
            let fate = boarded.carriage.arrival().await;
            // Taken after the wait, which may be given up.
            if let Some(boarded) = self.boarded.take() {
                self.note(boarded, &fate);
            }
        }
    }

    fn note(&mut self, boarded: Boarded<B>, fate: &Fate) {
        let in_state = boarded.folded;
        let sequences = match fate {
            Fate::Stored { sequences, .. } => &**sequences,
            _ => &[],
        };
        if in_state > sequences.len() {
            // The state has decisions in it that did not become events: it has to be made anew.
            self.folded = None;
        }
        if let Some(folded) = &mut self.folded {
            for (number, (event, sequence)) in boarded.events.iter().zip(sequences).enumerate() {
                if number >= in_state {
                    folded.fold(event);
                }
                folded.stored(event, *sequence);
            }
        }
        self.stale |= sequences.len() < boarded.events.len();
    }
}
