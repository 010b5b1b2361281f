//! From which addresses no guest is let in for a while, since one of theirs had to be cut off.
//!
//! To cut a flood off is not enough: it comes again within milliseconds, and what it sends until it is cut again is work for the server.
//! So the callout lets no more guests in from there, at first for ten seconds and then twice as long each time. Whoever is connected
//! stays so, and whoever logs in is not concerned.
//!
//! Each backend knows of those that it has cut off itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::allowance::network;

/// How long an address is barred for the first time, and at most.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// An address that gave no cause for so long is as good as a new one.
const FORGIVEN_AFTER: Duration = Duration::from_secs(10 * 60);
/// With so many, those are forgotten that are forgiven.
const MANY: usize = 10_000;

/// The addresses from which nobody is let in.
#[derive(Debug, Default)]
pub struct Barred(Mutex<HashMap<IpAddr, Bar>>);

#[derive(Debug)]
struct Bar {
    until: Instant,
    /// How long it was made for.
    length: Duration,
}

impl Bar {
    fn is_forgiven(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.until) >= FORGIVEN_AFTER
    }
}

impl Barred {
    /// Bars the network of `address` from `now` on, and returns for how long. One that is barred already stays so until then.
    pub(crate) fn bar(&self, address: IpAddr, now: Instant) -> Duration {
        let mut bars = self.bars();
        if bars.len() >= MANY {
            bars.retain(|_, bar| !bar.is_forgiven(now));
        }
        let bar = bars.entry(network(address)).or_insert(Bar {
            until: now,
            length: Duration::ZERO,
        });
        if bar.until <= now {
            bar.length = match bar.is_forgiven(now) {
                true => SHORTEST,
                false => (bar.length * 2).clamp(SHORTEST, LONGEST),
            };
            bar.until = now + bar.length;
        }
        bar.until - now
    }

    /// How much longer nobody is let in from `address`, if it is barred.
    pub(crate) fn left(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let bars = self.bars();
        let bar = bars.get(&network(address))?;
        let left = bar.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    fn bars(&self) -> MutexGuard<'_, HashMap<IpAddr, Bar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_time_is_twice_as_long_as_the_one_before_up_to_five_minutes() {
        let (barred, nuisance) = (Barred::default(), address("192.0.2.7"));
        let mut now = Instant::now();
        let mut lengths = Vec::new();
        for _ in 0..7 {
            let length = barred.bar(nuisance, now);
            lengths.push(length.as_secs());
            now += length;
            assert_eq!(barred.left(nuisance, now), None);
        }
        assert_eq!(lengths, [10, 20, 40, 80, 160, 300, 300]);
        now += FORGIVEN_AFTER;
        assert_eq!(barred.bar(nuisance, now), SHORTEST);
    }

    #[test]
    fn who_is_barred_already_is_so_no_longer_by_being_cut_again() {
        let (barred, nuisance) = (Barred::default(), address("192.0.2.7"));
        let now = Instant::now();
        barred.bar(nuisance, now);
        let later = now + Duration::from_secs(4);
        let left = Duration::from_secs(6);
        assert_eq!(barred.bar(nuisance, later), left);
        assert_eq!(barred.left(nuisance, later), Some(left));
        assert_eq!(barred.left(address("192.0.2.8"), later), None);
    }

    #[test]
    fn a_network_has_as_many_addresses_as_it_likes() {
        let (barred, now) = (Barred::default(), Instant::now());
        barred.bar(address("2001:db8::1"), now);
        assert!(barred.left(address("2001:db8::2"), now).is_some());
        assert!(barred.left(address("2001:db8:0:1::2"), now).is_none());
    }
}
