//! The decisions on one boundary that are stored together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::append::Section;
use crate::publish::PublishError;

/// Takes decisions until it leaves, each made on the state that those before it have led to. The first one expects the
/// boundary to be as it was seen, and with it all of them are stored or none.
#[derive(Debug)]
pub(super) struct Carriage {
    /// `None` once it has left.
    load: Mutex<Option<Load>>,
    fate: watch::Sender<Option<Fate>>,
}

/// What is in a carriage.
#[derive(Debug, Clone)]
pub(super) struct Load {
    /// The command of each decision, in their order.
    pub(super) commands: Vec<String>,
    pub(super) section: Section,
    /// Whether its messages ask more of the server than a batch can give, so that nothing goes with them.
    pub(super) alone: bool,
}

/// What became of a carriage.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// Its events are stored, with these sequences. If there are fewer than events, `rest` became of the others.
    Stored {
        sequences: Arc<[u64]>,
        rest: Option<Box<Fate>>,
    },
    /// The boundary has events that were not seen. Nothing is stored.
    Overtaken,
    /// The stream has a message with the id of this one.
    Repeated,
    /// As the error says, nothing is stored, or it is not known.
    Failed(PublishError),
}

impl Fate {
    /// Everything is stored, with sequences that follow one another.
    pub(super) fn stored(first: u64, events: usize) -> Self {
        Self::Stored {
            sequences: (first..).take(events).collect(),
            rest: None,
        }
    }
}

impl Carriage {
    pub(super) fn new(load: Load) -> Self {
        Self {
            load: Mutex::new(Some(load)),
            fate: watch::Sender::new(None),
        }
    }

    /// What is in it, to add to as long as this is held; `None` inside once it has left.
    pub(super) fn load(&self) -> MutexGuard<'_, Option<Load>> {
        // Loads are changed in one step, so a panic of another holder has left it whole.
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It leaves, and takes nothing more.
    pub(super) fn depart(&self) -> Option<Load> {
        self.load().take()
    }

    pub(super) fn tell(&self, fate: Fate) {
        self.fate.send_replace(Some(fate));
    }

    /// What became of it, if that is known.
    pub(super) fn fate(&self) -> Option<Fate> {
        self.fate.borrow().clone()
    }

    /// Waits until it is known what became of it.
    pub(super) async fn arrival(&self) -> Fate {
        let mut fate = self.fate.subscribe();
        loop {
            if let Some(fate) = fate.borrow_and_update().clone() {
                return fate;
            }
            if fate.changed().await.is_err() {
                // Only when the sender is dropped, and that lives in `self`.
                return Fate::Overtaken;
            }
        }
    }
}
