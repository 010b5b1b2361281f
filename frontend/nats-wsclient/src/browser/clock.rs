//! The time since the Unix epoch, on a clock that never goes back.

use std::time::Duration;

use web_sys::Performance;

use super::scope::Scope;

/// Since `Date.now()` jumps when the machine's clock is set, this is the time at which the page was loaded and what
/// has passed since then.
#[derive(Clone)]
pub(super) struct Clock {
    performance: Performance,
}

impl Clock {
    pub(super) fn new(scope: &Scope) -> Option<Self> {
        scope.performance().map(|performance| Self { performance })
    }

    pub(super) fn now(&self) -> Duration {
        let milliseconds = self.performance.time_origin() + self.performance.now();
        Duration::from_secs_f64(milliseconds.max(0.0) / 1_000.0)
    }

    /// How far the machine's clock is ahead of this one. It grows while the machine sleeps, in browsers in which this
    /// clock sleeps too.
    pub(super) fn lag(&self) -> f64 {
        js_sys::Date::now() - (self.performance.time_origin() + self.performance.now())
    }
}
