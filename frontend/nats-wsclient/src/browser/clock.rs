//! The time since the Unix epoch, on a clock that never goes back.

use std::time::Duration;

use web_sys::Performance;

use super::scope::Scope;

/// Since `Date.now()` jumps when the machine's clock is set, this is the time at which the page was loaded and what
/// has passed since then.
#[derive(Clone)]
pub(super) struct Clock {
    performance: Performance,
    /// When the page was loaded, in milliseconds.
    origin: f64,
}

impl Clock {
    pub(super) fn new(scope: &Scope) -> Option<Self> {
        let performance = scope.performance()?;
        Some(Self {
            origin: performance.time_origin(),
            performance,
        })
    }

    pub(super) fn now(&self) -> Duration {
        // Microseconds are finer than the browser's clock, and a whole number costs less than a fraction.
        Duration::from_micros((self.milliseconds() * 1_000.0) as u64)
    }

    /// How far the machine's clock is ahead of this one. It grows while the machine sleeps, in browsers in which this
    /// clock sleeps too.
    pub(super) fn lag(&self) -> f64 {
        js_sys::Date::now() - self.milliseconds()
    }

    fn milliseconds(&self) -> f64 {
        self.origin + self.performance.now()
    }
}
