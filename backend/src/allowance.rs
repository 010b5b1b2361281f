//! How much anybody may do in a time: a token bucket for each.
//!
//! They are in memory, each program's own. What is lost with it is that somebody has just used theirs up.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// With so many, those who have been quiet are forgotten.
const MANY: usize = 10_000;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// In the long run. 0 for any number.
    pub(crate) per_second: u32,
    /// At once, by one who was quiet.
    pub(crate) burst: u32,
}

impl Rate {
    /// So many a second, and those of so many seconds at once.
    pub(crate) fn with_burst(per_second: u32, seconds: u32) -> Self {
        Self {
            per_second,
            burst: per_second.saturating_mul(seconds),
        }
    }
}

/// What each may still do.
#[derive(Debug)]
pub(crate) struct Allowances<K> {
    rate: Rate,
    left: HashMap<K, Left>,
}

#[derive(Debug)]
struct Left {
    tokens: f64,
    at: Duration,
}

impl<K: Eq + Hash> Allowances<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            left: HashMap::new(),
        }
    }

    /// Takes one of the `key`'s at the moment `now`, which is told from any fixed moment. What is refused is not counted.
    ///
    /// # Errors
    /// After how long there will be one.
    pub(crate) fn take(&mut self, key: K, now: Duration) -> Result<(), Duration> {
        if self.rate.per_second == 0 {
            return Ok(());
        }
        let burst = self.burst();
        if self.left.len() >= MANY {
            let rate = self.rate;
            self.left
                .retain(|_, left| left.filled(rate.per_second, burst, now) < burst);
        }
        let left = self.left.entry(key).or_insert(Left {
            tokens: burst,
            at: now,
        });
        let tokens = left.filled(self.rate.per_second, burst, now);
        // Moments may be told out of order, and no time is counted twice.
        left.at = left.at.max(now);
        if tokens < 1.0 {
            left.tokens = tokens;
            let missing = (1.0 - tokens) / f64::from(self.rate.per_second);
            return Err(Duration::from_secs_f64(missing));
        }
        left.tokens = tokens - 1.0;
        Ok(())
    }

    fn burst(&self) -> f64 {
        f64::from(self.rate.burst.max(1))
    }
}

impl Left {
    fn filled(&self, per_second: u32, burst: f64, now: Duration) -> f64 {
        let since = now.saturating_sub(self.at).as_secs_f64();
        (self.tokens + since * f64::from(per_second)).min(burst)
    }
}

/// Whose allowance somebody at the address uses: whoever has an IPv6 address has 2^64 of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

/// A wait as it is told: in whole seconds, at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u16 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u16::try_from(seconds).unwrap_or(u16::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 20,
    };

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let mut allowances = Allowances::new(RATE);
        for _ in 0..20 {
            assert_eq!(allowances.take("a", at(0)), Ok(()));
        }
        assert_eq!(allowances.take("a", at(0)), Err(at(100)));
        // That of another is another one's.
        assert_eq!(allowances.take("b", at(0)), Ok(()));
        assert_eq!(allowances.take("a", at(150)), Ok(()));
        assert_eq!(allowances.take("a", at(150)), Err(at(50)));
    }

    #[test]
    fn no_time_is_counted_twice() {
        let mut allowances = Allowances::new(RATE);
        for _ in 0..20 {
            assert_eq!(allowances.take("a", at(1_000)), Ok(()));
        }
        // An older moment gives nothing, and takes nothing back.
        assert!(allowances.take("a", at(0)).is_err());
        assert!(allowances.take("a", at(1_050)).is_err());
        assert_eq!(allowances.take("a", at(1_100)), Ok(()));
    }

    #[test]
    fn quiet_ones_are_forgotten_and_nought_is_no_limit() {
        let mut allowances = Allowances::new(RATE);
        for number in 0..MANY {
            allowances.take(number, at(0)).unwrap();
        }
        allowances.take(MANY, at(3_000)).unwrap();
        assert_eq!(allowances.left.len(), 1);
        let mut unlimited = Allowances::new(Rate {
            per_second: 0,
            burst: 0,
        });
        assert!((0..100).all(|_| unlimited.take("a", at(0)).is_ok()));
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds() {
        let told = [0, 1, 1_000, 1_001].map(|wait| whole_seconds(at(wait)));
        assert_eq!(told, [1, 1, 1, 2]);
    }
}
