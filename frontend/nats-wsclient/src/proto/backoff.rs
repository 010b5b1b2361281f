//! How long to wait before dialling again.

use std::time::Duration;

use super::random::SplitMix;

/// Delays that double from `min` to `max`, each somewhere between half of itself and the whole: after a server's
/// restart its clients come back one by one.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    random: SplitMix,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration, seed: u64) -> Self {
        Self {
            min,
            max: max.max(min),
            random: SplitMix::new(seed),
        }
    }

    /// The longest delay.
    pub(crate) fn max(&self) -> Duration {
        self.max
    }

    /// A number from 0 to 1, without 1.
    pub(crate) fn chance(&mut self) -> f64 {
        self.random.unit()
    }

    /// The delay before an attempt; attempts count from 1.
    pub(crate) fn delay(&mut self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let whole = self.min.saturating_mul(1 << doublings).min(self.max);
        whole.mul_f64(0.5 + self.random.unit() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_never_overflows() {
        let (min, max) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(min, max, 7);
        for attempt in [1, 2, 3, 5, 6, 7, 40, u32::MAX] {
            let whole = min.saturating_mul(1 << (attempt - 1).min(20)).min(max);
            let delay = backoff.delay(attempt);
            assert!(delay >= whole / 2 && delay <= whole, "{attempt}: {delay:?}");
        }
    }

    #[test]
    fn clients_come_back_apart() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(1));
        let mut delays: Vec<_> = (0..100)
            .map(|seed| Backoff::new(min, max, seed).delay(1))
            .collect();
        delays.sort();
        delays.dedup();
        assert!(delays.len() > 90);
    }
}
