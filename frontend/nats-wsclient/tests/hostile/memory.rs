//! What the code under test allocates. There is one allocator, so no two of these tests run at the same time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ALLOCATOR;

pub(crate) const KB: usize = 1_024;
pub(crate) const MB: usize = 1_024 * KB;

/// Nobody else allocates while it is held. Every test begins with it.
pub(crate) struct Alone {
    _turn: MutexGuard<'static, ()>,
}

impl Alone {
    pub(crate) fn begin() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        // Another test may have failed in its turn.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: turn }
    }

    /// Everything that is allocated from now on.
    pub(crate) fn measure(&self) -> Measured {
        ALLOCATOR.reset_peak_usage();
        Measured {
            before: ALLOCATOR.current_usage(),
        }
    }
}

pub(crate) struct Measured {
    before: usize,
}

impl Measured {
    /// The most bytes at once.
    #[track_caller]
    pub(crate) fn expect_peak_below(&self, limit: usize) {
        let peak = ALLOCATOR.peak_usage().saturating_sub(self.before);
        assert!(peak < limit, "{peak} bytes at once, the bound is {limit}");
    }

    /// The bytes that are still held.
    #[track_caller]
    pub(crate) fn expect_held_below(&self, limit: usize) {
        let held = ALLOCATOR.current_usage().saturating_sub(self.before);
        assert!(held < limit, "{held} bytes held, the bound is {limit}");
    }
}
