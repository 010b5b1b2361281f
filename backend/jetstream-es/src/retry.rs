//! When a message that failed is tried again.

use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;

/// How often a message is tried, and how long is waited in between: not at all before the second try, then at random
/// between nothing and a limit that doubles each time ("full jitter", so that many that failed together do not come back
/// together).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a message is tried in all, at least once.
    pub attempts: u32,
    /// The limit before the third try.
    pub base: Duration,
    /// The limit is never longer than this.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    /// Five tries: at once, again at once, and after up to 100, 200 and 400 ms.
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_millis(100),
            longest: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// How long to wait before the try with this number (the first has the number 1). `random` is from 0 to 1.
    pub fn wait_before(&self, attempt: u32, random: f64) -> Duration {
        let Some(doublings) = attempt.checked_sub(3) else {
            return Duration::ZERO;
        };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let limit = self.base.saturating_mul(factor).min(self.longest);
        limit.mul_f64(random.clamp(0.0, 1.0))
    }
}

/// Time and chance, which tests choose themselves.
pub trait Timing: Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// A number from 0 to 1.
    fn random(&self) -> f64;
    /// Waits.
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's own time and chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealTiming;

impl Timing for RealTiming {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn random(&self) -> f64 {
        // The lowest 53 bits of a version 4 UUID are random, and a double holds no more.
        let bits = uuid::Uuid::new_v4().as_u128() & ((1 << 53) - 1);
        bits as f64 / (1_u64 << 53) as f64
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_doubles_from_the_third_try_on_until_it_is_the_longest() {
        let policy = RetryPolicy {
            longest: Duration::from_millis(300),
            ..RetryPolicy::default()
        };
        let limits = (1..=6).map(|attempt| policy.wait_before(attempt, 1.0).as_millis());
        assert_eq!(limits.collect::<Vec<_>>(), [0, 0, 100, 200, 300, 300]);
        assert_eq!(policy.wait_before(u32::MAX, 1.0), policy.longest);
        assert_eq!(policy.wait_before(4, 0.25), Duration::from_millis(50));
        assert_eq!(policy.wait_before(4, 0.0), Duration::ZERO);
    }

    #[test]
    fn chance_is_spread_between_0_and_1() {
        let mut sum = 0.0;
        for _ in 0..1_000 {
            let random = RealTiming.random();
            assert!((0.0..1.0).contains(&random), "{random}");
            sum += random;
        }
        assert!((400.0..600.0).contains(&sum), "{sum}");
    }
}
