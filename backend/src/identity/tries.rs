//! Slows down whoever tries passwords, and not the one whose name is tried.
//!
//! Three things are counted: the wrong tries for a name from an address, from an address whatever the name, and for a name from
//! wherever. The first five wrong ones for a name from an address are free, then each makes the next one wait twice as long,
//! up to a minute. Many addresses together are slowed down by the count for the name; an address from which the right password
//! came lately is not, so nobody locks the owner out. Names that nobody has are counted like all others.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many wrong tries are free: for a name from an address, from an address, for a name.
const FREE: [u32; 3] = [5, 20, 100];
/// How long a try waits at most.
const LONGEST: Duration = Duration::from_secs(60);
/// After how long one wrong try is forgotten.
const FORGIVEN_AFTER: Duration = Duration::from_secs(120);
/// For how long an address is known as that of the owner.
const OWNERS_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// With so many counts, those that no longer matter are dropped.
const MANY: usize = 100_000;

/// What was tried lately, as one backend knows it.
#[derive(Debug, Default)]
pub struct Tries {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    pairs: HashMap<(String, IpAddr), Count>,
    addresses: HashMap<IpAddr, Count>,
    names: HashMap<String, Count>,
    owners: HashMap<(String, IpAddr), Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    wrong: u32,
    /// When the last one was.
    at: Instant,
}

impl Count {
    /// Those that are not forgiven by now.
    fn left(self, now: Instant) -> u32 {
        let quiet = now.saturating_duration_since(self.at).as_secs();
        let forgiven = quiet / FORGIVEN_AFTER.as_secs();
        self.wrong
            .saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }

    /// How long the next try has to wait.
    fn wait(self, free: u32, now: Instant) -> Duration {
        let over = self.left(now).saturating_sub(free);
        if over == 0 {
            return Duration::ZERO;
        }
        let pause = Duration::from_secs(1_u64 << (over - 1).min(6)).min(LONGEST);
        (self.at + pause).saturating_duration_since(now)
    }
}

impl Tries {
    /// Whether a password may be tried for this name from this address now.
    ///
    /// # Errors
    /// For how long it may not.
    pub fn may(&self, name: &str, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (name.to_owned(), address);
        let [of_pair, of_address, of_name] = FREE;
        let wait = |count: Option<&Count>, free| {
            count.map_or(Duration::ZERO, |count| count.wait(free, now))
        };
        let is_owners = counts
            .owners
            .get(&pair)
            .is_some_and(|seen| now.saturating_duration_since(*seen) < OWNERS_FOR);
        let mut longest = wait(counts.pairs.get(&pair), of_pair)
            .max(wait(counts.addresses.get(&address), of_address));
        if !is_owners {
            longest = longest.max(wait(counts.names.get(name), of_name));
        }
        if longest.is_zero() {
            Ok(())
        } else {
            Err(longest)
        }
    }

    /// Notes that the password was wrong.
    pub fn wrong(&self, name: &str, address: IpAddr, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = &mut *counts;
        add(&mut counts.pairs, (name.to_owned(), address), now);
        add(&mut counts.addresses, address, now);
        add(&mut counts.names, name.to_owned(), now);
    }

    /// Notes that the password was right.
    pub fn right(&self, name: &str, address: IpAddr, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (name.to_owned(), address);
        counts.pairs.remove(&pair);
        if counts.owners.len() >= MANY {
            let is_fresh = |seen: &Instant| now.saturating_duration_since(*seen) < OWNERS_FOR;
            counts.owners.retain(|_, seen| is_fresh(seen));
        }
        counts.owners.insert(pair, now);
    }
}

fn add<K: Hash + Eq>(counts: &mut HashMap<K, Count>, key: K, now: Instant) {
    if counts.len() >= MANY {
        counts.retain(|_, count| count.left(now) > 0);
    }
    let count = counts.entry(key).or_insert(Count { wrong: 0, at: now });
    count.wrong = count.left(now).saturating_add(1);
    count.at = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(number))
    }

    #[test]
    fn after_five_wrong_ones_each_waits_twice_as_long_up_to_a_minute() {
        let (tries, mut now) = (Tries::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(tries.may("anna", HOME, now), Ok(()));
            tries.wrong("anna", HOME, now);
        }
        let mut waits = Vec::new();
        for _ in 0..9 {
            tries.wrong("anna", HOME, now);
            let wait = tries.may("anna", HOME, now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        // Others, here and elsewhere, try as they like.
        assert_eq!(tries.may("bert", HOME, now), Ok(()));
        assert_eq!(tries.may("anna", address(7), now), Ok(()));
        // The right one ends it.
        tries.right("anna", HOME, now);
        assert_eq!(tries.may("anna", HOME, now), Ok(()));
    }

    #[test]
    fn many_addresses_do_not_lock_the_owner_out() {
        let (tries, now) = (Tries::default(), Instant::now());
        tries.right("anna", HOME, now);
        for number in 0..200 {
            tries.wrong("anna", address(number), now);
        }
        assert!(tries.may("anna", address(9_999), now).is_err());
        assert_eq!(tries.may("anna", HOME, now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_is_slowed_down() {
        let (tries, now) = (Tries::default(), Instant::now());
        for number in 0..21 {
            tries.wrong(&number.to_string(), HOME, now);
        }
        assert!(tries.may("anna", HOME, now).is_err());
    }

    #[test]
    fn what_was_long_ago_is_forgiven() {
        let (tries, now) = (Tries::default(), Instant::now());
        for _ in 0..8 {
            tries.wrong("anna", HOME, now);
        }
        assert!(tries.may("anna", HOME, now).is_err());
        let later = now + 10 * FORGIVEN_AFTER;
        tries.wrong("anna", HOME, later);
        assert_eq!(tries.may("anna", HOME, later), Ok(()));
    }
}
