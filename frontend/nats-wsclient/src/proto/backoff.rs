//! How long to wait before dialling again.

use std::time::Duration;

use super::random::SplitMix;

/// After so many steps any delay has grown to any other: from a nanosecond to centuries.
const MOST_STEPS: u32 = 128;

/// Delays that grow by half from `min` to `max`, each somewhere between half of itself and the whole: after a server's
/// restart its clients come back one by one, spread over about a third of the time that it was gone.
///
/// Doubling would spread them over half of that time. Of clients that were away for 2 seconds the busiest tenth of a
/// second then sees 13 in a hundred, and not 17, but the last of them come back after 3 seconds more, and not after 1.3.
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
        let mut whole = self.min;
        for _ in 1..attempt.min(MOST_STEPS) {
            whole = whole.saturating_add(whole / 2).min(self.max);
        }
        whole.mul_f64(0.5 + self.random.unit() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_by_half_up_to_the_longest_and_never_overflows() {
        let (min, max) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(min, max, 7);
        for (attempt, whole) in [
            (0, 100.0),
            (1, 100.0),
            (2, 150.0),
            (3, 225.0),
            (4, 337.5),
            (10, 3_844.0),
            (11, 5_000.0),
            (40, 5_000.0),
            (u32::MAX, 5_000.0),
        ] {
            let delay = backoff.delay(attempt).as_secs_f64() * 1_000.0;
            let expected = whole / 2.0..=whole + 1.0;
            assert!(expected.contains(&delay), "{attempt}: {delay}");
        }
        let mut longest = Backoff::new(Duration::from_secs(1), Duration::MAX, 7);
        assert!(longest.delay(u32::MAX) < Duration::MAX);
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
